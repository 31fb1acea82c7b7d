"""Digests to one's taste: filters, length, the margin of the topic, the week's arc."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands import subscriptions as desk
from bot.domain.growth import Joined
from bot.domain.model import (
    Destination,
    Digest,
    Expression,
    FeedSpec,
    Filters,
    Issue,
    Length,
    Taste,
)
from bot.domain.outlets import Outlets
from bot.domain.schedule import parse_schedule
from bot.jobs.read_entries import EntryReaders, read_entries
from bot.jobs.write_digests import DigestWriter, PutOff, write_digests
from bot.storage import entries, feeds, retention, stories
from bot.storage.database import Database
from bot.storage.schema import entries as entry_table
from bot.storage.schema import stories as story_table
from bot.summarize.extractive import ExtractiveSummarizer
from bot.understanding.reader import ReadBatch, Reader
from tests.builders import NOW, TASTE, parsed, reading, topic
from tests.jobs.test_slots import Paper

TOPIC = "japan-korea"
SLOT = NOW.replace(hour=8, minute=0)


class Marks(Reader):
    """A reader that goes by the marks in titles: "core" and "margin"."""

    def __init__(self, new_id: Callable[[], int]) -> None:
        self._new_id = new_id

    def read(self, entries: Sequence[Any]) -> ReadBatch:
        return ReadBatch(readings=tuple(self._read(entry) for entry in entries), moved={})

    def _read(self, entry: Any) -> Any:
        is_core = "core" in entry.title
        relevance = 0.9 if is_core else 0.4 if "margin" in entry.title else 0.1
        issue = Issue.COURTS if "ruling" in entry.title else Issue.SUMMIT_DIPLOMACY
        return reading(
            entry.id,
            relevance=relevance,
            relevant=is_core,
            issue=issue,
            story_id=self._new_id() if is_core else None,
        )


def readers() -> EntryReaders:
    level = topic(threshold=0.5, peripheral=0.3).level

    def make(topic: str, remembered: Sequence[Joined], new_id: Callable[[], int]) -> Reader:
        return Marks(new_id)

    return EntryReaders([TOPIC], make, levels={TOPIC: level})


async def publish(database: Database, *titles: str, number: int = 1) -> None:
    async with database.write() as connection:
        for at, title in enumerate(titles, number):
            spec = FeedSpec(url=f"https://o{at}.example/rss", name=f"o{at}")
            feed = await feeds.add(connection, spec, countries={}, now=NOW)
            item = parsed(at, title=title, text=f"{title}. They said so.")
            await entries.save_parsed(connection, feed, [item], outlets=Outlets(()), now=NOW)


async def read(database: Database, process: EntryReaders | None = None) -> None:
    await read_entries(database=database, readers=process or readers(), now=NOW)


async def digests(database: Database, *tastes: Taste) -> list[Digest]:
    """Return what channels of these tastes get at the next slot."""
    for number, taste in enumerate(tastes):
        where = Destination(platform="console", workspace="local", channel=str(number))
        await desk.subscribe(database, where, taste, created_by=None, now=NOW)
    paper = Paper()
    await write_digests(
        database=database,
        writer=DigestWriter(database, ExtractiveSummarizer()),
        topics={TOPIC: topic()},
        messengers={"console": paper},
        max_words=60,
        put_off=PutOff(),
        now=SLOT,
    )
    return paper.digests


def taste(schedule: str = "daily 08:00", **changes: Any) -> Taste:
    return replace(TASTE, schedule=parse_schedule(schedule, "UTC"), **changes)


def headlines(digest: Digest) -> list[str]:
    return sorted(item.headline for item in digest.items)


async def test_each_channel_gets_its_own_choice(database: Database) -> None:
    """Of the same stories; what is left out is counted."""
    await publish(database, "core summit", "core ruling", "noise")
    await read(database)
    plain, courts, none = await digests(
        database,
        taste(),
        taste(filters=Filters(issues=(Issue.COURTS,))),
        taste(filters=Filters(include=(Expression(text="^nothing$", is_pattern=True),))),
    )
    assert headlines(plain) == ["core ruling", "core summit"]
    assert (headlines(courts), courts.stories_outside) == (["core ruling"], 1)
    assert (headlines(none), none.stories_outside) == ([], 2)


async def test_what_touches_the_topic_is_for_those_who_want_it(database: Database) -> None:
    """A report a story, marked; nobody else sees it, and it is told once."""
    await publish(database, "core summit", "margin concert", "noise")
    await read(database)
    wide = taste(filters=Filters(peripheral=True))
    plain, both = await digests(database, taste(), wide)
    assert headlines(plain) == ["core summit"]
    assert headlines(both) == ["core summit", "margin concert"]
    assert [item.headline for item in both.items if item.peripheral] == ["margin concert"]
    async with database.read() as connection:
        told = await stories.latest(connection, TOPIC, since=NOW - timedelta(days=2), until=SLOT)
    assert len(told) == 1


async def test_the_margin_does_not_share_numbers_with_core_stories(database: Database) -> None:
    """Across batches, and for a process that starts anew."""
    process = readers()
    await publish(database, "core a", "margin b")
    await read(database, process)
    await publish(database, "core c", "margin d", number=3)
    await read(database, process)
    await publish(database, "core e", number=5)
    await read(database)
    async with database.read() as connection:
        rows = (await connection.execute(select(story_table).order_by(story_table.c.id))).all()
    assert [row.headline for row in rows] == ["core a", "margin b", "core c", "margin d", "core e"]
    assert [row.peripheral for row in rows] == [False, True, False, True, False]


async def test_an_edit_may_move_a_report_from_the_margin_to_the_core(database: Database) -> None:
    """Then its story of one is no more, and it has one as every other."""
    await publish(database, "margin b")
    await read(database)
    async with database.write() as connection:
        spec = FeedSpec(url="https://o1.example/rss", name="o1")
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(
            connection, feed, [parsed(1, title="core b")], outlets=Outlets(()), now=NOW
        )
    await read(database)
    times: dict[str, Any] = {"since": NOW - timedelta(days=1), "until": SLOT}
    async with database.read() as connection:
        assert await stories.peripheral(connection, TOPIC, **times) == []
        [core] = await stories.latest(connection, TOPIC, **times)
    assert [entry.title for entry in core.entries] == ["core b"]


async def test_a_report_of_the_margin_that_is_edited_stays_one_story(database: Database) -> None:
    """It is read again, and no second story is made of it."""
    await publish(database, "margin b")
    await read(database)
    async with database.write() as connection:
        spec = FeedSpec(url="https://o1.example/rss", name="o1")
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(
            connection, feed, [parsed(1, title="margin c")], outlets=Outlets(()), now=NOW
        )
    await read(database)
    times: dict[str, Any] = {"since": NOW - timedelta(days=1), "until": SLOT}
    async with database.read() as connection:
        [lone] = await stories.peripheral(connection, TOPIC, **times)
        assert (await stories.get(connection, lone.id)) == lone
    assert [entry.title for entry in lone.entries] == ["margin c"]


async def test_the_margin_is_pruned_with_what_does_not_matter(database: Database) -> None:
    """Its stories would else keep their reports for ever."""
    await publish(database, "core a", "margin b", "noise")
    await read(database)
    async with database.write() as connection:
        window = retention.Window(first=1, last=99)
        day = timedelta(days=1)
        before = NOW + day
        assert (
            await retention.drop_irrelevant(connection, window, before=before, today=NOW.date())
            == 2
        )
        titles = (await connection.execute(select(entry_table.c.title))).scalars().all()
        kept = (await connection.execute(select(story_table.c.headline))).scalars().all()
    assert (titles, kept) == (["core a"], ["core a"])


@pytest.mark.parametrize(
    ("length", "sentences"), [(Length.HEADLINES, False), (Length.BRIEF, True), (Length.FULL, True)]
)
async def test_length(sqlite_database: Database, length: Length, sentences: bool) -> None:
    """Headlines alone have their sources all the same."""
    await publish(sqlite_database, "core summit of both sides")
    await read(sqlite_database)
    [digest] = await digests(sqlite_database, taste(length=length))
    [item] = digest.items
    assert bool(item.sentences) is sentences
    assert item.sources


async def test_a_weekly_digest_has_the_weeks_arc(database: Database) -> None:
    """Of what fits its filters, told before or not; a daily one has none."""
    await publish(database, "core summit", "core ruling")
    await read(database)
    courts = Filters(issues=(Issue.COURTS,))
    friday = taste("weekly friday 08:00")
    weekly, filtered, daily = await digests(
        database, friday, replace(friday, filters=courts), taste()
    )
    assert {(week.issue, week.stories) for week in weekly.arc} == {
        (Issue.SUMMIT_DIPLOMACY, 1),
        (Issue.COURTS, 1),
    }
    assert [week.issue for week in filtered.arc] == [Issue.COURTS]
    assert daily.arc == ()


async def test_tastes_that_are_alike_are_composed_once(database: Database) -> None:
    """What breaks does not matter to a digest; filters and length do."""
    courts = Filters(issues=(Issue.COURTS,))
    made = await digests(
        database,
        taste(),
        taste(filters=courts),
        taste(filters=courts),
        taste(filters=courts, length=Length.BRIEF),
    )
    assert len(made) == 3
