from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from bot.domain.growth import grow
from bot.domain.model import Entry, FeedSpec
from bot.domain.outlets import Outlets
from bot.storage import digests, entries, feeds, merges, readings, stories
from bot.storage.database import Database
from bot.storage.schema import told
from tests.builders import CHANNEL, NOW, OUTLETS, parsed, reading

SPEC = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")


@pytest.fixture
async def saved(database: Database) -> list[Entry]:
    """Three entries, of three, two and one hours ago."""
    items = [parsed(number) for number in (1, 2, 3)]
    async with database.write() as connection:
        feed = await feeds.add(connection, SPEC, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, items, outlets=Outlets(OUTLETS), now=NOW)
        return await entries.unread(connection, limit=10)


async def tell(database: Database, story_id: int, entry: Entry, **changes: object) -> None:
    read = reading(entry.id, story_id=story_id, **changes)
    async with database.write() as connection:
        known = await stories.by_ids(connection, [story_id])
        await stories.save(connection, [grow(known.get(story_id), story_id, [(entry, read)])])
        await readings.save(connection, [read])


async def test_latest_stories_come_with_their_reports(
    database: Database, saved: list[Entry]
) -> None:
    """Reports in order of publication; stories with the newest report first."""
    await tell(database, 1, saved[0])
    await tell(database, 2, saved[1])
    await tell(database, 1, saved[2])
    async with database.read() as connection:
        found = await stories.latest(
            connection, "japan-korea", since=NOW - timedelta(days=1), until=NOW
        )
    assert [story.id for story in found] == [1, 2]
    assert [entry.id for entry in found[0].entries] == [saved[0].id, saved[2].id]
    assert found[0].version == 2


async def test_the_period_is_open_at_its_start_and_closed_at_its_end(
    database: Database, saved: list[Entry]
) -> None:
    """Digests of adjoining periods hold each story once."""
    await tell(database, 1, saved[0])
    last = saved[0].published_at
    async with database.read() as connection:
        before = await stories.latest(
            connection, "japan-korea", since=last - timedelta(hours=1), until=last
        )
        after = await stories.latest(connection, "japan-korea", since=last, until=NOW)
    assert ([s.id for s in before], after) == ([1], [])


async def test_copies_are_not_reports(database: Database, saved: list[Entry]) -> None:
    """A republished text does not make the story look more widely reported."""
    await tell(database, 1, saved[0])
    await tell(database, 1, saved[1], duplicate_of=saved[0].id)
    async with database.read() as connection:
        found = await stories.get(connection, 1)
    assert found is not None
    assert [entry.id for entry in found.entries] == [saved[0].id]


async def test_a_merged_storys_id_leads_to_the_other(
    database: Database, saved: list[Entry]
) -> None:
    """Links that were posted before a merge still work, after two merges too."""
    for number, entry in enumerate(saved, start=1):
        await tell(database, number, entry)
    for left, into in ((1, 2), (2, 3)):
        async with database.write() as connection:
            held = [r.entry_id for r in await readings.of_story(connection, left)]
            moved = dict.fromkeys(held, into)
            assert await readings.move(connection, "japan-korea", moved) == {left: into}
            await merges.save_merged(connection, left, into=into)
    async with database.read() as connection:
        found = [await stories.get(connection, number) for number in (1, 2, 3)]
        listed = await stories.latest(
            connection, "japan-korea", since=NOW - timedelta(days=1), until=NOW
        )
        assert await stories.next_id(connection) == 4
    assert [story and story.id for story in found] == [3, 3, 3]
    assert [(story.id, len(story.entries)) for story in listed] == [(3, 3)]


async def test_a_merge_is_no_news(database: Database, saved: list[Entry]) -> None:
    """Who was told both stories whole is not told the merged one again; who was not, is."""
    for number, entry in enumerate(saved[:2], start=1):
        await tell(database, number, entry)
    whole, half = CHANNEL, replace(CHANNEL, channel="other")
    async with database.write() as connection:
        for destination, ids in ((whole, (1, 2)), (half, (1,))):
            for story_id in ids:
                await connection.execute(
                    told.insert().values(
                        **asdict(destination), story_id=story_id, version=1, told_at=NOW
                    )
                )
        await readings.move(connection, "japan-korea", {saved[0].id: 2})
        await merges.save_merged(connection, 1, into=2)
        merged = await stories.get(connection, 2)
        versions = [
            (await digests.told_versions(connection, destination))[2]
            for destination in (whole, half)
        ]
    assert merged is not None
    assert merged.version == 2
    assert versions == [2, 1]


async def test_there_is_no_story_of_an_unknown_id(database: Database) -> None:
    """None, not an error: the command says it in words."""
    async with database.read() as connection:
        assert await stories.get(connection, 404) is None
