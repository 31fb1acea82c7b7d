"""From what was measured to what is said: no I/O, no clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.diagnosis.findings import Finding, Verdict
from bot.domain.backups import BackupPlan
from bot.storage.backups import Failed, Made
from bot.storage.inspection import Orphans, Stuck, Troubled
from bot.storage.installations import Workspace

# A lease lasts two minutes (bot.domain.retry), and digests are promised to the minute.
SKEW = timedelta(seconds=30)

# Twice the interval: one backup may be late, for a restart or a failure that passed.
LATE_BACKUPS = 2

MEGABYTE = 1_000_000


def judge_stuck(stuck: Stuck | None) -> list[Finding]:
    """Say whether deliveries wait for a process that is no more."""
    if stuck is None:
        return []
    return [
        Finding(
            subject="stuck deliveries",
            verdict=Verdict.WRONG,
            detail=f"{stuck.count} claimed and never recorded, since {_at(stuck.since)}",
            mend="Start `python -m bot run` with their platform's token: it looks for each on "
            "the platform and sends what is not there.",
        )
    ]


def judge_troubled(troubled: Iterable[Troubled]) -> list[Finding]:
    """Say which deliveries did not simply arrive, and why."""
    return [
        Finding(
            subject=f"{found.status} deliveries",
            verdict=Verdict.NOTICE if found.status == "failed" else Verdict.WRONG,
            detail=f"{found.count}, the newest of {_at(found.newest_slot_at)}",
            mend=found.problem or "The log of that time says more.",
        )
        for found in troubled
    ]


def judge_orphans(orphans: Iterable[Orphans]) -> list[Finding]:
    """Say which rows have lost their counterparts."""
    return [
        Finding(
            subject="orphaned rows",
            verdict=Verdict.WRONG,
            detail=f"{found.count} in {found.table} without their {found.missing}",
            mend="`python -m bot prune` removes them; something other than Strait changed "
            "the database.",
        )
        for found in orphans
    ]


def judge_clock(offset: timedelta | None, source: str) -> list[Finding]:
    """Say whether this machine's clock agrees; ``offset`` is the others' time less ours."""
    if offset is None:
        return []
    seconds = round(offset.total_seconds())
    detail = f"{abs(seconds)} s {'behind' if seconds > 0 else 'ahead of'} {source}"
    if abs(offset) <= SKEW:
        return [Finding(subject="clock", verdict=Verdict.OK, detail=detail)]
    return [
        Finding(
            subject="clock",
            verdict=Verdict.WRONG,
            detail=detail,
            mend="Set this machine's clock by NTP: digests are late or early by as much.",
        )
    ]


def judge_backup(
    plan: BackupPlan,
    made: Made | None,
    failed: Failed | None,
    *,
    is_there: bool,
    now: datetime,
) -> Finding:
    """Say when the last backup was made, or why there is none."""
    if not plan.folder:
        return _backup(
            Verdict.UNSET,
            "none are made",
            "Name a folder on another disk in settings.toml: [backup] folder.",
        )
    if failed and (made is None or failed.at > made.at):
        return _backup(Verdict.WRONG, f"failed {_at(failed.at)}", failed.problem)
    if made is None:
        return _backup(
            Verdict.NOTICE, "none yet", "`python -m bot run` makes the first one within the hour."
        )
    detail = f"{made.file}, {made.size / MEGABYTE:.1f} MB, {_at(made.at)}"
    if not is_there:
        return _backup(
            Verdict.WRONG, f"{detail}, is gone", "Look who empties the folder, or name another."
        )
    if now - made.at > LATE_BACKUPS * plan.every:
        return _backup(Verdict.WRONG, detail, "It is late: see that `python -m bot run` runs.")
    return _backup(Verdict.OK, detail, "")


def judge_keys(*, has_tokens: bool, has_key: bool, stale: Sequence[Workspace]) -> list[Finding]:
    """Say whether the tokens that are stored can be read, and with which key."""
    if not has_tokens:
        return []
    if not has_key:
        verdict, detail = Verdict.WRONG, "tokens are stored, but there is no key to read them"
        mend = "Set STRAIT_SECRET_KEY to the key that they were encrypted with."
    elif stale:
        verdict, detail = Verdict.NOTICE, f"{len(stale)} tokens are under a former key"
        mend = "Keep the former key behind the new one until `python -m bot prune` has run."
    else:
        verdict, detail, mend = Verdict.OK, "every token is under the newest key", ""
    return [Finding(subject="secret key", verdict=verdict, detail=detail, mend=mend)]


def judge_mode(mode: int | None, path: object) -> list[Finding]:
    """Say whether others on this machine can read the database."""
    if mode is None or not mode & 0o077:
        return []
    return [
        Finding(
            subject="database",
            verdict=Verdict.WRONG,
            detail=f"others on this machine may read it (mode {mode & 0o777:o})",
            mend=f"chmod 600 {path}",
        )
    ]


def _backup(verdict: Verdict, detail: str, mend: str) -> Finding:
    return Finding(subject="backup", verdict=verdict, detail=detail, mend=mend)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
