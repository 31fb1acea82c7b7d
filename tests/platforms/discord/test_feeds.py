"""`/feeds` on Discord: the list for everyone, changes for the instance's admins."""

from dataclasses import replace

import pytest

from bot.commands.desk import Desk
from bot.domain.errors import ForbiddenError
from bot.domain.model import Feed, FeedSpec
from bot.domain.people import Admin
from bot.storage import feeds
from bot.storage.database import Database
from tests.builders import NOW
from tests.commands.feed_requests import badly, polling, well
from tests.platforms.discord.conftest import Server, causes

NEW = "https://new.example/rss"


@pytest.fixture
def admins() -> list[Admin]:
    return []


@pytest.fixture
def desk(desk: Desk, admins: list[Admin]) -> Desk:
    return replace(desk, admins=admins)


@pytest.fixture
async def known(database: Database) -> Feed:
    async with database.write() as connection:
        spec = FeedSpec(url="https://h.example/rss", name="**Hanbit** @everyone")
        return await feeds.add(connection, spec, countries={}, now=NOW)


async def run(server: Server, command: str, *, admin: bool = False, **options: str) -> str:
    who = server.manager if admin else server.member
    result = await who.slash(server.channel, f"feeds {command}", **options)
    assert result.ephemeral
    return str(result.response.content)


async def test_everyone_sees_the_feeds_harmlessly(server: Server, known: Feed) -> None:
    """With how each answered; what feeds are called calls and formats nothing."""
    said = await run(server, "list")
    assert said.startswith(f"{known.id}")
    assert "\\*\\*Hanbit\\*\\*" in said
    assert "has not answered yet" in said
    [answer] = [c.json or {} for c in server.env.http_requests if c.path.endswith("@original")]
    assert answer["allowed_mentions"]["parse"] == []


@pytest.mark.usefixtures("known")
async def test_a_check_is_answered_when_the_feed_has(server: Server, database: Database) -> None:
    """By the process that polls; the answer says what the feed says."""
    async with polling(database, well):
        assert "answers with 3 entries" in await run(server, "check", feed="https://h.example/rss")
    async with polling(database, badly):
        said = await run(server, "check", feed="https://h.example/rss")
    assert "It answers with a page" in said


async def test_members_and_managers_change_nothing(server: Server, database: Database) -> None:
    """A server's managers own its digests, not the instance's feeds."""
    assert "STRAIT" in await run(server, "add", admin=True, address=NEW)
    assert causes(server) == [ForbiddenError]
    async with database.read() as connection:
        assert await feeds.all_feeds(connection) == []


async def test_an_admin_adds_and_removes(
    server: Server, database: Database, admins: list[Admin]
) -> None:
    """Named in STRAIT_ADMINS by their id."""
    admins.append(Admin(platform="discord", user=str(server.manager.id)))
    async with polling(database, well):
        said = await run(server, "add", admin=True, address=NEW)
    assert "Added: A feed of news has 3 entries" in said
    assert "Removed" in await run(server, "remove", admin=True, feed="A feed of news")
    async with database.read() as connection:
        assert await feeds.all_feeds(connection) == []
