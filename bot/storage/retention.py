"""Dropping what is too old, a window of rows at a time, so that no transaction is long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import inspection, pruned_items, search_index
from bot.storage.deliveries import DONE
from bot.storage.schema import (
    broken,
    deliveries,
    digests,
    entries,
    installations,
    readings,
    slots,
    stories,
    subscriptions,
    told,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Rows by their ids, from ``first`` to ``last``, both included."""

    first: int
    last: int

    def holds(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that a column's id is in the window."""
        return column.between(self.first, self.last)


async def next_window(
    connection: AsyncConnection, table: Table, *, after: int, limit: int
) -> Window | None:
    """Return the next ``limit`` rows of a table that follow an id; None at its end."""
    chosen = select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(limit)
    ids = chosen.subquery().c.id
    first, last = (await connection.execute(select(func.min(ids), func.max(ids)))).one()
    return None if last is None else Window(first=first, last=last)


async def drop_irrelevant(
    connection: AsyncConnection, window: Window, *, before: datetime, today: date
) -> int:
    """Drop the window's entries, with their readings, that were read and are in no story.

    They are remembered for as long as their feed lists them. One whose copy is in a story
    stays: without it the copy would count as a report.
    """
    told_of = exists().where(readings.c.entry_id == entries.c.id, readings.c.story_id.is_not(None))
    copied = exists().where(
        readings.c.duplicate_of == entries.c.id, readings.c.story_id.is_not(None)
    )
    leads = exists().where(stories.c.lead_entry_id == entries.c.id, ~stories.c.peripheral)
    chosen = select(entries.c.id, entries.c.feed_id, entries.c.guid).where(
        window.holds(entries.c.id),
        entries.c.seen_at < before,
        ~entries.c.unread,
        ~told_of,
        ~copied,
        ~leads,
    )
    rows = (await connection.execute(chosen)).all()
    items = [(row.feed_id, row.guid) for row in rows if row.feed_id is not None]
    await pruned_items.remember(connection, items, today=today)
    ids = [row.id for row in rows]
    await search_index.forget(connection, ids)
    # A report that only touched a topic takes the story with it that it alone was.
    await connection.execute(
        delete(stories).where(stories.c.lead_entry_id.in_(ids), stories.c.peripheral)
    )
    await _delete_ids(connection, entries, ids)
    return len(rows)


async def drop_texts(connection: AsyncConnection, window: Window, *, before: datetime) -> int:
    """Drop the texts of the window's entries; titles, links and hashes stay."""
    old = (
        window.holds(entries.c.id),
        entries.c.seen_at < before,
        ~entries.c.unread,
        entries.c.text != "",
    )
    ids = list((await connection.execute(select(entries.c.id).where(*old))).scalars())
    # The index takes words out by the words that were put in: before they are gone.
    await search_index.forget(connection, ids)
    await connection.execute(update(entries).where(entries.c.id.in_(ids)).values(text=""))
    await search_index.update(connection, ids)
    return len(ids)


async def drop_vectors(connection: AsyncConnection, window: Window, *, before: datetime) -> int:
    """Drop the vectors of the window's entries; what was read of them stays."""
    aged = select(entries.c.id).where(window.holds(entries.c.id), entries.c.seen_at < before)
    changed = (
        update(readings)
        .where(readings.c.entry_id.in_(aged), readings.c.vector.is_not(None))
        .values(vector=None)
        .returning(readings.c.entry_id)
    )
    return len((await connection.execute(changed)).all())


async def drop_told(connection: AsyncConnection, window: Window, *, before: datetime) -> int:
    """Drop what destinations were told of the window's stories, where both are long ago.

    A story that has had no report since can no longer be in a digest, so that nobody is
    told it again.
    """
    ended = select(stories.c.id).where(window.holds(stories.c.id), stories.c.last_seen_at < before)
    await connection.execute(
        delete(broken).where(broken.c.story_id.in_(ended), broken.c.told_at < before)
    )
    gone = (
        delete(told)
        .where(told.c.story_id.in_(ended), told.c.told_at < before)
        .returning(told.c.story_id)
    )
    return len((await connection.execute(gone)).all())


async def drop_messages(connection: AsyncConnection, window: Window, *, before: datetime) -> int:
    """Drop the rendered messages of the window's deliveries that are done; the rows stay."""
    changed = (
        update(deliveries)
        .where(
            window.holds(deliveries.c.id),
            deliveries.c.slot_at < before,
            deliveries.c.status.in_(DONE),
            deliveries.c.payload != "",
        )
        .values(payload="")
        .returning(deliveries.c.id)
    )
    return len((await connection.execute(changed)).all())


async def drop_digests(connection: AsyncConnection, window: Window, *, before: datetime) -> int:
    """Drop the window's digests; that their slots were told stays with the subscription."""
    gone = (
        delete(digests)
        .where(window.holds(digests.c.id), digests.c.created_at < before)
        .returning(digests.c.id)
    )
    return len((await connection.execute(gone)).all())


async def drop_slots(connection: AsyncConnection, window: Window, *, before: datetime) -> int:
    """Drop what became of old slots of the window's subscriptions.

    Only slots after a subscription's last one are ever planned. That one stays, whatever its
    age: where a clock was ahead, it says what was told before.
    """
    passed = exists().where(
        subscriptions.c.id == slots.c.subscription_id,
        subscriptions.c.last_slot_at > slots.c.slot_at,
    )
    gone = (
        delete(slots)
        .where(window.holds(slots.c.subscription_id), slots.c.slot_at < before, passed)
        .returning(slots.c.slot_at)
    )
    return len((await connection.execute(gone)).all())


async def drop_removed_workspace(
    connection: AsyncConnection, *, before: datetime, limit: int
) -> int:
    """Drop up to ``limit`` subscriptions of workspaces that removed the bot before a moment.

    Their digests and deliveries go with them. When none is left, what their channels were
    told goes, and the installation itself. Returns how many subscriptions were dropped.
    """
    gone = select(installations.c.platform, installations.c.workspace).where(
        installations.c.removed_at < before
    )
    workspaces = (await connection.execute(gone.limit(limit))).all()
    if not workspaces:
        return 0
    chosen = select(subscriptions.c.id).where(_of_any(subscriptions, workspaces)).limit(limit)
    ids = (await connection.execute(chosen)).scalars().all()
    await _delete_ids(connection, subscriptions, ids)
    if len(ids) < limit:
        for table in (told, installations):
            await connection.execute(delete(table).where(_of_any(table, workspaces)))
    return len(ids)


async def drop_orphans(connection: AsyncConnection) -> int:
    """Drop rows whose counterparts are gone, as the schema would have; returns how many.

    They are there only where something other than Strait changed the database. A story
    that lost the entry it is named after gets another of its own, or ends.
    """
    total = 0
    for key in reversed([*inspection.foreign_keys()]):
        table, lost = key.parent.table, inspection.is_orphan(key)
        if key.parent is stories.c.lead_entry_id:
            total += await _mend_leads(connection, lost)
        elif key.ondelete == "SET NULL":
            cleared = update(table).where(lost).values({key.parent: None})
            total += (await connection.execute(cleared)).rowcount
        else:
            total += (await connection.execute(delete(table).where(lost))).rowcount
    return total


async def _mend_leads(connection: AsyncConnection, lost: ColumnElement[bool]) -> int:
    empty = delete(stories).where(inspection.is_empty_story())
    ended = (await connection.execute(empty)).rowcount
    target = func.coalesce(stories.c.merged_into, stories.c.id)
    own = select(func.min(readings.c.entry_id)).where(readings.c.story_id == target)
    mended = update(stories).where(lost).values(lead_entry_id=own.scalar_subquery())
    return ended + (await connection.execute(mended)).rowcount


def _of_any(table: Table, workspaces: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(
        *(
            (table.c.platform == platform) & (table.c.workspace == workspace)
            for platform, workspace in workspaces
        )
    )


async def _delete_ids(connection: AsyncConnection, table: Table, ids: Sequence[int]) -> None:
    if ids:
        await connection.execute(delete(table).where(table.c.id.in_(ids)))
