"""Both platforms in one process: each stands and falls alone."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.fakes.discord_rest import TOKEN, DiscordDouble, discord_double
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN
from tests.processes import PATIENCE, Bot


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def double() -> AsyncIterator[DiscordDouble]:
    async with discord_double() as serving:
        yield serving


@pytest.fixture
def both(bot: Bot, slack: SlackServer, double: DiscordDouble) -> Bot:
    """A bot whose environment enables both platforms, and which polls nothing."""
    bot.environ.update(
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_APP_TOKEN=APP_TOKEN,
        SLACK_API_BASE=slack.api_base,
        DISCORD_TOKEN=TOKEN,
        DISCORD_API_BASE=double.base,
        DISCORD_GATEWAY_URL=double.gateway,
    )
    return bot


async def said(process: asyncio.subprocess.Process, *words: bytes) -> bytes:
    """Read the log until each of the words was said."""
    assert process.stderr is not None
    log = b""
    async with asyncio.timeout(PATIENCE):
        while not all(word in log for word in words):
            line = await process.stderr.readline()
            assert line, log.decode()
            log += line
    return log


async def end(process: asyncio.subprocess.Process) -> int | None:
    process.terminate()
    await asyncio.wait_for(process.communicate(), 10)
    return process.returncode


async def test_both_run_in_one_process_and_end_cleanly(
    both: Bot, slack: SlackServer, double: DiscordDouble
) -> None:
    """Connected side by side; SIGTERM ends both within ten seconds."""
    process = await both.start("run")
    await said(process, b"slack connected", b"discord logged in", b"first round done")
    await asyncio.wait_for(double.at_the_gateway.wait(), PATIENCE)
    assert await end(process) == 0
    assert slack.called("apps.connections.open")


@pytest.mark.parametrize(
    ("wrong", "told", "alive"),
    [
        ({"DISCORD_TOKEN": "wrong"}, b"platform=discord", b"slack connected"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, b"platform=slack", b"discord logged in"),
    ],
    ids=["discord", "slack"],
)
async def test_a_wrong_token_stops_only_its_platform(
    both: Bot, wrong: dict[str, str], told: bytes, alive: bytes
) -> None:
    """It is explained, the token is not repeated, and the other platform serves."""
    both.environ.update(wrong)
    process = await both.start("run")
    log = await said(process, b"platform not started", told, alive)
    assert b"wrong" not in log.replace(b"wrong or", b"")
    assert await end(process) == 0


async def test_health_is_told_over_http(both: Bot, unused_tcp_port: int) -> None:
    """A hosting service sees that the bot is well, and what is not."""
    both.environ.update({"PORT": str(unused_tcp_port), "DISCORD_TOKEN": "wrong"})
    process = await both.start("run")
    await said(process, b"platform not started", b"slack connected")
    url = f"http://127.0.0.1:{unused_tcp_port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 503
        assert "discord is not running" in await answer.text()
    assert await end(process) == 0
