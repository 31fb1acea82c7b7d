"""How a feed is named by who removes it."""

import pytest

from bot.commands.feeds import add_feed, find_feed, list_feeds, remove_feed
from bot.domain.errors import ForbiddenError, InputError, NotFoundError
from bot.domain.model import Feed, FeedSpec
from bot.domain.people import Operator, Person, parse_admin
from bot.storage import feeds
from bot.storage.database import Database
from tests.builders import NOW

PRIVATE = "https://bob:s3cret@h.example/rss?token=abc"


async def add(database: Database, url: str, name: str) -> Feed:
    spec = FeedSpec(url=url, name=name)
    return await add_feed(database, spec, countries={}, by=Operator(), now=NOW)


async def remove(database: Database, named: str) -> None:
    await remove_feed(database, named, by=Operator())


async def names(database: Database) -> list[str]:
    return [feed.name for feed, _ in await list_feeds(database)]


@pytest.mark.parametrize("named", [PRIVATE, f" {PRIVATE} ", "https://h.example/rss", "Hanbit"])
async def test_a_feed_is_removed_by_what_is_known_of_it(database: Database, named: str) -> None:
    """By its address as typed, as lists show it, or by its name."""
    await add(database, PRIVATE, "Hanbit")
    await add(database, "https://other.example/rss", "Other")
    await remove(database, named)
    assert await names(database) == ["Other"]


async def test_a_feed_is_removed_by_its_number(database: Database) -> None:
    """The one that lists show."""
    await add(database, "https://other.example/rss", "Other")
    feed = await add(database, PRIVATE, "Hanbit")
    await remove(database, str(feed.id))
    assert await names(database) == ["Other"]


async def test_a_feed_that_moved_is_removed_by_its_first_address(database: Database) -> None:
    """The user may never have seen the new one."""
    feed = await add(database, "https://h.example/old", "Hanbit")
    async with database.write() as connection:
        await feeds.save_moved(connection, feed.id, "https://h.example/new")
    await remove(database, "https://h.example/old")
    assert await names(database) == []


async def test_feeds_that_look_the_same_are_told_apart_by_number(database: Database) -> None:
    """Nothing is removed by guess, and the secrets are not repeated."""
    ids = [(await add(database, f"{PRIVATE}{n}", f"Feed {n}")).id for n in (1, 2)]
    with pytest.raises(InputError, match=rf"by its number \({ids[0]}, {ids[1]}\)") as told:
        await remove(database, "https://h.example/rss")
    assert "s3cret" not in str(told.value)
    assert len(await names(database)) == 2
    await remove(database, f"{PRIVATE}2")
    assert await names(database) == ["Feed 1"]


async def test_a_hint_shows_no_secrets(database: Database) -> None:
    """Neither those of the nearest feed nor those that were typed."""
    await add(database, PRIVATE, "Hanbit")
    with pytest.raises(NotFoundError, match=r"did you mean https://h\.example/rss\?") as told:
        await remove(database, "https://bob:s3cre@h.example/rs?token=ab")
    assert not {"bob", "s3cre", "token"} & set(str(told.value).replace("@", ":").split(":"))
    assert "s3cre" not in str(told.value)


@pytest.mark.parametrize("named", ["99999999999999999999", "-1", "", "²", "nobody"])
async def test_what_names_no_feed_is_told(database: Database, named: str) -> None:
    """A number of any size included."""
    await add(database, PRIVATE, "Hanbit")
    with pytest.raises(NotFoundError, match="`feeds list` shows them"):
        await remove(database, named)


def test_a_whole_address_comes_before_a_shown_one() -> None:
    """A feed whose address is what another's looks like can still be named."""
    plain = Feed(id=1, url="https://h.example/rss", name="Plain")
    private = Feed(id=2, url=PRIVATE, name="Private")
    assert find_feed([private, plain], "https://h.example/rss") == plain


async def test_only_admins_change_the_instances_feeds(database: Database) -> None:
    """They belong to all workspaces: one workspace's people cannot take them from the others."""
    admins = [parse_admin("slack:T1/U1")]
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit")
    owner = Person(platform="slack", workspace="T1", user="U1")
    stranger = Person(platform="slack", workspace="T2", user="U1")
    with pytest.raises(ForbiddenError, match="STRAIT_ADMINS"):
        await add_feed(database, spec, countries={}, by=stranger, admins=admins, now=NOW)
    await add_feed(database, spec, countries={}, by=owner, admins=admins, now=NOW)
    with pytest.raises(ForbiddenError):
        await remove_feed(database, "Hanbit", by=stranger, admins=admins)
    assert await names(database) == ["Hanbit"]
    await remove_feed(database, "Hanbit", by=owner, admins=admins)
    assert await names(database) == []
