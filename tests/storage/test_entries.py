from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.growth import grow
from bot.domain.model import Entry, Feed, FeedSpec, ParsedEntry, SavedEntries
from bot.domain.outlets import Outlets
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from tests.builders import NOW, OUTLETS, parsed, reading

CARDS = Outlets(OUTLETS)
SPEC = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit", language="ko")


@pytest.fixture
async def hanbit(database: Database) -> Feed:
    async with database.write() as connection:
        return await feeds.add(connection, SPEC, countries={"hanbit": "KR"}, now=NOW)


async def save(
    database: Database, feed: Feed, *items: ParsedEntry, now: datetime = NOW
) -> SavedEntries:
    async with database.write() as connection:
        return await entries.save_parsed(connection, feed, items, outlets=CARDS, now=now)


async def unread(database: Database) -> list[Entry]:
    async with database.read() as connection:
        return await entries.unread(connection, limit=100)


async def mark(database: Database, read: Sequence[Entry]) -> None:
    async with database.write() as connection:
        await entries.mark_read(connection, read)


async def test_new_entries_wait_to_be_read_oldest_first(database: Database, hanbit: Feed) -> None:
    """Feeds list the newest first; stories want the order of events."""
    saved = await save(database, hanbit, parsed(1), parsed(2), parsed(3))
    assert saved == SavedEntries(new=3, changed=0)
    waiting = await unread(database)
    assert [entry.guid for entry in waiting] == ["guid-3", "guid-2", "guid-1"]
    assert {(entry.outlet, entry.country) for entry in waiting} == {("hanbit", "KR")}


async def test_what_is_known_is_left_alone(database: Database, hanbit: Feed) -> None:
    """Polling the same document twice saves nothing twice."""
    await save(database, hanbit, parsed(1))
    await mark(database, await unread(database))
    assert await save(database, hanbit, parsed(1)) == SavedEntries()
    assert await unread(database) == []


async def test_an_entry_without_a_date_is_of_the_moment_it_was_seen(
    database: Database, hanbit: Feed
) -> None:
    """A date is needed to rank it."""
    await save(database, hanbit, parsed(1, published_at=None))
    assert (await unread(database))[0].published_at == NOW


async def test_a_changed_entry_is_read_again(database: Database, hanbit: Feed) -> None:
    """What did not matter by its headline may matter by its text."""
    await save(database, hanbit, parsed(1))
    await mark(database, await unread(database))
    changed = parsed(1, text="A longer report.")
    assert await save(database, hanbit, changed) == SavedEntries(new=0, changed=1)
    assert [entry.text for entry in await unread(database)] == ["A longer report."]


async def test_a_changed_entry_stays_in_its_story(database: Database, hanbit: Feed) -> None:
    """An edit must not make a second story of what was told already; its text is kept."""
    await save(database, hanbit, parsed(1))
    [entry] = await unread(database)
    read = reading(entry.id, story_id=1)
    async with database.write() as connection:
        await stories.save(connection, [grow(None, 1, [(entry, read)])])
        await readings.save(connection, [read])
        await entries.mark_read(connection, [entry])
    await save(database, hanbit, parsed(1, text="Corrected."))
    assert await unread(database) == []
    async with database.read() as connection:
        found = await stories.get(connection, 1)
    assert found is not None
    assert [report.text for report in found.entries] == ["Corrected."]


async def test_an_entry_that_changes_while_it_is_read_stays_unread(
    database: Database, hanbit: Feed
) -> None:
    """The reading was of the text before."""
    await save(database, hanbit, parsed(1))
    being_read = await unread(database)
    await save(database, hanbit, parsed(1, text="Changed meanwhile."))
    await mark(database, being_read)
    assert [entry.text for entry in await unread(database)] == ["Changed meanwhile."]


async def test_hostile_text_is_only_text(database: Database, hanbit: Feed) -> None:
    """Quotes and statements are stored as they are."""
    title = "'); DROP TABLE entries; --"
    await save(database, hanbit, parsed(1, title=title))
    assert [entry.title for entry in await unread(database)] == [title]


async def test_remembered_readings_come_back_as_they_were(database: Database, hanbit: Feed) -> None:
    """A restart goes on from exactly what was decided."""
    await save(database, hanbit, parsed(50), now=NOW - timedelta(hours=50))
    await save(database, hanbit, parsed(1))
    both = await unread(database)
    kept = [replace(reading(e.id, story_id=None), vector=b"\x01\x02") for e in both]
    async with database.write() as connection:
        await readings.save(connection, kept)
        since = NOW - timedelta(hours=24)
        found = await readings.remembered(connection, "japan-korea", since=since)
    assert found == [(both[1], kept[1])]
