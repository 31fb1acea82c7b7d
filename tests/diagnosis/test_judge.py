"""From what was measured to what is said, each with the mend in one sentence."""

from datetime import timedelta

import pytest

from bot.diagnosis.findings import Verdict
from bot.diagnosis.judge import (
    judge_backup,
    judge_clock,
    judge_keys,
    judge_mode,
    judge_orphans,
    judge_stuck,
    judge_troubled,
)
from bot.domain.backups import BackupPlan
from bot.storage.backups import Failed, Made
from bot.storage.inspection import Orphans, Stuck, Troubled
from tests.builders import NOW

PLAN = BackupPlan(folder="/backups")
HOUR = timedelta(hours=1)


def made(hours_ago: float) -> Made:
    return Made(at=NOW - hours_ago * HOUR, file="/backups/strait.backup", size=5_000_000)


def failed(hours_ago: float) -> Failed:
    return Failed(at=NOW - hours_ago * HOUR, problem="The disk is full: make room.")


@pytest.mark.parametrize(
    ("plan", "last", "failure", "is_there", "verdict", "said"),
    [
        (BackupPlan(), None, None, False, Verdict.UNSET, "[backup] folder"),
        (PLAN, None, None, False, Verdict.NOTICE, "within the hour"),
        (PLAN, made(5), None, True, Verdict.OK, ""),
        (PLAN, made(5), failed(6), True, Verdict.OK, ""),
        (PLAN, made(25), failed(1), True, Verdict.WRONG, "make room"),
        (PLAN, None, failed(1), False, Verdict.WRONG, "make room"),
        (PLAN, made(49), None, True, Verdict.WRONG, "It is late"),
        (PLAN, made(5), None, False, Verdict.WRONG, "who empties the folder"),
    ],
)
def test_backups_are_judged_by_the_last_of_each_kind(
    plan: BackupPlan,
    last: Made | None,
    failure: Failed | None,
    is_there: bool,
    verdict: Verdict,
    said: str,
) -> None:
    """A failure that a later backup made good is no longer one."""
    found = judge_backup(plan, last, failure, is_there=is_there, now=NOW)
    assert found.verdict is verdict
    assert said in found.mend


@pytest.mark.parametrize(
    ("seconds", "verdict", "said"),
    [
        (0, Verdict.OK, "0 s ahead"),
        (30, Verdict.OK, "30 s behind"),
        (31, Verdict.WRONG, "31 s behind"),
        (-7200, Verdict.WRONG, "7200 s ahead of"),
    ],
)
def test_a_clock_that_is_off_is_told(seconds: int, verdict: Verdict, said: str) -> None:
    """In the direction in which it is off."""
    [found] = judge_clock(timedelta(seconds=seconds), "the others")
    assert found.verdict is verdict
    assert said in found.detail


def test_a_clock_that_nothing_was_compared_with_is_not_judged() -> None:
    """No news is no finding."""
    assert judge_clock(None, "the others") == []


def test_deliveries_that_wait_for_a_dead_process_are_told() -> None:
    """With what takes them up."""
    assert judge_stuck(None) == []
    [found] = judge_stuck(Stuck(count=3, since=NOW))
    assert found.verdict is Verdict.WRONG
    assert "3 claimed" in found.detail
    assert "python -m bot run" in found.mend


def test_deliveries_are_told_by_their_cause() -> None:
    """One that failed was told to its people; one of unknown fate needs somebody to look."""
    causes = [
        Troubled(status=status, problem=problem, count=2, newest_slot_at=NOW)
        for status, problem in (("uncertain", "The channel cannot be read."), ("failed", ""))
    ]
    first, second = judge_troubled(causes)
    assert (first.verdict, first.mend) == (Verdict.WRONG, "The channel cannot be read.")
    assert (second.verdict, second.subject) == (Verdict.NOTICE, "failed deliveries")
    assert second.mend


def test_orphans_are_told_with_their_tables() -> None:
    """And the command that removes them."""
    [found] = judge_orphans([Orphans(table="readings", missing="entries", count=4)])
    assert "4 in readings without their entries" in found.detail
    assert "python -m bot prune" in found.mend


@pytest.mark.parametrize(
    ("has_key", "stale", "verdict"),
    [
        (False, [], Verdict.WRONG),
        (True, [("slack", "T1")], Verdict.NOTICE),
        (True, [], Verdict.OK),
    ],
)
def test_tokens_without_their_key_are_told(
    has_key: bool, stale: list[tuple[str, str]], verdict: Verdict
) -> None:
    """Only where there are tokens at all."""
    [found] = judge_keys(has_tokens=True, has_key=has_key, stale=stale)
    assert found.verdict is verdict
    assert judge_keys(has_tokens=False, has_key=has_key, stale=[]) == []


@pytest.mark.parametrize(("mode", "wrong"), [(0o100600, False), (0o100640, True), (None, False)])
def test_a_database_that_others_can_read_is_told(mode: int | None, wrong: bool) -> None:
    """It holds what workspaces follow, and their tokens."""
    assert bool(judge_mode(mode, "/x")) is wrong
