"""Two processes at once on Postgres: the second waits, and decides by what the first did."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.subscriptions import list_subscriptions, subscribe
from bot.domain.compose import compose, compose_item
from bot.domain.errors import InputError
from bot.domain.growth import grow
from bot.domain.model import (
    Destination,
    Digest,
    Entry,
    Feed,
    FeedSpec,
    ItemKind,
    Language,
    SavedEntries,
    Story,
    Summary,
)
from bot.domain.outlets import Outlets
from bot.domain.planning import plan
from bot.domain.retry import LEASE
from bot.storage import (
    deliveries,
    digests,
    entries,
    feeds,
    merges,
    readings,
    stories,
    subscriptions,
    turns,
)
from bot.storage.database import Database
from tests.builders import CHANNEL, NOW, OUTLETS, TASTE, parsed, reading, topic
from tests.fakes.postgres import PostgresServer

CARDS = Outlets(OUTLETS)
SPEC = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")


@pytest.fixture
async def database(postgres_database: Database) -> Database:
    return postgres_database


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    opened = Database(database.url.render_as_string(hide_password=False))
    yield opened
    await opened.close()


@pytest.fixture
async def hanbit(database: Database) -> Feed:
    async with database.write() as connection:
        return await feeds.add(connection, SPEC, countries={}, now=NOW)


async def someone_waits(postgres: PostgresServer, database: Database) -> None:
    await asyncio.to_thread(postgres.wait_until_someone_waits, str(database.url.database))


async def poll(database: Database, feed: Feed, *numbers: int, text: str = "") -> SavedEntries:
    items = [parsed(number, text=text) for number in numbers]
    async with database.write() as connection:
        return await entries.save_parsed(connection, feed, items, outlets=CARDS, now=NOW)


def digest_of(story: Story) -> Digest:
    summary = Summary(language="en", headline=story.headline, sentences=(), method="headline")
    return compose(
        [compose_item(story, ItemKind.NEW, summary)],
        topic=topic(),
        language=Language.EN,
        zone="UTC",
        since=NOW - timedelta(days=1),
        until=NOW,
        left_out=0,
    )


async def unread(database: Database) -> list[Entry]:
    async with database.read() as connection:
        return await entries.unread(connection, limit=100)


async def test_a_slot_is_planned_by_one_process(
    postgres: PostgresServer, database: Database, other: Database
) -> None:
    """The second waits for the first, and finds that the subscription has moved on."""
    async with database.write() as connection:
        due = await subscriptions.add(
            connection, CHANNEL, TASTE, created_by=None, after=NOW - timedelta(days=1), now=NOW
        )

    async def is_unchanged() -> bool:
        async with other.write() as connection:
            return (await subscriptions.lock(connection, [due.id]))[due.id] == due

    async with database.write() as connection:
        assert (await subscriptions.lock(connection, [due.id]))[due.id] == due
        planned = {due.id: plan(due, now=NOW + timedelta(days=1))}
        await subscriptions.settle(connection, planned, covered_until=NOW)
        second = asyncio.create_task(is_unchanged())
        await someone_waits(postgres, database)
    assert not await second


async def test_a_delivery_is_claimed_by_one_process(database: Database, other: Database) -> None:
    """Claimers neither share a delivery nor wait, and keep the order of each destination."""
    for channel in ("a", "b"):
        here = replace(CHANNEL, channel=channel)
        async with database.write() as connection:
            mine = await subscriptions.add(
                connection, here, TASTE, created_by=None, after=NOW, now=NOW
            )
            parts = [f"{channel}1", f"{channel}2"]
            await deliveries.add(connection, mine, parts, slot_at=NOW, now=NOW)

    async def claim(process: Database) -> list[str]:
        async with process.write() as connection:
            claimed = await deliveries.claim_due(
                connection, ["console"], now=NOW, lease=LEASE, limit=1
            )
            first.set()
            await second.wait()
        return [delivery.payload for delivery in claimed]

    first, second = asyncio.Event(), asyncio.Event()
    one = asyncio.create_task(claim(database))
    await first.wait()
    second.set()
    # The first one's transaction is still open, or just ending: either way it is one each.
    assert sorted([*await claim(other), *await one]) == ["a1", "b1"]


async def test_many_claimers_claim_each_delivery_once(database: Database, other: Database) -> None:
    """None twice, none left."""
    payloads = [f"p{number}" for number in range(30)]
    for payload in payloads:
        here = Destination(platform="console", workspace="local", channel=payload)
        async with database.write() as connection:
            mine = await subscriptions.add(
                connection, here, TASTE, created_by=None, after=NOW, now=NOW
            )
            await deliveries.add(connection, mine, [payload], slot_at=NOW, now=NOW)

    async def claim_all(process: Database) -> list[str]:
        claimed: list[str] = []
        while True:
            async with process.write() as connection:
                found = await deliveries.claim_due(
                    connection, ["console"], now=NOW, lease=LEASE, limit=2
                )
            if not found:
                return claimed
            claimed += [delivery.payload for delivery in found]

    shares = await asyncio.gather(*(claim_all(p) for p in (database, other, database, other)))
    assert sorted(payload for share in shares for payload in share) == sorted(payloads)


async def test_a_channel_subscribes_once_however_often_it_is_asked(
    database: Database, other: Database
) -> None:
    """A double click is answered by one subscription and one explanation."""
    answers = await asyncio.gather(
        *(
            subscribe(process, CHANNEL, TASTE, created_by="u", now=NOW)
            for process in (database, other, database, other)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, InputError) for answer in answers) == 3
    found = await list_subscriptions(database, CHANNEL.platform, CHANNEL.workspace)
    assert len(found) == 1


async def test_two_polls_of_a_feed_save_its_entries_once(
    postgres: PostgresServer, database: Database, other: Database, hanbit: Feed
) -> None:
    """Whatever order the two documents have, neither fails."""
    async with database.write() as connection:
        items = [parsed(1), parsed(2)]
        await entries.save_parsed(connection, hanbit, items, outlets=CARDS, now=NOW)
        second = asyncio.create_task(poll(other, hanbit, 2, 3, 1))
        await someone_waits(postgres, database)
    assert (await second).new == 1
    assert len(await unread(database)) == 3


async def test_an_edit_while_the_entry_is_read_leaves_it_in_its_story(
    postgres: PostgresServer, database: Database, other: Database, hanbit: Feed
) -> None:
    """Else what was told already would be read anew, and told a second time."""
    await poll(database, hanbit, 1)
    [entry] = await unread(database)
    read = reading(entry.id, story_id=1)
    async with database.write() as connection:
        await turns.reading(connection)
        await stories.save(connection, [grow(None, 1, [(entry, read)])])
        await readings.save(connection, [read])
        edit = asyncio.create_task(poll(other, hanbit, 1, text="Corrected."))
        await someone_waits(postgres, database)
        await entries.mark_read(connection, [entry])
    assert (await edit).changed == 1
    assert await unread(database) == []


@pytest.mark.parametrize("told_before", [(1, 2), (1,)])
async def test_what_is_told_while_stories_merge_counts(
    postgres: PostgresServer,
    database: Database,
    other: Database,
    hanbit: Feed,
    told_before: tuple[int, ...],
) -> None:
    """Who is told version 5 of one, and 1 of the other, is told 6 of what they become."""
    await poll(database, hanbit, 1, 2)
    pair = await unread(database)
    for story_id, entry in enumerate(pair, start=1):
        async with database.write() as connection:
            read = reading(entry.id, story_id=story_id)
            await stories.save(connection, [grow(None, story_id, [(entry, read)])])
            await readings.save(connection, [read])
    async with database.write() as connection:
        known = await stories.by_ids(connection, [1, 2])
        for story_id in told_before:
            await digests.save_told(connection, [CHANNEL], digest_of(known[story_id]), now=NOW)

    async def merge() -> None:
        async with other.write() as connection:
            await readings.move(connection, "japan-korea", {pair[0].id: 2})
            await merges.save_merged(connection, 1, into=2)

    async with database.write() as connection:
        grown = digest_of(replace(known[2], version=5))
        await digests.save_told(connection, [CHANNEL], grown, now=NOW)
        merging = asyncio.create_task(merge())
        await someone_waits(postgres, database)
    await merging
    async with database.read() as connection:
        assert (await digests.told_versions(connection, CHANNEL))[2] == 6


async def test_two_feeds_that_move_to_one_address_do_not_share_it(
    postgres: PostgresServer, database: Database, other: Database, hanbit: Feed
) -> None:
    """The second keeps its old address, and nothing fails."""
    async with database.write() as connection:
        second = await feeds.add(
            connection, replace(SPEC, url="https://h.example/atom"), countries={}, now=NOW
        )

    async def move() -> bool:
        async with other.write() as connection:
            return await feeds.save_moved(connection, second.id, "https://h.example/new")

    async with database.write() as connection:
        assert await feeds.save_moved(connection, hanbit.id, "https://h.example/new")
        moving = asyncio.create_task(move())
        await someone_waits(postgres, database)
    assert not await moving


async def test_processes_that_migrate_at_once_take_turns(postgres_url: str) -> None:
    """One makes the schema; the others find it made."""
    processes = [Database(postgres_url) for _ in range(3)]
    ran = await asyncio.gather(*(process.migrate() for process in processes))
    assert [before for before, _ in ran].count(None) == 1
    for process in processes:
        await process.check()
        await process.close()
