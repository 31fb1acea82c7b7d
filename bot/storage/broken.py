"""Which stories a subscription was told at once: each of them once for ever."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.dialect import insert
from bot.storage.schema import broken


async def of(
    connection: AsyncConnection, subscription_ids: Collection[int], story_ids: Collection[int]
) -> dict[int, set[int]]:
    """Return which of these stories each of these subscriptions was told at once."""
    found: dict[int, set[int]] = {number: set() for number in subscription_ids}
    statement = select(broken.c.subscription_id, broken.c.story_id).where(
        broken.c.story_id.in_(sorted(story_ids))
    )
    for row in await connection.execute(statement):
        if row.subscription_id in found:
            found[row.subscription_id].add(row.story_id)
    return found


async def record(
    connection: AsyncConnection, subscription_id: int, story_ids: Iterable[int], *, now: datetime
) -> set[int]:
    """Record what a subscription is told at once; return what it had not been told so before."""
    rows = [
        {"subscription_id": subscription_id, "story_id": story_id, "told_at": now}
        for story_id in sorted(story_ids)
    ]
    if not rows:
        return set()
    statement = (
        insert(connection, broken)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(broken.c.story_id)
    )
    return set((await connection.execute(statement)).scalars())


async def merge(connection: AsyncConnection, left: int, *, into: int) -> None:
    """Let who was told a story at once count as told so of the one that it was merged into."""
    here = select(broken.c.subscription_id, broken.c.told_at).where(broken.c.story_id == left)
    rows = [
        {"subscription_id": row.subscription_id, "story_id": into, "told_at": row.told_at}
        for row in await connection.execute(here)
    ]
    if rows:
        await connection.execute(insert(connection, broken).values(rows).on_conflict_do_nothing())
