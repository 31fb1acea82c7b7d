"""`feeds` on Slack: the list for everyone, changes for the instance's admins."""

from dataclasses import replace
from typing import Any

import pytest

from bot.commands.desk import Desk
from bot.domain.people import Admin
from bot.platforms.slack.platform import SlackPlatform
from bot.storage import feeds
from bot.storage.database import Database
from tests.commands.feed_requests import polling, well
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import TEAM
from tests.platforms.slack.conftest import Serve

ADMIN = "U0ADMIN"


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    return replace(desk, admins=(Admin(platform="slack", workspace=TEAM, user=ADMIN),))


@pytest.fixture
async def served(platform: SlackPlatform, serving: Serve) -> Any:
    async with serving(platform):
        yield platform


async def say(slack: SlackServer, text: str, **options: Any) -> str:
    return str((await slack.command(text, **options))[-1]["text"])


@pytest.mark.usefixtures("served")
async def test_everyone_sees_the_feeds(slack: SlackServer) -> None:
    """With how each answered; a wrong verb is answered with the nearest."""
    assert "Hanbit: has not answered yet" in await say(slack, "feeds")
    assert "did you mean “check”?" in await say(slack, "feeds chekc 1")
    assert "feeds check 12" in await say(slack, "feeds check")


@pytest.mark.usefixtures("served")
async def test_a_check_is_answered_when_the_feed_has(
    slack: SlackServer, database: Database
) -> None:
    """By the process that polls, whichever it is."""
    async with polling(database, well):
        assert "Hanbit answers with 3 entries." in await say(slack, "feeds check Hanbit")


@pytest.mark.usefixtures("served")
async def test_only_admins_change_feeds(slack: SlackServer, database: Database) -> None:
    """A member of the workspace is told so; an admin is named with it in STRAIT_ADMINS."""
    assert "Only the admins" in await say(slack, "feeds remove Hanbit")
    async with polling(database, well):
        added = await say(slack, "feeds add https://new.example/rss", user=ADMIN)
    assert "Added: A feed of news has 3 entries" in added
    assert "Removed" in await say(slack, "feeds remove A feed of news", user=ADMIN)
    async with database.read() as connection:
        assert [feed.name for feed, _ in await feeds.all_feeds(connection)] == ["Hanbit"]
