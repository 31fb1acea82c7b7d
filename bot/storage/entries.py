"""Entries: saved as they are polled, handed out unread in order of arrival."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Entry, Feed, ParsedEntry, SavedEntries
from bot.domain.outlets import Outlets
from bot.storage import pruned_items, search_index, terms, turns
from bot.storage.dialect import insert
from bot.storage.hashes import content_hash
from bot.storage.schema import entries, feeds, readings

COLUMNS = tuple(entries.c[field.name] for field in fields(Entry))


async def save_parsed(
    connection: AsyncConnection,
    feed: Feed,
    parsed: Sequence[ParsedEntry],
    *,
    outlets: Outlets,
    now: datetime,
) -> SavedEntries:
    """Save a feed's new and changed entries; those it has, or has dropped, are left alone.

    An entry that changed is read again only where no story holds it: an edit never
    moves an entry from one story to another. Of each outlet's entries only what its terms
    allow is saved.
    """
    parsed = [kept for e in parsed if (kept := outlets.allowed(feed, e)) is not None]
    # Two processes that poll the same feed save it one after the other, in any order of entries.
    await connection.execute(select(feeds.c.id).where(feeds.c.id == feed.id).with_for_update())
    guids = [entry.guid for entry in parsed]
    known = await _hashes(connection, feed.id, guids)
    dropped = await pruned_items.still_listed(connection, feed.id, guids, today=now.date())
    fresh = {e.guid: e for e in parsed if e.guid not in known and e.guid not in dropped}
    changed = [
        entry
        for entry in parsed
        if known.get(entry.guid) not in {None, content_hash(entry.title, entry.text)}
    ]
    rows = [_row(feed, entry, outlets, now) for entry in _oldest_first(fresh.values())]
    if rows:
        await connection.execute(insert(connection, entries).on_conflict_do_nothing(), rows)
    if changed:
        # Whether a story holds an entry must not be decided while it is asked here.
        await turns.reading(connection)
    stale = await _ids(connection, feed.id, [entry.guid for entry in changed])
    await search_index.forget(connection, stale)
    for entry in changed:
        await _update(connection, feed, entry)
    await search_index.update(connection, [*await _ids(connection, feed.id, fresh), *stale])
    return SavedEntries(new=len(rows), changed=len(changed))


async def _ids(connection: AsyncConnection, feed_id: int, guids: Collection[str]) -> list[int]:
    if not guids:
        return []
    wanted = select(entries.c.id).where(entries.c.feed_id == feed_id, entries.c.guid.in_(guids))
    return list(await connection.scalars(wanted))


async def _hashes(connection: AsyncConnection, feed_id: int, guids: list[str]) -> dict[str, str]:
    # A document is bounded to far fewer entries than the 32,766 values SQLite binds.
    rows = await connection.execute(
        select(entries.c.guid, entries.c.content_hash).where(
            entries.c.feed_id == feed_id, entries.c.guid.in_(guids)
        )
    )
    return {row.guid: row.content_hash for row in rows}


def _oldest_first(parsed: Iterable[ParsedEntry]) -> list[ParsedEntry]:
    # Feeds list the newest first; stories want the order of the events.
    upwards = list(parsed)[::-1]
    return sorted(upwards, key=lambda e: e.published_at.timestamp() if e.published_at else 0.0)


def _row(feed: Feed, entry: ParsedEntry, outlets: Outlets, now: datetime) -> dict[str, object]:
    outlet = outlets.publisher(feed, entry)
    return {
        "feed_id": feed.id,
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "text": entry.text,
        "language": entry.language or feed.language,
        "outlet": outlet.id,
        "outlet_name": outlet.name,
        "country": outlet.country or feed.country,
        "published_at": entry.published_at or now,
        "seen_at": now,
        "content_hash": content_hash(entry.title, entry.text),
        "unread": True,
    }


async def _update(connection: AsyncConnection, feed: Feed, entry: ParsedEntry) -> None:
    told = exists().where(readings.c.entry_id == entries.c.id, readings.c.story_id.is_not(None))
    await connection.execute(
        update(entries)
        .where(entries.c.feed_id == feed.id, entries.c.guid == entry.guid)
        .values(
            url=entry.url,
            title=entry.title,
            text=entry.text,
            content_hash=content_hash(entry.title, entry.text),
            unread=~told,
        )
    )


async def unread(connection: AsyncConnection, *, limit: int) -> list[Entry]:
    """Return entries that have not been read, in order of arrival.

    What one poll brought from many feeds is in order of publication.
    """
    order = (entries.c.seen_at, entries.c.published_at, entries.c.id)
    statement = select(*COLUMNS).where(entries.c.unread).order_by(*order).limit(limit)
    return [Entry(**row._mapping) for row in await connection.execute(statement)]


async def mark_read(connection: AsyncConnection, read: Sequence[Entry]) -> None:
    """Mark the entries read as they are; one that has changed meanwhile stays unread."""
    for entry in read:
        same = (entries.c.id == entry.id) & (entries.c.content_hash == entry.content_hash)
        await connection.execute(update(entries).where(same).values(unread=False))


async def count(connection: AsyncConnection) -> int:
    """Return how many entries are stored."""
    return (await connection.execute(select(func.count()).select_from(entries))).scalar_one()


async def count_since(
    connection: AsyncConnection, *, since: datetime, until: datetime
) -> tuple[int, int]:
    """Return how many entries were seen in ``(since, until]``, and of how many outlets."""
    statement = select(func.count(), func.count(entries.c.outlet.distinct())).where(
        entries.c.seen_at > since, entries.c.seen_at <= until, *terms.shown(connection)
    )
    found, outlets = (await connection.execute(statement)).one()
    return found, outlets
