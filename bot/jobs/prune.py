"""Drops what is too old, window by window, so that the bot goes on meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.planning import RECORDED
from bot.domain.retention import PRUNE_EVERY, Retention, cutoff, is_due
from bot.storage import facts, inspection, retention, upkeep
from bot.storage.database import Database
from bot.storage.retention import Window
from bot.storage.schema import deliveries, digests, entries, stories, subscriptions
from bot.understanding.reader import REMEMBER

log = structlog.get_logger()

# Rows looked through in one transaction, and workspaces' subscriptions dropped in one.
WINDOW, SUBSCRIPTIONS = 500, 50

# Between two transactions that dropped something, so that others that wait to write get
# their turn: SQLite's waiting writers look again after at most 100 ms.
PAUSE = timedelta(milliseconds=120)

# The fact that says when the last pruning began.
PRUNED = "pruned at"

# What readers remember must be there, and a little more: they load it late.
MARGIN = timedelta(days=3)

Drop = Callable[[AsyncConnection, Window], Awaitable[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """How many rows were dropped or emptied, and how many bytes the disk got back."""

    irrelevant: int
    texts: int
    vectors: int
    messages: int
    told: int
    digests: int
    slots: int
    removed_subscriptions: int
    orphans: int
    freed_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    table: Table
    drop: Drop


async def prune_if_due(
    *, database: Database, keep: Retention, now: datetime, pause: timedelta = PAUSE
) -> Pruned | None:
    """Prune once a day, by whichever process comes first; None where it is not due."""
    async with database.write() as connection:
        last = await facts.get(connection, PRUNED)
        before = datetime.fromisoformat(last) if last else None
        if not is_due(before, every=PRUNE_EVERY, now=now):
            return None
        if not await facts.swap(connection, PRUNED, last, now.isoformat()):
            return None
    return await prune(database=database, keep=keep, now=now, pause=pause)


async def prune(
    *, database: Database, keep: Retention, now: datetime, pause: timedelta = PAUSE
) -> Pruned:
    """Drop all that is too old, then give the space back and refresh the statistics.

    It may die at any line and be started again: what is gone is gone, the rest is found anew.
    Raises StorageError; what was dropped until then stays so.
    """
    counts = {
        name: await _walk(database, step, pause) for name, step in _steps(keep, now=now).items()
    }
    removed = await _drop_removed(
        database, before=cutoff(keep.removed_workspace_days, now=now), pause=pause
    )
    pruned = Pruned(
        **counts,
        removed_subscriptions=removed,
        orphans=await _drop_orphans(database),
        freed_bytes=await upkeep.tidy(database),
    )
    log.info("pruned", **asdict(pruned))
    return pruned


def _steps(keep: Retention, *, now: datetime) -> dict[str, _Step]:
    def before(days: int) -> datetime:
        return min(cutoff(days, now=now), now - REMEMBER - MARGIN)

    # Planning looks so far back, at slots that nothing was recorded of.
    slots_before = min(cutoff(keep.slot_days, now=now), now - RECORDED - MARGIN)
    irrelevant = partial(
        retention.drop_irrelevant, before=before(keep.irrelevant_days), today=now.date()
    )
    return {
        "irrelevant": _Step(table=entries, drop=irrelevant),
        "texts": _step(entries, retention.drop_texts, before(keep.text_days)),
        "vectors": _step(entries, retention.drop_vectors, before(keep.vector_days)),
        "messages": _step(deliveries, retention.drop_messages, before(keep.message_days)),
        "told": _step(stories, retention.drop_told, before(keep.told_days)),
        "digests": _step(digests, retention.drop_digests, before(keep.digest_days)),
        "slots": _step(subscriptions, retention.drop_slots, slots_before),
    }


def _step(table: Table, drop: Callable[..., Awaitable[int]], before: datetime) -> _Step:
    return _Step(table=table, drop=partial(drop, before=before))


async def _walk(database: Database, step: _Step, pause: timedelta) -> int:
    """Take a step through its whole table; returns how many rows it dropped or emptied."""
    total = after = 0
    while True:
        async with database.read() as connection:
            window = await retention.next_window(connection, step.table, after=after, limit=WINDOW)
        if window is None:
            return total
        async with database.write() as connection:
            dropped = await step.drop(connection, window)
        total, after = total + dropped, window.last
        if dropped:
            await asyncio.sleep(pause.total_seconds())


async def _drop_orphans(database: Database) -> int:
    async with database.read() as connection:
        if not await inspection.orphans(connection):
            return 0
    async with database.write() as connection:
        return await retention.drop_orphans(connection)


async def _drop_removed(database: Database, *, before: datetime, pause: timedelta) -> int:
    total = 0
    while True:
        async with database.write() as connection:
            dropped = await retention.drop_removed_workspace(
                connection, before=before, limit=SUBSCRIPTIONS
            )
        total += dropped
        if dropped < SUBSCRIPTIONS:
            return total
        await asyncio.sleep(pause.total_seconds())
