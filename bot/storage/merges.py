"""Stories that went up in others or follow them, and the ids under which they are known."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.growth import merge
from bot.storage import broken
from bot.storage import stories as story_rows
from bot.storage.dialect import insert
from bot.storage.schema import corrections, stories, told


async def save_merged(connection: AsyncConnection, left: int, *, into: int) -> None:
    """Let a story's id lead to the story that all its entries went to."""
    both = await story_rows.locked(connection, [left, into])
    if len(both) == len((left, into)):
        await story_rows.save(connection, [merge(both[into], both[left])])
    await _merge_told(connection, left, into=into)
    await _merge_follows(connection, left, into=into)
    await _merge_corrections(connection, left, into=into)
    await broken.merge(connection, left, into=into)
    # Stories merged earlier into this one follow, so that one step always suffices.
    chain = (stories.c.id == left) | (stories.c.merged_into == left)
    await connection.execute(update(stories).where(chain).values(merged_into=into))


async def _merge_follows(connection: AsyncConnection, left: int, *, into: int) -> None:
    """Let a merged story's links be those of the story that it went up in, never to itself."""
    link = select(stories.c.follows).where(stories.c.id == left).scalar_subquery()
    kept = func.coalesce(stories.c.follows, link)
    await connection.execute(update(stories).where(stories.c.id == into).values(follows=kept))
    await connection.execute(update(stories).where(stories.c.follows == left).values(follows=into))
    itself = stories.c.id.in_([left, into]) & stories.c.follows.in_([left, into])
    await connection.execute(update(stories).where(itself).values(follows=None))


async def _merge_corrections(connection: AsyncConnection, left: int, *, into: int) -> None:
    """Let corrections stay with what they are about; what was withdrawn is not told again."""
    both = select(func.max(stories.c.withdrawn_at)).where(stories.c.id.in_([left, into]))
    since = (await connection.execute(both)).scalar()
    if since is not None:
        change = update(stories).where(stories.c.id == into).values(withdrawn_at=since)
        await connection.execute(change)
    mine = update(corrections).where(corrections.c.story_id == left)
    await connection.execute(mine.values(story_id=into))


async def _merge_told(connection: AsyncConnection, left: int, *, into: int) -> None:
    """Let who was told both stories whole count as told the merged one whole."""
    of_both = select(told).where(told.c.story_id.in_([left, into])).with_for_update()
    known: dict[tuple[str, str, str], dict[int, Row[Any]]] = {}
    for row in await connection.execute(of_both):
        known.setdefault((row.platform, row.workspace, row.channel), {})[row.story_id] = row
    for rows in known.values():
        values = dict(next(iter(rows.values()))._mapping) | {
            "story_id": into,
            "version": sum(row.version for row in rows.values()),
            "updates": max(row.updates for row in rows.values()),
        }
        statement = insert(connection, told).values(**values)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(told.primary_key.columns),
                set_={key: values[key] for key in ("version", "updates")},
            )
        )


async def save_follows(connection: AsyncConnection, follows: Mapping[int, int]) -> None:
    """Let stories (the keys) name the earlier story that they follow."""
    for story_id, earlier in follows.items():
        await connection.execute(
            update(stories).where(stories.c.id == story_id).values(follows=earlier)
        )


async def now_called(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, int]:
    """Return for each of these ids the story that it leads to now: itself, or what it joined."""
    target = func.coalesce(stories.c.merged_into, stories.c.id).label("target")
    statement = select(stories.c.id, target).where(stories.c.id.in_(sorted(set(ids))))
    return {row.id: row.target for row in await connection.execute(statement)}


async def once_called(connection: AsyncConnection, ids: Iterable[int]) -> list[int]:
    """Return these ids and those of the stories that were merged into them."""
    wanted = sorted(set(ids))
    statement = select(stories.c.id).where(stories.c.merged_into.in_(wanted))
    return [*wanted, *(await connection.execute(statement)).scalars()]
