"""From the feeds to the channel, with every part real but Slack."""

import asyncio
import re
import sqlite3
from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy import select

from bot.app import App, serve
from bot.app.chat import chat_platforms
from bot.app.service import Service
from bot.domain.schedule import next_slot, parse_schedule
from bot.storage.schema import deliveries
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN, TEAM, Channel
from tests.platforms.conftest import Clock, with_environment
from tests.platforms.outbox_file import end_the_leases, subscribe_in_the_past, unsent
from tests.processes import PATIENCE, Bot

DAILY = "daily 08:00"
ZONE = "Asia/Tokyo"


def enabled(app: App, slack: SlackServer) -> App:
    return with_environment(
        app,
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_api_base=slack.api_base,
    )


def links(message: dict[str, object]) -> set[str]:
    """Return the addresses of a message's blocks."""
    return set(re.findall(r"'url': '(https?://[^']+)'", str(message["blocks"])))


def keys(channel: Channel) -> list[str]:
    """Return the delivery's key of each message, repetitions included."""
    return [message["metadata"]["event_payload"]["key"] for message in channel.messages]


def written_keys(path: str) -> list[str]:
    """Return the keys of all deliveries that a bot has written, in order."""
    with sqlite3.connect(path) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM deliveries ORDER BY key")]


async def test_a_channel_is_subscribed_and_gets_its_digest_once(
    app: App, slack: SlackServer, clock: Clock
) -> None:
    """The feeds are polled, the slot comes, the digest is there once, /news shows the same."""
    [chat] = chat_platforms(enabled(app, slack))
    service = Service(app=app, messengers={"slack": chat.platform.messenger})
    running = asyncio.create_task(service.run_chat(chat))
    await slack.connected()
    await service.jobs.refresh_and_read()

    [said] = await slack.command(f"digest subscribe {DAILY} {ZONE}")
    assert "08:00" in str(said)
    await service.jobs.write()
    channel = slack.workspace.channels["C1"]
    assert channel.messages == []

    clock.move_to(next_slot(parse_schedule(DAILY, ZONE), after=clock()))
    slack.workspace.now = clock().timestamp()
    for _ in range(3):
        await service.jobs.write()
        await service.jobs.send()
    digest = channel.messages
    async with app.database.read() as connection:
        written = (await connection.execute(select(deliveries.c.key))).scalars().all()
    assert written
    assert sorted(keys(channel)) == sorted(written)

    [shown] = await slack.command("japan-korea 3d")
    told = set().union(*(links(message) for message in digest))
    assert len(told & links(shown)) >= 5
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_wrong_token_stops_neither_the_jobs_nor_the_process(
    app: App, slack: SlackServer
) -> None:
    """It is explained; the feeds are polled all the same, and the end is clean."""
    with_environment(
        app,
        slack_bot_token=SecretStr("xoxb-wrong"),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_api_base=slack.api_base,
    )
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, stop))
    async with asyncio.timeout(PATIENCE):
        while not (await app.desk.news("japan-korea", since="5d")).items:
            await asyncio.sleep(0.1)
    assert not serving.done()
    stop.set()
    await asyncio.wait_for(serving, 10)


async def test_a_kill_between_send_and_record_repeats_nothing(
    sampled: Bot, slack: SlackServer
) -> None:
    """SIGKILL after Slack took the message, before the answer: the next run finds it there."""
    assert (await sampled.run("poll", "--once")).code == 0
    path = sampled.environ["DATABASE_URL"].removeprefix("sqlite:///")
    subscribe_in_the_past(path, "slack", TEAM, "C1")
    sampled.environ.update(
        SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_APP_TOKEN=APP_TOKEN, SLACK_API_BASE=slack.api_base
    )
    slack.workspace.now = datetime.now(UTC).timestamp()
    channel = slack.workspace.channels["C1"]
    slack.expect("chat.postMessage", Trouble(arrives=True, stall=True))
    first = await sampled.start("run")
    async with asyncio.timeout(PATIENCE):
        while not channel.messages:
            await asyncio.sleep(0.05)
    first.kill()
    await first.communicate()
    assert len(channel.messages) == 1

    end_the_leases(path)
    second = await sampled.start("run")
    async with asyncio.timeout(PATIENCE):
        while unsent(path):
            assert second.returncode is None
            await asyncio.sleep(0.05)
    second.terminate()
    await asyncio.wait_for(second.communicate(), 10)
    expected = written_keys(path)
    assert expected
    assert sorted(keys(channel)) == expected
