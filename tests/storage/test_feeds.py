from datetime import timedelta

from bot.domain.model import Feed, FeedSpec, FeedState
from bot.storage import feeds
from bot.storage.database import Database
from tests.builders import NOW

ONE = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit", language="ko")
TWO = FeedSpec(url="https://m.example/rss", name="Morning", outlet="morning", language="en")
COUNTRIES = {"hanbit": "KR", "morning": "JP"}


async def sync(database: Database, *specs: FeedSpec) -> list[str]:
    async with database.write() as connection:
        await feeds.sync_configured(connection, specs, countries=COUNTRIES, now=NOW)
    return await names(database)


async def names(database: Database) -> list[str]:
    return [feed.name for feed, _ in await polled(database)]


async def polled(database: Database) -> list[tuple[Feed, FeedState]]:
    async with database.read() as connection:
        return await feeds.all_feeds(connection)


async def test_the_table_follows_the_file(database: Database) -> None:
    """Feeds come and go with the configuration; their country is their outlet's."""
    assert await sync(database, ONE, TWO) == ["Hanbit", "Morning"]
    assert [feed.country for feed, _ in await polled(database)] == ["KR", "JP"]
    assert await sync(database, TWO) == ["Morning"]
    assert await sync(database, ONE, TWO) == ["Hanbit", "Morning"]


async def test_a_users_removal_outlives_a_restart(database: Database) -> None:
    """The configuration does not bring back what a user removed by command."""
    await sync(database, ONE, TWO)
    async with database.write() as connection:
        assert await feeds.remove(connection, ONE.url)
        assert not await feeds.remove(connection, ONE.url)
    assert await sync(database, ONE, TWO) == ["Morning"]


async def test_a_users_feed_outlives_a_restart(database: Database) -> None:
    """The configuration does not drop what a user added by command."""
    async with database.write() as connection:
        await feeds.add(connection, TWO, countries=COUNTRIES, now=NOW)
    assert await sync(database, ONE) == ["Hanbit", "Morning"]


async def test_adding_a_removed_feed_brings_it_back(database: Database) -> None:
    """With the name that was given last."""
    await sync(database, ONE)
    renamed = FeedSpec(url=ONE.url, name="Hanbit again", outlet="hanbit")
    async with database.write() as connection:
        await feeds.remove(connection, ONE.url)
        added = await feeds.add(connection, renamed, countries=COUNTRIES, now=NOW)
    assert added.name == "Hanbit again"
    assert await names(database) == ["Hanbit again"]


async def test_feeds_are_due_by_their_next_check(database: Database) -> None:
    """New feeds at once, dead ones never, the others when their time has come."""
    await sync(database, ONE, TWO)
    (one, _), (two, _) = await polled(database)
    async with database.write() as connection:
        assert [f.id for f, _ in await feeds.feeds_due(connection, NOW)] == [one.id, two.id]
        later = FeedState(feed_id=one.id, next_check_at=NOW + timedelta(minutes=5), etag='W/"x"')
        await feeds.save_state(connection, later)
        await feeds.save_state(connection, FeedState(feed_id=two.id, gone=True))
        assert await feeds.feeds_due(connection, NOW) == []
        due = await feeds.feeds_due(connection, NOW + timedelta(minutes=5))
    assert due == [(one, later)]


async def test_two_feeds_never_share_an_address(database: Database) -> None:
    """A feed that moves onto another's address keeps its own."""
    await sync(database, ONE, TWO)
    (one, _), _ = await polled(database)
    async with database.write() as connection:
        assert not await feeds.save_moved(connection, one.id, TWO.url)
        assert await feeds.save_moved(connection, one.id, "https://h.example/new")
    assert [f.url for f, _ in await polled(database)] == ["https://h.example/new", TWO.url]


async def test_a_feed_that_moved_is_still_the_one_that_was_named(database: Database) -> None:
    """A restart neither adds the old address again nor drops the new one."""
    await sync(database, ONE)
    [(one, _)] = await polled(database)
    async with database.write() as connection:
        await feeds.save_moved(connection, one.id, "https://h.example/new")
    await sync(database, ONE)
    assert [(f.id, f.url) for f, _ in await polled(database)] == [(one.id, "https://h.example/new")]
    assert await sync(database) == []


async def test_a_feed_that_moved_may_be_named_by_its_new_address(database: Database) -> None:
    """Who updates the file does not lose the feed."""
    await sync(database, ONE)
    [(one, _)] = await polled(database)
    async with database.write() as connection:
        await feeds.save_moved(connection, one.id, "https://h.example/new")
    renamed = FeedSpec(url="https://h.example/new", name="Hanbit", outlet="hanbit")
    for _ in range(2):
        assert await sync(database, renamed) == ["Hanbit"]


async def test_a_feed_that_moved_is_removed_by_either_address(database: Database) -> None:
    """People know the one that they typed."""
    await sync(database, ONE)
    [(one, _)] = await polled(database)
    async with database.write() as connection:
        await feeds.save_moved(connection, one.id, "https://h.example/new")
        assert await feeds.remove(connection, ONE.url)
    assert await polled(database) == []
