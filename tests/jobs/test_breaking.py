"""Breaking news: at once, once, and not again in the next digest; on both databases."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands import subscriptions as desk
from bot.domain.errors import StorageError
from bot.domain.growth import grow
from bot.domain.model import (
    NO_FILTERS,
    Breaking,
    Digest,
    FeedSpec,
    Filters,
    Issue,
    ItemKind,
    Quiet,
    Subscription,
)
from bot.domain.outlets import Outlets
from bot.domain.ranking import House
from bot.domain.schedule import parse_schedule
from bot.jobs.break_stories import Newsroom, beside_slots, break_stories
from bot.jobs.write_digests import DigestWriter, PutOff, write_digests
from bot.storage import broken as broken_rows
from bot.storage import entries, feeds, merges, readings, stories, subscriptions
from bot.storage.database import Database
from bot.storage.schema import broken, deliveries
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import CHANNEL, TASTE, parsed, reading, topic
from tests.jobs.test_slots import Paper

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Far more than a statement takes that waits for nobody.
PATIENCE_SECONDS = 10

RULE = Breaking(outlets=3, minutes=60)


@dataclass
class Bot:
    """A bot over a database; its clock is where the test puts it."""

    database: Database
    paper: Paper = field(default_factory=Paper)
    now: datetime = NOON
    put_off: PutOff = field(default_factory=PutOff)
    owners: dict[str, str] = field(default_factory=dict)

    @property
    def writer(self) -> DigestWriter:
        return DigestWriter(self.database, ExtractiveSummarizer(), house=House(owners=self.owners))

    async def subscribe(self, words: str = "daily 18:00", **changes: Any) -> Subscription:
        taste = replace(TASTE, schedule=parse_schedule(words, "UTC"), breaking=RULE)
        return await desk.subscribe(
            self.database,
            CHANNEL,
            replace(taste, **changes),
            created_by=None,
            now=self.now - 2 * HOUR,
        )

    async def report(self, outlets: str, *, story_id: int = 1, ago: timedelta = MINUTE) -> None:
        """Let these outlets (a letter each) report the story."""
        async with self.database.write() as connection:
            for outlet in outlets:
                name = f"{outlet}{story_id}"
                url = f"https://{name}.example/rss"
                feed = await feeds.add(
                    connection, FeedSpec(url=url, name=name), countries={}, now=self.now
                )
                item = parsed(1, url=f"https://{outlet}.example/{story_id}", guid=name)
                item = replace(item, published_at=self.now - ago)
                await entries.save_parsed(
                    connection, feed, [item], outlets=Outlets(()), now=self.now
                )
            for entry in await entries.unread(connection, limit=99):
                read = reading(entry.id, story_id=story_id, issue=Issue.COURTS)
                known = (await stories.by_ids(connection, [story_id])).get(story_id)
                await stories.save(connection, [grow(known, story_id, [(entry, read)])])
                await readings.save(connection, [read])
                await entries.mark_read(connection, [entry])

    async def tick(self, now: datetime | None = None) -> int:
        self.now = now or self.now
        newsroom = Newsroom(
            database=self.database,
            writer=self.writer,
            topics={"japan-korea": topic()},
            messengers={"console": self.paper},
            max_words=60,
            house=House(owners=self.owners),
        )
        return await break_stories(newsroom, self.put_off, now=self.now)

    async def digest(self, now: datetime) -> Sequence[Digest]:
        """Return the digests that the regular job writes at a moment."""
        self.now, before = now, len(self.paper.digests)
        await write_digests(
            database=self.database,
            writer=self.writer,
            topics={"japan-korea": topic()},
            messengers={"console": self.paper},
            max_words=60,
            put_off=self.put_off,
            now=now,
        )
        return self.paper.digests[before:]

    async def outbox(self) -> list[tuple[datetime, int]]:
        async with self.database.read() as connection:
            rows = await connection.execute(select(deliveries).order_by(deliveries.c.id))
            return [(row.slot_at, row.part) for row in rows]


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database)


async def test_a_story_of_many_outlets_is_told_at_once_and_once(bot: Bot) -> None:
    """However often the job is woken, and however the story grows."""
    await bot.subscribe()
    await bot.report("ab")
    assert await bot.tick() == 0
    await bot.report("c")
    assert await bot.tick() == 1
    [told] = bot.paper.digests
    assert told.breaking
    assert [(item.story_id, item.kind) for item in told.items] == [(1, ItemKind.NEW)]
    await bot.report("def")
    assert await bot.tick(bot.now + MINUTE) == 0
    assert len(await bot.outbox()) == 1


async def test_the_next_digest_leaves_it_out_unless_it_changed(bot: Bot) -> None:
    """What was told at once is told; what has grown since is an update."""
    await bot.subscribe()
    await bot.report("abc")
    await bot.tick()
    [digest] = await bot.digest(NOON + 6 * HOUR)
    assert digest.items == ()
    await bot.report("d")
    [digest] = await bot.digest(NOON + 30 * HOUR)
    assert [(item.story_id, item.kind) for item in digest.items] == [(1, ItemKind.UPDATE)]


async def test_what_a_digest_told_does_not_break_any_more(bot: Bot) -> None:
    """It is no news to this channel."""
    await bot.subscribe()
    bot.now = NOON + 6 * HOUR
    await bot.report("abc")
    [digest] = await bot.digest(bot.now)
    assert len(digest.items) == 1
    assert await bot.tick(bot.now + MINUTE) == 0


async def test_quiet_hours_put_it_off_until_their_end(bot: Bot) -> None:
    """Told at seven, once, unless the digest of seven has told it."""
    night = replace(RULE, quiet=Quiet(start=time(22), end=time(7)))
    await bot.subscribe(breaking=night)
    bot.now = NOON + 11 * HOUR
    await bot.report("abc")
    assert await bot.tick() == 0
    assert await bot.tick(NOON + 18 * HOUR + 59 * MINUTE) == 0
    assert await bot.tick(NOON + 19 * HOUR) == 1
    assert await bot.tick(NOON + 19 * HOUR + MINUTE) == 0


async def test_the_digest_at_the_end_of_quiet_hours_tells_it_instead(bot: Bot) -> None:
    """Digests are written first."""
    night = replace(RULE, quiet=Quiet(start=time(22), end=time(7)))
    await bot.subscribe("daily 07:00", breaking=night)
    bot.now = NOON + 11 * HOUR
    await bot.report("abc")
    [digest] = await bot.digest(NOON + 19 * HOUR)
    assert len(digest.items) == 1
    assert await bot.tick() == 0


async def test_old_news_does_not_break_for_a_new_subscription(bot: Bot) -> None:
    """Nor after a downtime: the next digest tells it."""
    await bot.report("abc")
    bot.now += 3 * HOUR
    await bot.subscribe()
    assert await bot.tick() == 0


async def test_only_what_the_filters_let_through_breaks(bot: Bot) -> None:
    """And outlets of one owner are one."""
    await bot.subscribe(filters=Filters(issues=(Issue.TRADE,)))
    await bot.report("abc")
    assert await bot.tick() == 0
    bot.owners = {"a.example": "house", "b.example": "house"}
    await bot.subscribe()
    assert await bot.tick() == 0
    bot.owners = {}
    assert await bot.tick() == 1


async def test_a_channel_of_two_subscriptions_is_told_once(bot: Bot) -> None:
    """What the one tells, the other leaves out."""
    await bot.subscribe()
    await bot.subscribe(filters=Filters(issues=(Issue.COURTS,)))
    await bot.report("abc")
    assert await bot.tick() == 1
    assert await bot.tick() == 0
    assert len(await bot.outbox()) == 1


async def test_two_processes_tell_it_once(bot: Bot) -> None:
    """Whoever comes second finds it told, wherever the first one is."""
    await bot.subscribe()
    await bot.report("abc")
    other = Bot(bot.database, now=bot.now + timedelta(milliseconds=7))
    told = await asyncio.gather(*(one.tick() for one in (bot, other) for _ in range(3)))
    assert sum(told) == 1
    assert len(await bot.outbox()) == 1


async def test_a_digest_composed_meanwhile_is_composed_anew(bot: Bot) -> None:
    """The digest was about to tell what broke just now: its slot is told without it."""
    await bot.subscribe()
    bot.now = NOON + 6 * HOUR
    await bot.report("abc")

    class Overtaken(Paper):
        def render(self, digest: Digest) -> tuple[str, ...]:
            if not told:
                told.append(asyncio.run_coroutine_threadsafe(bot.tick(), loop).result())
            return super().render(digest)

    told: list[int] = []
    loop = asyncio.get_running_loop()
    regular = Bot(bot.database, paper=Overtaken())
    assert len((await regular.digest(bot.now))[0].items) == 1
    assert told == [1]
    assert len(await bot.outbox()) == 1
    [digest] = await bot.digest(bot.now)
    assert digest.items == ()
    assert [part for _, part in await bot.outbox()] == [0, 0]


async def test_a_death_before_the_commit_leaves_nothing_and_loses_nothing(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told, that it is told, and its delivery are saved together."""
    await bot.subscribe()
    await bot.report("abc")

    async def die(*arguments: object, **options: object) -> None:
        raise StorageError("power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("bot.storage.deliveries.add", die)
        with pytest.raises(StorageError):
            await bot.tick()
    assert await bot.outbox() == []
    async with bot.database.read() as connection:
        assert (await connection.execute(select(broken))).all() == []
    assert await bot.tick(bot.now + MINUTE) == 1


async def test_one_that_cannot_be_rendered_waits_and_holds_up_no_other(bot: Bot) -> None:
    """It is tried again, later each time."""

    class Broken(Paper):
        def render(self, digest: Digest) -> tuple[str, ...]:
            raise ValueError("this platform cannot")

    await bot.subscribe()
    await bot.report("abc")
    well, bot.paper = bot.paper, Broken()
    assert await bot.tick() == 0
    bot.paper = well
    assert await bot.tick() == 0
    assert await bot.tick(bot.now + 10 * MINUTE) == 1


async def test_a_merged_story_does_not_break_again(bot: Bot) -> None:
    """Told under either number, it counts as told under the one that stays."""
    await bot.subscribe()
    await bot.report("abc", story_id=2)
    assert await bot.tick() == 1
    await bot.report("def", story_id=1)
    async with bot.database.write() as connection:
        held = await readings.of_story(connection, 2)
        await readings.move(connection, "japan-korea", {r.entry_id: 1 for r in held})
        await merges.save_merged(connection, 2, into=1)
    assert await bot.tick(bot.now + MINUTE) == 0


async def test_a_paused_subscription_is_told_nothing(bot: Bot) -> None:
    """Nor one that tells nothing at once."""
    made = await bot.subscribe()
    await bot.subscribe("daily 09:00", breaking=None)
    here = {"platform": CHANNEL.platform, "workspace": CHANNEL.workspace}
    await desk.pause(bot.database, made.id, **here)
    await bot.report("abc")
    assert await bot.tick() == 0
    assert made.taste.filters == NO_FILTERS


def test_a_message_between_the_slots_is_never_taken_for_a_slots() -> None:
    """Slots are whole minutes."""
    assert beside_slots(NOON) == NOON + timedelta(microseconds=1)
    assert beside_slots(NOON + timedelta(seconds=3)) == NOON + timedelta(seconds=3)


async def test_a_merge_of_stories_does_not_wait_for_a_writer_of_digests(
    postgres_database: Database,
) -> None:
    """The writer may wait for the merged stories: each would wait for the other for ever."""
    bot = Bot(postgres_database)
    made = await bot.subscribe()
    await bot.report("a")
    async with bot.database.write() as writer, bot.database.write() as merger:
        await subscriptions.lock(writer, [made.id])
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await broken_rows.record(merger, made.id, [1], now=bot.now) == {1}
