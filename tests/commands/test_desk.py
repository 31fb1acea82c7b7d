from datetime import datetime, timedelta

import pytest

from bot.commands.desk import Defaults, Desk
from bot.commands.feeds import add_feed, feed_address, list_feeds, remove_feed
from bot.commands.news import parse_since
from bot.domain.errors import InputError, NotFoundError, StraitError
from bot.domain.growth import grow
from bot.domain.model import (
    Destination,
    FeedSpec,
    Language,
    Subscription,
    SubscriptionStatus,
)
from bot.domain.outlets import Outlets
from bot.domain.people import Operator
from bot.jobs.write_digests import DigestWriter
from bot.storage import digests, entries, feeds, readings, stories
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import NOW, OUTLETS, parsed, reading, topic

HERE = {"platform": "slack", "workspace": "T1"}
INTRUDER = {"platform": "slack", "workspace": "T2"}
CHANNEL = Destination(**HERE, channel="C1")


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, clock: Clock) -> Desk:
    return Desk(
        database=database,
        topics={"japan-korea": topic(), "japan-china": topic(id="japan-china")},
        defaults=Defaults(language=Language.EN, zone="Asia/Seoul", max_stories=10, max_words=60),
        write=DigestWriter(database, ExtractiveSummarizer()).write,
        clock=clock,
    )


@pytest.fixture
async def told(database: Database) -> list[int]:
    """Two stories of the last hours; returns their ids, the newer first."""
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        items = [parsed(1), parsed(5)]
        await entries.save_parsed(connection, feed, items, outlets=Outlets(OUTLETS), now=NOW)
        for number, entry in enumerate(await entries.unread(connection, limit=9), start=1):
            read = reading(entry.id, story_id=number)
            await stories.save(connection, [grow(None, number, [(entry, read)])])
            await readings.save(connection, [read])
    return [2, 1]


async def subscribe(
    desk: Desk,
    *,
    topic: str = "japan-korea",
    schedule: str = "daily 08:00",
    zone: str = "Asia/Tokyo",
) -> Subscription:
    return await desk.subscribe(CHANNEL, topic=topic, schedule=schedule, zone=zone, created_by="U1")


async def test_news_lists_the_stories_of_the_time(desk: Desk, told: list[int]) -> None:
    """Without a summary a story is told by its headline and its reports."""
    found = await desk.news("japan-korea")
    assert [item.story_id for item in found.items] == told
    assert all(item.sources for item in found.items)
    assert [item.story_id for item in (await desk.news("japan-korea", since="2h")).items] == [2]


@pytest.mark.usefixtures("told")
async def test_news_tells_the_summaries_that_digests_have_made(desk: Desk) -> None:
    """A look-up composes nothing, but says what is known."""
    before = (await desk.news("japan-korea")).items[0]
    await desk.preview((await subscribe(desk)).id, **HERE)
    after = (await desk.news("japan-korea")).items[0]
    assert (before.sentences, bool(after.sentences)) == ((), True)


async def test_a_story_is_shown_by_its_id(desk: Desk, told: list[int]) -> None:
    """As a document with one item."""
    assert [item.story_id for item in (await desk.story(told[0])).items] == told[:1]


async def test_unknown_topics_and_stories_are_told(desk: Desk) -> None:
    """With the nearest known topic, or where ids are found."""
    with pytest.raises(NotFoundError, match='did you mean "japan-korea"'):
        await desk.news("japan-corea")
    for unknown in (404, 0, 2**63 - 1, 2**63, 10**30):
        with pytest.raises(NotFoundError, match="`news TOPIC` lists the ids"):
            await desk.story(unknown)


@pytest.mark.parametrize("words", ["", "h", "0h", "24", "9999w", "-3d", "३d"])
def test_a_wrong_duration_is_told(words: str) -> None:
    """With what can be written."""
    with pytest.raises(InputError, match="such as 24h or 3d"):
        parse_since(words)


async def test_a_subscription_is_what_was_asked_for(desk: Desk) -> None:
    """And the workspace's list shows it."""
    made = await subscribe(desk, schedule="weekly mon 7:30")
    assert made.taste.schedule.zone == "Asia/Tokyo"
    assert made.taste.topics == ("japan-korea",)
    assert await desk.subscriptions(**HERE) == [made]


@pytest.mark.parametrize(
    "wrong",
    [{"topic": "nothing"}, {"schedule": "daily 25:00"}, {"zone": "Asia/Soul"}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_wrong_wish_subscribes_nothing(desk: Desk, wrong: dict[str, str]) -> None:
    """Nothing is half-subscribed."""
    with pytest.raises(StraitError):
        await subscribe(desk, **wrong)
    assert await desk.subscriptions(**HERE) == []


async def test_the_same_subscription_is_made_once(desk: Desk) -> None:
    """A second click must not bring every digest twice; another time is another one."""
    first = await subscribe(desk)
    with pytest.raises(InputError, match=f"subscription {first.id}"):
        await subscribe(desk)
    await subscribe(desk, schedule="daily 18:00")
    assert len(await desk.subscriptions(**HERE)) == 2


async def test_another_workspace_can_do_nothing_with_a_subscription(desk: Desk) -> None:
    """Its id is a guess away; it answers as one that does not exist."""
    mine = await subscribe(desk)
    assert await desk.subscriptions(**INTRUDER) == []
    for use in (desk.pause, desk.resume, desk.remove, desk.preview, desk.change):
        with pytest.raises(NotFoundError, match="no subscription"):
            await use(mine.id, **INTRUDER)
    assert await desk.subscriptions(**HERE) == [mine]


async def test_what_fell_due_during_a_pause_is_not_sent_afterwards(
    desk: Desk, clock: Clock
) -> None:
    """It was not wanted."""
    made = await subscribe(desk)
    assert (await desk.pause(made.id, **HERE)).status is SubscriptionStatus.PAUSED
    clock.now += timedelta(days=3)
    resumed = await desk.resume(made.id, **HERE)
    assert resumed.status is SubscriptionStatus.ACTIVE
    assert resumed.last_slot_at == clock.now


async def test_a_removed_subscription_is_gone(desk: Desk) -> None:
    """Removing it twice says so."""
    made = await subscribe(desk)
    await desk.remove(made.id, **HERE)
    assert await desk.subscriptions(**HERE) == []
    with pytest.raises(NotFoundError):
        await desk.remove(made.id, **HERE)


@pytest.mark.usefixtures("told")
async def test_a_preview_tells_nothing_away(desk: Desk, database: Database) -> None:
    """The digest that comes afterwards is still whole."""
    made = await subscribe(desk)
    [first] = await desk.preview(made.id, **HERE)
    [second] = await desk.preview(made.id, **HERE)
    assert first.items
    assert first == second
    async with database.read() as connection:
        assert await digests.told_versions(connection, CHANNEL) == {}


@pytest.mark.parametrize("wrong", ["", "example.org/rss", "ftp://x/y", "http://", "http://[::"])
def test_an_address_that_is_none_is_told(wrong: str) -> None:
    """Before anything is asked over the network."""
    with pytest.raises(InputError, match="must begin with http"):
        feed_address(wrong)


async def test_feeds_are_added_and_removed(database: Database) -> None:
    """A wrong address names the nearest one."""
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit")
    await add_feed(database, spec, countries={}, by=Operator(), now=NOW)
    with pytest.raises(NotFoundError, match=r"did you mean https://h\.example/rss"):
        await remove_feed(database, "https://h.example/rs", by=Operator())
    await remove_feed(database, spec.url, by=Operator())
    assert await list_feeds(database) == []
