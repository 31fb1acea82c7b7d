"""Slack: who is forgotten, who leaves, and what a hostile workspace or member can forge."""

import asyncio
from typing import Any

import pytest

from bot.commands.desk import Desk
from bot.domain.model import Destination, Subscription
from bot.platforms.slack.config import PLATFORM
from bot.platforms.slack.platform import SlackPlatform
from bot.storage import installations
from bot.storage.database import Database
from tests.builders import NOW
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import TEAM
from tests.platforms.slack.conftest import Serve
from tests.platforms.slack.test_commands import SUBSCRIBE, say

UNINSTALLED = {"type": "app_uninstalled"}


@pytest.fixture
async def served(platform: SlackPlatform, serving: Serve) -> Any:
    async with serving(platform):
        yield platform


async def theirs(desk: Desk, team: str = "T2", channel: str = "C1") -> Subscription:
    """Subscribe another workspace, in a channel whose id looks like ours."""
    return await desk.subscribe(
        Destination(platform=PLATFORM, workspace=team, channel=channel),
        topic="japan-korea",
        schedule="daily 08:00",
        created_by="U1",
    )


async def left(database: Database) -> set[str]:
    async with database.read() as connection:
        return {workspace for _, workspace in await installations.removed(connection)}


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("verb", ["pause", "resume", "remove", "preview"])
async def test_another_workspaces_number_leads_nowhere(
    slack: SlackServer, desk: Desk, verb: str
) -> None:
    """Though its channel has the same id: numbers count within a workspace's channel."""
    other = await theirs(desk)
    answers = 2 if verb == "preview" else 1
    sent = await slack.command(f"digest {verb} {other.id}", answers=answers)
    assert f"no digest {other.id}" in sent[-1]["text"]
    assert await desk.subscriptions(PLATFORM, "T2") == [other]


@pytest.mark.usefixtures("served")
async def test_another_workspaces_digests_are_not_listed(slack: SlackServer, desk: Desk) -> None:
    """Not even where nothing else is to be shown."""
    await theirs(desk)
    assert "no digest yet" in await say(slack, "digest list")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("field", ["team_id", "channel_id", "user_id"])
async def test_a_forged_field_is_only_ever_a_name(
    slack: SlackServer, desk: Desk, field: str
) -> None:
    """Whatever stands there reads and changes nothing of others."""
    other = await theirs(desk)
    forged = slack.invocation(f"digest remove {other.id}")
    forged.payload[field] = "T2' OR '1'='1"
    await slack.deliver(forged)
    await slack.answered(forged)
    assert await desk.subscriptions(PLATFORM, "T2") == [other]


@pytest.mark.usefixtures("served")
async def test_a_person_is_forgotten(slack: SlackServer, desk: Desk) -> None:
    """Here: the same id in another workspace is somebody else. The channel's digest goes on."""
    other = await theirs(desk)
    await say(slack, SUBSCRIBE)
    assert "without your name: 1" in await say(slack, "forget-me")
    [mine] = await desk.subscriptions(PLATFORM, TEAM)
    assert mine.created_by is None
    assert await desk.subscriptions(PLATFORM, "T2") == [other]
    assert "Nothing here names you" in await say(slack, "forget-me")
    # The language that Slack told of the person is asked for anew: it was forgotten too.
    assert len(slack.called("users.info")) >= 2


@pytest.mark.usefixtures("served")
async def test_forgetting_somebody_else_is_not_possible(slack: SlackServer, desk: Desk) -> None:
    """The command takes nobody's name."""
    await say(slack, SUBSCRIBE)
    assert "U1" in await say(slack, "forget-me U1", user="U2")
    await say(slack, "forget-me", user="U2")
    [mine] = await desk.subscriptions(PLATFORM, TEAM)
    assert mine.created_by == "U1"


@pytest.mark.usefixtures("served")
async def test_previews_have_a_budget(slack: SlackServer, desk: Desk) -> None:
    """A script that asks for ever is told when to go on; other commands go on."""
    await say(slack, SUBSCRIBE)
    for _ in range(30):
        await desk.preview(1, platform=PLATFORM, workspace=TEAM)
    _, refused = await slack.command("digest preview 1", answers=2)
    assert "30 an hour: try again in 2 min." in refused["text"]
    assert "Digest 1" in await say(slack, "digest list")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    "event", [UNINSTALLED, {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}]
)
async def test_a_workspace_that_removes_the_app_gets_nothing_more(
    slack: SlackServer, desk: Desk, database: Database, event: dict[str, Any]
) -> None:
    """At once; another workspace's digests go on."""
    await say(slack, SUBSCRIBE)
    other = await theirs(desk)
    await slack.tell_event(event)
    async with asyncio.timeout(5):
        while await left(database) != {TEAM}:
            await asyncio.sleep(0.01)
    async with database.read() as connection:
        assert await installations.subscribed(connection, PLATFORM) == {"T2"}
    assert await desk.subscriptions(PLATFORM, "T2") == [other]


@pytest.mark.usefixtures("served")
async def test_a_persons_own_token_is_no_removal(slack: SlackServer, database: Database) -> None:
    """Slack tells of those as well."""
    await slack.tell_event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}})
    await slack.tell_event({"type": "tokens_revoked"})
    await say(slack, "help")
    assert await left(database) == set()


@pytest.mark.usefixtures("served")
async def test_another_workspaces_removal_is_its_own(
    slack: SlackServer, desk: Desk, database: Database
) -> None:
    """The envelope names the workspace; what an event claims inside does not count."""
    await say(slack, SUBSCRIBE)
    await slack.tell_event({**UNINSTALLED, "team_id": TEAM}, team="T2")
    async with asyncio.timeout(5):
        while await left(database) != {"T2"}:
            await asyncio.sleep(0.01)


async def test_a_workspace_that_installs_the_app_again_goes_on(
    slack: SlackServer, platform: SlackPlatform, desk: Desk, database: Database, serving: Serve
) -> None:
    """Within the grace: the next start finds that the token is taken."""
    mine = await theirs(desk, team=TEAM)
    await desk.workspace_left(TEAM, platform=PLATFORM)
    assert await left(database) == {TEAM}
    async with serving(platform):
        assert "Digest 1" in await say(slack, "digest list")
    assert await left(database) == set()
    [same] = await desk.subscriptions(PLATFORM, TEAM)
    assert (same.id, same.last_slot_at) == (mine.id, NOW)


@pytest.mark.usefixtures("served")
async def test_why_tells_of_the_channels_own_digests_alone(slack: SlackServer, desk: Desk) -> None:
    """Not of another workspace's, nor of another channel's of the same one."""
    others = [await theirs(desk), await theirs(desk, TEAM, "C2")]
    before = await say(slack, "why 2")
    await say(slack, SUBSCRIBE)
    [mine] = [s for s in await desk.subscriptions(PLATFORM, TEAM) if s.destination.channel == "C1"]
    after = await say(slack, "why 2")
    assert "Ferry line to Busan opens again" in before
    assert "No subscription here" in before
    assert f"Subscription {mine.id} " in after
    assert not any(f"Subscription {other.id} " in before + after for other in others)
