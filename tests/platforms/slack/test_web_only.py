"""A process that serves the web alone: Slack's commands come to it, digests leave elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.fakes.slack_door import Door, form
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import BOT_TOKEN, SECRET
from tests.processes import PATIENCE, Bot

OUTAGE = Trouble(status=503)
DAYS = 1000


@pytest.fixture
def web_only(bot: Bot, slack: SlackServer, unused_tcp_port: int) -> Bot:
    """A bot whose environment has Slack over HTTP, as a web dyno has it."""
    bot.environ.update(
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_SIGNING_SECRET=SECRET,
        SLACK_API_BASE=slack.api_base,
        PORT=str(unused_tcp_port),
    )
    return bot


@asynccontextmanager
async def serving(web_only: Bot) -> AsyncIterator[Door]:
    """Run the role web alone, until its port is served; it ends cleanly."""
    origin = f"http://127.0.0.1:{web_only.environ['PORT']}"
    process = await web_only.start("run", "--roles", "web")
    try:
        async with aiohttp.ClientSession() as session:
            async with asyncio.timeout(PATIENCE):
                while not await says(session, f"{origin}/healthz", 200):
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
            yield Door(url=f"{origin}/slack/events", session=session)
    finally:
        process.terminate()
        _, log = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, log.decode()
    assert b"Traceback" not in log, log.decode()


async def says(session: aiohttp.ClientSession, url: str, status: int) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == status
    except aiohttp.ClientConnectionError:
        return False


async def problems(door: Door) -> str:
    async with door.session.get(door.url.replace("/slack/events", "/readyz")) as answer:
        return await answer.text()


async def until_gone(door: Door, problem: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while problem in await problems(door):
            await asyncio.sleep(0.1)


async def test_commands_are_answered_and_nothing_is_posted(
    web_only: Bot, slack: SlackServer
) -> None:
    """Neither a socket nor a digest: those are other processes' work."""
    async with serving(web_only) as door:
        await until_gone(door, "slack is not connected")
        subscribing = slack.invocation("digest subscribe daily 08:00 Asia/Tokyo")
        assert await door.post(form(subscribing)) == (200, "")
        [answer] = await slack.answered(subscribing)
        assert "will come to this channel" in answer["text"]
    assert slack.called("apps.connections.open") == []
    assert slack.called("chat.postMessage") == []


async def test_a_stranger_is_refused_whatever_state_slack_is_in(
    web_only: Bot, slack: SlackServer
) -> None:
    """The door is open before the platform is connected, and looks at each signature."""
    slack.expect("auth.test", *[OUTAGE] * DAYS)
    async with serving(web_only) as door:
        invocation = slack.invocation("digest list")
        for secret, age in (("another secret", 0), ("", 0), (SECRET, 600)):
            status, _ = await door.post(form(invocation), secret=secret, age=age)
            assert status == 401
        assert invocation.answers == []


async def test_an_outage_of_slacks_is_told_and_ridden_out(
    web_only: Bot, slack: SlackServer
) -> None:
    """Ready only once Slack has taken the token; a command then is answered."""
    slack.expect("auth.test", OUTAGE)
    async with serving(web_only) as door:
        await until_gone(door, "slack is not connected")
        assert len(slack.called("auth.test")) > 1
        invocation = slack.invocation("help")
        assert await door.post(form(invocation)) == (200, "")
        assert await slack.answered(invocation)


async def test_a_refused_token_is_told_by_the_health_check(
    web_only: Bot, slack: SlackServer
) -> None:
    """The process goes on serving, and says that Slack is not there."""
    web_only.environ["SLACK_BOT_TOKEN"] = "xoxb-another"  # noqa: S105 - a double's
    async with serving(web_only) as door:
        async with asyncio.timeout(PATIENCE):
            while "slack is not running" not in await problems(door):
                await asyncio.sleep(0.1)
        status, _ = await door.post(form(slack.invocation("help")))
        assert status < 500


async def test_an_answer_that_slack_does_not_take_stops_nothing(
    web_only: Bot, slack: SlackServer
) -> None:
    """A response_url is good for five answers; the next command has its own."""
    async with serving(web_only) as door:
        await until_gone(door, "slack is not connected")
        used = slack.invocation("help")
        used.answers += [{}] * 5
        assert await door.post(form(used)) == (200, "")
        fresh = slack.invocation("help")
        assert await door.post(form(fresh)) == (200, "")
        assert await slack.answered(fresh)
