"""How long things are kept, and what is refused because it would lose news."""

from datetime import timedelta

import pytest

from bot.domain.backups import BackupPlan, backup_name, surplus
from bot.domain.planning import CATCH_UP
from bot.domain.retention import Retention, is_due
from bot.domain.schedule import LATE_NEWS
from tests.builders import NOW

DAY = timedelta(days=1)


@pytest.mark.parametrize("days", [0, 13, 36_501])
def test_what_a_digest_may_still_need_is_never_dropped(days: int) -> None:
    """A weekly digest after an outage looks back further than a week."""
    with pytest.raises(ValueError, match=f"text_days is {days}; allowed are 14"):
        Retention(text_days=days)


def test_the_shortest_time_covers_the_longest_digest() -> None:
    """The bound follows from the schedule's own."""
    assert timedelta(days=7) + CATCH_UP + LATE_NEWS < timedelta(days=14)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (NOW - DAY, True),
        (NOW - DAY + timedelta(seconds=1), False),
        (NOW, False),
        (NOW + DAY, True),  # the clock was wrong then, or has been set back since
    ],
)
def test_daily_work_is_due_by_what_is_stored(last: object, due: bool) -> None:
    """A clock that was ahead once does not stop it for good."""
    assert is_due(last, every=DAY, now=NOW) is due  # type: ignore[arg-type]


def test_backups_sort_by_their_times() -> None:
    """The oldest are too many first; what someone else put there is not touched."""
    names = [backup_name(NOW + timedelta(hours=n)) for n in range(4)]
    others = ["strait-latest.backup", "notes.txt", "strait-20261120T003000Z.backup.part"]
    assert surplus([*reversed(names), *others], keep=2) == names[:2]
    assert surplus(names, keep=10) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"folder": "backups"}, "absolute path"),
        ({"every_hours": 0}, "every_hours is 0"),
        ({"keep": 0}, "keep is 0"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(wrong: dict[str, object], said: str) -> None:
    """Where the bot is started must not decide where backups go."""
    with pytest.raises(ValueError, match=said):
        BackupPlan(**wrong)  # type: ignore[arg-type]
