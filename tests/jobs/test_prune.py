"""What is too old goes; what readers, digests and destinations still need stays."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.domain.compose import compose, compose_item
from bot.domain.growth import grow
from bot.domain.model import (
    Destination,
    Digest,
    FeedSpec,
    ItemKind,
    Language,
    ParsedEntry,
    SavedEntries,
    Sent,
    Slot,
    SlotStatus,
    Subscription,
    Summary,
)
from bot.domain.outlets import Outlets
from bot.domain.planning import RECORDED, plan
from bot.domain.retention import Retention
from bot.domain.retry import LEASE, next_step
from bot.domain.schedule import parse_schedule
from bot.domain.schedule import slots as schedule_slots
from bot.domain.search import Filters, parse_query
from bot.jobs import prune as prune_module
from bot.jobs.prune import PRUNED, Pruned, prune, prune_if_due
from bot.storage import (
    broken,
    deliveries,
    digests,
    entries,
    facts,
    feeds,
    pruned_items,
    readings,
    search,
    slots,
    stories,
    subscriptions,
)
from bot.storage.database import Database
from tests.builders import CHANNEL, NOW, OUTLETS, TASTE, parsed, reading, story, topic

KEEP = Retention()
SPEC = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
DAY = timedelta(days=1)
VECTOR = b"\x00\x3c" * 8
OLD, RECENT = NOW - 200 * DAY, NOW - DAY


async def poll(
    database: Database, items: Sequence[ParsedEntry], *, now: datetime = NOW
) -> SavedEntries:
    async with database.write() as connection:
        feed = await feeds.add(connection, SPEC, countries={}, now=now)
        return await entries.save_parsed(connection, feed, items, outlets=Outlets(OUTLETS), now=now)


async def read(database: Database, story_ids: Sequence[int | None], **changes: object) -> list[int]:
    """Read what is unread: each entry into its story, or into none."""
    async with database.write() as connection:
        found = await entries.unread(connection, limit=100)
        read = [
            (e, reading(e.id, story_id=s, relevant=s is not None, vector=VECTOR, **changes))
            for e, s in zip(found, story_ids, strict=True)
        ]
        for entry, one in read:
            if one.story_id is not None:
                known = await stories.by_ids(connection, [one.story_id])
                grown = grow(known.get(one.story_id), one.story_id, [(entry, one)])
                await stories.save(connection, [grown])
        await readings.save(connection, [one for _, one in read])
        await entries.mark_read(connection, found)
    return [entry.id for entry in found]


async def run(database: Database, *, now: datetime = NOW, keep: Retention = KEEP) -> Pruned:
    return await prune(database=database, keep=keep, now=now, pause=timedelta())


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def test_old_texts_and_vectors_go_and_stories_stay(database: Database) -> None:
    """A story's page still has its headline, titles, links and outlets."""
    await poll(database, [parsed(1), parsed(2)], now=OLD)
    await read(database, [1, 1])
    async with database.read() as connection:
        before = await stories.get(connection, 1)
    pruned = await run(database)
    assert (pruned.texts, pruned.vectors, pruned.irrelevant) == (2, 2, 0)
    async with database.read() as connection:
        after = await stories.get(connection, 1)
        [first, second] = await readings.of_story(connection, 1)
    assert before is not None
    assert after is not None
    assert [e.text for e in after.entries] == ["", ""]
    assert [(e.title, e.url, e.outlet) for e in after.entries] == [
        (e.title, e.url, e.outlet) for e in before.entries
    ]
    assert (first.vector, second.vector, first.reasons) == (None, None, ("both governments",))


async def hits(database: Database, query: str) -> int:
    async with database.read() as connection:
        found = await search.newest(connection, parse_query(query), Filters(), told=9, loose=9)
    return len(found)


async def test_the_search_knows_what_is_left(database: Database) -> None:
    """Words of a dropped text or entry lead nowhere any more; those of a kept title do."""
    kept = parsed(1, title="Ferry sails again", text="Fog delayed the crossing.")
    dropped = parsed(2, title="Baseball results", text="The home side won.")
    await poll(database, [dropped, kept], now=OLD)
    await read(database, [None, 1])
    assert [await hits(database, word) for word in ("ferry", "fog", "baseball")] == [1, 1, 1]
    await run(database)
    assert [await hits(database, word) for word in ("ferry", "fog", "baseball")] == [1, 0, 0]


async def test_what_is_recent_stays_whole(database: Database) -> None:
    """Each kind has its own age."""
    await poll(database, [parsed(1)], now=NOW - 60 * DAY)
    await read(database, [1])
    await poll(database, [parsed(2)], now=RECENT)
    await read(database, [None])
    pruned = await run(database)
    assert (pruned.texts, pruned.vectors, pruned.irrelevant) == (0, 1, 0)


async def test_what_matters_to_no_topic_goes_whole(database: Database) -> None:
    """With its reading; a second pruning finds nothing more."""
    await poll(database, [parsed(1), parsed(2)], now=OLD)
    await read(database, [None, 1])
    assert (await run(database)).irrelevant == 1
    assert await rows(database, "SELECT guid FROM entries") == [("guid-1",)]
    assert await rows(database, "SELECT count(*) FROM readings") == [(1,)]
    again = await run(database)
    assert (again.irrelevant, again.texts, again.vectors) == (0, 0, 0)


async def test_a_dropped_item_does_not_come_back_as_new(database: Database) -> None:
    """Its feed may list it for years."""
    items = [parsed(1), parsed(2)]
    await poll(database, items, now=OLD)
    await read(database, [None, None])
    await run(database)
    assert await poll(database, [*items, parsed(3)]) == SavedEntries(new=1)
    assert await poll(database, [parsed(1, title="Changed"), parsed(2)]) == SavedEntries()


async def test_a_dropped_item_is_remembered_while_it_is_listed(database: Database) -> None:
    """Years of polling do not make it new; nor does an empty document."""
    await poll(database, [parsed(1)], now=OLD)
    await read(database, [None])
    await run(database)
    for month in range(24):
        await poll(database, [], now=NOW + month * 30 * DAY)
        assert (await poll(database, [parsed(1)], now=NOW + month * 30 * DAY)).new == 0


async def test_what_its_feed_no_longer_lists_is_forgotten(database: Database) -> None:
    """The memory does not grow with the years; what other feeds dropped stays in it."""
    await poll(database, [parsed(1)], now=OLD)
    await read(database, [None])
    await run(database)
    async with database.write() as connection:
        other = await feeds.add(
            connection, FeedSpec(url="https://o.example/rss", name="O"), countries={}, now=NOW
        )
        await pruned_items.remember(connection, [(other.id, "theirs")], today=NOW.date())
    await poll(database, [parsed(3)], now=NOW + 30 * DAY)
    assert await rows(database, "SELECT count(*) FROM pruned_items") == [(2,)]
    await poll(database, [parsed(3)], now=NOW + 61 * DAY)
    assert await rows(database, "SELECT count(*) FROM pruned_items") == [(1,)]


async def test_the_original_of_a_copy_in_a_story_stays(database: Database) -> None:
    """Without it the copy would turn into a report of its own."""
    await poll(database, [parsed(2)], now=OLD)
    [original] = await read(database, [None])
    await poll(database, [parsed(1)], now=OLD)
    await read(database, [1], duplicate_of=original)
    assert (await run(database)).irrelevant == 0
    async with database.read() as connection:
        [copy] = await readings.of_story(connection, 1)
    assert copy.duplicate_of == original


async def test_what_is_unread_stays(database: Database) -> None:
    """However old: nobody has decided about it yet."""
    await poll(database, [parsed(1)], now=OLD)
    pruned = await run(database)
    assert (pruned.irrelevant, pruned.texts) == (0, 0)


async def test_no_setting_drops_what_readers_restore(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long they remember: their window is loaded from the database at every start."""
    monkeypatch.setattr(prune_module, "REMEMBER", 60 * DAY)
    await poll(database, [parsed(1), parsed(2)], now=NOW - 50 * DAY)
    await read(database, [1, None])
    pruned = await run(database, keep=Retention(irrelevant_days=14, vector_days=14, text_days=14))
    assert (pruned.irrelevant, pruned.vectors, pruned.texts) == (0, 0, 0)


def a_digest(story_id: int) -> Digest:

    told = compose_item(
        story(story_id),
        ItemKind.NEW,
        Summary(language="en", headline="H", sentences=(), method="x"),
    )
    return compose(
        [told],
        topic=topic(),
        language=Language.EN,
        zone="Asia/Seoul",
        since=OLD,
        until=OLD,
        left_out=0,
    )


async def subscribe(database: Database, destination: Destination = CHANNEL) -> Subscription:
    async with database.write() as connection:
        return await subscriptions.add(
            connection, destination, TASTE, created_by="U1", after=OLD, now=OLD
        )


async def tell(database: Database, mine: Subscription, story_id: int, at: datetime) -> None:
    async with database.write() as connection:
        digest = a_digest(story_id)
        await digests.save(connection, [mine.id], digest, slot_at=at, now=at)
        await digests.save_told(connection, [mine.destination], digest, now=at)
        await deliveries.add(connection, mine, [f"payload of {story_id}"], slot_at=at, now=at)


async def send_one(database: Database, at: datetime) -> None:
    async with database.write() as connection:
        [claimed] = await deliveries.claim_due(
            connection, ["console"], now=at, lease=LEASE, limit=1
        )
        step = next_step(Sent(message_id="m1"), attempts=1, now=at)
        await deliveries.record(connection, claimed, step)


async def test_deliveries_stay_without_their_messages(database: Database) -> None:
    """Only of those that are done: what is still to be sent keeps its payload."""
    mine = await subscribe(database)
    await poll(database, [parsed(1)], now=OLD)
    await read(database, [1])
    await tell(database, mine, 1, OLD)
    await send_one(database, OLD)
    await tell(database, mine, 1, OLD + DAY)
    assert (await run(database)).messages == 1
    found = await rows(database, "SELECT status, payload, message_id FROM deliveries ORDER BY id")
    assert found == [("sent", "", "m1"), ("pending", "payload of 1", None)]


async def test_digests_go_when_they_are_older_than_a_year(database: Database) -> None:
    """Their slots stay told: the subscription remembers the last one."""
    mine = await subscribe(database)
    await poll(database, [parsed(1)], now=OLD)
    await read(database, [1])
    await tell(database, mine, 1, NOW - 401 * DAY)
    await tell(database, mine, 1, OLD)
    assert (await run(database)).digests == 1
    async with database.read() as connection:
        [same] = await subscriptions.active(connection)
    assert same == mine


async def slots_of(database: Database, subscription_id: int) -> list[datetime]:
    async with database.read() as connection:
        found = await slots.of_subscription(connection, subscription_id, limit=2_000)
    return [slot.slot_at for slot in found]


async def settled(database: Database, days: int, *, zone: str = "UTC") -> Subscription:
    """Add a daily subscription whose slots of so many days are told, up to now."""
    wanted = replace(TASTE, schedule=parse_schedule("daily 08:00", zone))
    began = NOW - days * DAY
    async with database.write() as connection:
        added = await subscriptions.add(
            connection, CHANNEL, wanted, created_by=None, after=began, now=began
        )
        due = schedule_slots(wanted.schedule, after=began, until=NOW)
        told = [Slot(slot_at=at, status=SlotStatus.ON_TIME) for at in due]
        await slots.record(connection, [(added.id, slot) for slot in told], now=NOW)
        current = replace(added, last_slot_at=told[-1].slot_at)
        await subscriptions.save_change(connection, current)
    return current


async def test_old_slots_go_and_none_is_told_again(database: Database) -> None:
    """What is left is young, and what is planned is what was planned before."""
    mine = await settled(database, 500)
    before = plan(mine, now=NOW)
    pruned = await run(database)
    left = await slots_of(database, mine.id)
    assert pruned.slots == 500 - len(left) > 0
    assert min(left) >= NOW - KEEP.slot_days * DAY > min(left) - DAY
    assert plan(mine, now=NOW) == before
    assert (await run(database)).slots == 0


async def test_the_last_slot_of_a_subscription_stays(database: Database) -> None:
    """Paused for years: where its clock was ahead, that slot says what was told."""
    mine = await settled(database, 30)
    pruned = await run(database, now=NOW + 3_000 * DAY)
    assert pruned.slots == 29
    assert await slots_of(database, mine.id) == [mine.last_slot_at]


async def test_no_setting_drops_slots_that_are_still_looked_at(database: Database) -> None:
    """Planning looks back over five weeks."""
    mine = await settled(database, 60)
    await run(database, keep=replace(KEEP, slot_days=14))
    assert min(await slots_of(database, mine.id)) <= NOW - RECORDED


async def test_what_was_told_is_forgotten_only_of_stories_that_ended(database: Database) -> None:
    """One that is told of lately, or has had a report lately, is never told again as new."""
    mine = await subscribe(database)
    await poll(database, [parsed(n, published_at=OLD) for n in (1, 2, 3)], now=OLD)
    await read(database, [1, 2, 3])
    await tell(database, mine, 1, OLD)  # long ago, and the story ended
    await tell(database, mine, 2, OLD + DAY)  # long ago, but the story lives
    await poll(database, [parsed(4, published_at=RECENT)], now=RECENT)
    await read(database, [2])
    await tell(database, mine, 3, RECENT)  # told lately
    async with database.write() as connection:
        for story_id, when in ((1, OLD), (2, OLD), (3, RECENT)):
            await broken.record(connection, mine.id, [story_id], now=when)
    assert (await run(database)).told == 1
    async with database.read() as connection:
        assert set(await digests.told_versions(connection, CHANNEL)) == {2, 3}
        assert (await broken.of(connection, [mine.id], [1, 2, 3]))[mine.id] == {2, 3}


async def test_a_pruning_changes_no_digest(database: Database) -> None:
    """Whatever a subscription could get now, it gets after it just the same."""
    for age in range(40):
        moment = NOW - age * DAY
        await poll(database, [parsed(age + 1, published_at=moment)], now=moment)
        await read(database, [age + 1 if age % 3 else None])
    since = NOW - timedelta(days=14) + timedelta(hours=1)
    async with database.read() as connection:
        before = await stories.latest(connection, "japan-korea", since=since, until=NOW)
        counted = await entries.count_since(connection, since=since, until=NOW)
    shortest = Retention(irrelevant_days=14, text_days=14, vector_days=14)
    assert (await run(database, keep=shortest)).texts > 0
    async with database.read() as connection:
        assert await stories.latest(connection, "japan-korea", since=since, until=NOW) == before
        assert await entries.count_since(connection, since=since, until=NOW) == counted


async def test_many_windows_are_walked_through(database: Database) -> None:
    """More rows than one transaction looks at."""
    for batch in range(0, 1200, 100):
        await poll(database, [parsed(n) for n in range(batch, batch + 100)], now=OLD)
        await read(database, [None] * 100)
    assert (await run(database)).irrelevant == 1200
    async with database.read() as connection:
        assert await entries.count(connection) == 0


async def test_polling_and_reading_go_on_meanwhile(database: Database) -> None:
    """A pruning holds no lock longer than its window takes."""
    for batch in range(0, 600, 100):
        await poll(database, [parsed(n) for n in range(batch, batch + 100)], now=OLD)
        await read(database, [None] * 100)
    pruning = asyncio.create_task(run(database))
    for n in range(1000, 1010):
        await poll(database, [parsed(n)])
    assert (await pruning).irrelevant == 600
    async with database.read() as connection:
        assert await entries.count(connection) == 10


async def test_it_is_done_once_a_day_by_whoever_comes_first(database: Database) -> None:
    """Several processes wake it; a day later it is due again."""
    two = [prune_if_due(database=database, keep=KEEP, now=NOW, pause=timedelta()) for _ in range(2)]
    assert sorted(done is None for done in await asyncio.gather(*two)) == [False, True]
    later = await prune_if_due(database=database, keep=KEEP, now=NOW + DAY, pause=timedelta())
    assert later is not None
    async with database.read() as connection:
        assert await facts.get(connection, PRUNED) == (NOW + DAY).isoformat()
