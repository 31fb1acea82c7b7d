"""When a story breaks, and when quiet hours hold it back."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.breaking import FRESH, breaks, listening_since
from bot.domain.model import Breaking, Quiet, Story
from tests.builders import NOW, entry, story

RULE = Breaking(outlets=3, minutes=60)
NIGHT = Breaking(outlets=3, minutes=60, quiet=Quiet(start=time(22), end=time(7)))
MINUTE = timedelta(minutes=1)


def reported(*reports: tuple[str, int]) -> Story:
    """Return a story that outlets reported so many minutes ago."""
    entries = [
        entry(n, outlet=outlet, published_at=NOW - ago * MINUTE, seen_at=NOW)
        for n, (outlet, ago) in enumerate(reports, 1)
    ]
    return story(entries=tuple(entries))


def broke(told: Story, rule: Breaking = RULE, owners: dict[str, str] | None = None) -> bool:
    return breaks(told, rule, owners=owners or {}, since=NOW - FRESH, now=NOW)


@pytest.mark.parametrize(
    ("told", "is_breaking"),
    [
        (reported(("a", 50), ("b", 30), ("c", 5)), True),
        (reported(("a", 70), ("b", 30), ("c", 5)), False),
        (reported(("a", 65), ("b", 30), ("c", 5)), True),
        (reported(("a", 30), ("a", 20), ("b", 5)), False),
        (reported(("a", 200), ("b", 190), ("c", 180)), False),
        (reported(("a", 200), ("b", 59), ("c", 58), ("d", 57)), True),
        (reported(("a", 200), ("b", 190), ("c", 180), ("a", 5)), False),
    ],
)
def test_enough_outlets_within_the_minutes(told: Story, is_breaking: bool) -> None:
    """Counted by outlets, not reports; the one that made it enough must be fresh."""
    assert broke(told) is is_breaking


def test_outlets_of_one_owner_do_not_confirm_each_other() -> None:
    """Nor do two papers and their agency."""
    told = reported(("a", 50), ("b", 30), ("c", 5))
    assert not broke(told, owners={"a": "house", "b": "house"})


def test_a_report_dated_in_the_future_counts_from_when_it_was_seen() -> None:
    """A feed with a wrong clock neither breaks nor blocks anything."""
    assert broke(reported(("a", -600), ("b", 30), ("c", 5)))


def at(hour: int, minute: int = 0) -> datetime:
    """Return a moment of 20 November in Tokyo."""
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (at(12), at(11)),
        (at(21, 59), at(20, 59)),
        (at(22), None),
        (at(2), None),
        (at(6, 59), None),
        (at(7), at(21) - timedelta(days=1)),
        (at(7, 30), at(21) - timedelta(days=1)),
        (at(8, 1), at(7, 1)),
    ],
)
def test_what_breaks_in_quiet_hours_waits_for_their_end(
    now: datetime, since: datetime | None
) -> None:
    """In the subscription's zone, over midnight; then as far back as they began."""
    assert listening_since(NIGHT, zone="Asia/Tokyo", now=now) == since


def test_quiet_hours_within_a_day() -> None:
    """From noon to one is no night."""
    noon = Breaking(outlets=3, minutes=60, quiet=Quiet(start=time(12), end=time(13)))
    zone = "Asia/Tokyo"
    assert listening_since(noon, zone=zone, now=at(12, 30)) is None
    assert listening_since(noon, zone=zone, now=at(13)) == at(11)
    assert listening_since(noon, zone=zone, now=at(3)) == at(2)
    assert listening_since(RULE, zone=zone, now=at(12, 30)) == at(11, 30)
