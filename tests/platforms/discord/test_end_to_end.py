"""From the feeds to the channel, with every part real but Discord."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Iterable

import pytest

from bot.app import App
from bot.app.chat import StoredHash
from bot.app.service import Service
from bot.domain.schedule import next_slot, parse_schedule
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.config import DiscordConfig
from tests.fakes.discord_objects import BOT_ID
from tests.fakes.discord_rest import TOKEN, DiscordDouble, Fault, texts_of
from tests.platforms.conftest import Clock
from tests.platforms.discord.conftest import Server
from tests.platforms.outbox_file import end_the_leases, subscribe_in_the_past, unsent
from tests.processes import PATIENCE, Bot

GUILD, CHANNEL = "7001", "7002"


@pytest.fixture
async def platform(app: App) -> DiscordPlatform:
    """The platform as the app builds it, over the app's own desk and database."""
    return DiscordPlatform(
        DiscordConfig(token=TOKEN, shards=1),
        desk=app.desk,
        texts=app.texts,
        sync_state=StoredHash(app.database, "discord-commands"),
    )


async def test_a_channel_is_subscribed_and_gets_its_digest_once(
    app: App, server: Server, platform: DiscordPlatform, clock: Clock
) -> None:
    """The feeds are polled, the slot comes, the digest is there once, /news shows the same."""
    service = Service(app=app, messengers={"discord": platform.messenger})
    await service.jobs.refresh_and_read()
    await server.manager.slash(
        server.channel,
        "digest subscribe",
        topic="japan-korea",
        schedule="daily 08:00",
        zone="Asia/Tokyo",
    )
    await service.jobs.write()
    await service.jobs.send()
    assert digests(server) == []

    clock.move_to(next_slot(parse_schedule("daily 08:00", "Asia/Tokyo"), after=clock()))
    for _ in range(3):
        await service.jobs.write()
        await service.jobs.send()
    told = digests(server)
    assert told
    assert len(told) == len(set(told))

    shown = await server.member.slash(server.channel, "news", topic="japan-korea", since="3d")
    answers = [texts_of(m.components) for m in (shown.response, *shown.followups)]
    answered = numbers(text for texts in answers for text in texts)
    assert len(numbers(told) & answered) >= 5


def numbers(texts: Iterable[str]) -> set[str]:
    """Return the numbers of the stories that are told."""
    return {number for text in texts for number in re.findall(r"/story (\d+)", text)}


def digests(server: Server) -> list[str]:
    """Return the texts of the bot's messages in the channel."""
    messages = server.channel.history()
    layouts = [[part.to_dict() for part in m.components] for m in messages if m.components]
    return ["\n".join(texts_of(layout)) for layout in layouts]


async def test_a_kill_between_send_and_record_repeats_nothing(
    sampled: Bot, double: DiscordDouble
) -> None:
    """SIGKILL after Discord took the message, before the answer: the next run finds it there."""
    assert (await sampled.run("poll", "--once")).code == 0
    path = sampled.environ["DATABASE_URL"].removeprefix("sqlite:///")
    subscribe_in_the_past(path, "discord", GUILD, CHANNEL)
    sampled.environ.update(
        DISCORD_TOKEN=TOKEN,
        DISCORD_API_BASE=double.base,
        DISCORD_GATEWAY_URL=double.gateway,
    )
    double.now_ms = int(time.time() * 1000)
    double.faults.append(Fault(stored=True, stall=True))
    first = await sampled.start("run")
    async with asyncio.timeout(PATIENCE):
        while not double.messages[CHANNEL]:
            assert first.returncode is None
            await asyncio.sleep(0.05)
    first.kill()
    await first.communicate()

    assert len(double.messages[CHANNEL]) == 1
    end_the_leases(path)
    double.forget_nonces()
    second = await sampled.start("run")
    async with asyncio.timeout(PATIENCE):
        while unsent(path):
            assert second.returncode is None
            await asyncio.sleep(0.05)
    second.terminate()
    await asyncio.wait_for(second.communicate(), 10)
    marks = [texts_of(message["components"])[-1] for message in double.messages[CHANNEL]]
    assert all(message["author"]["id"] == str(BOT_ID) for message in double.messages[CHANNEL])
    assert len(marks) == len(set(marks)) == deliveries(path) > 0


def deliveries(path: str) -> int:
    """Return how many messages the bot means to have sent."""
    with sqlite3.connect(path) as connection:
        return int(connection.execute("SELECT count(*) FROM deliveries").fetchone()[0])
