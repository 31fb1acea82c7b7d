"""How fast `/news` is acknowledged and answered on each platform, with many entries stored.

``python -m benchmarks.chat [--full]``: 10,000 entries, or 100,000. Discord is simulated in
memory, Slack served over a real WebSocket on loopback.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress

import simcord

from benchmarks.report import Row, print_table
from benchmarks.speed import STORED
from benchmarks.stored import NOW, TOPIC, filled
from bot.commands.desk import Defaults, Desk
from bot.domain.model import Language
from bot.jobs.write_digests import DigestWriter
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.config import DiscordConfig
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.platform import SlackPlatform
from bot.rendering.texts import load_texts
from bot.settings import bundled_config, load_settings
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN

# Discord gives 3 s to acknowledge, Slack too; people notice far less.
ACK_MUST, ANSWER_MUST = 200.0, 500.0
TIMES = 20


class KeptHash:
    """Remembers nothing: the commands are told anew."""

    async def load_hash(self) -> str | None:
        """Return None: nothing was kept."""
        return None

    async def save_hash(self, value: str) -> None:
        """Forget the value."""


def desk_over(database: Database) -> Desk:
    return Desk(
        database=database,
        topics=load_settings({}).topics,
        defaults=Defaults(language=Language.EN, zone="Asia/Seoul", max_stories=10, max_words=60),
        write=DigestWriter(database, ExtractiveSummarizer()).write,
        clock=lambda: NOW,
    )


async def on_slack(database: Database) -> list[tuple[float, float]]:
    """Return (acknowledged, answered) of each call, in milliseconds."""
    taken = []
    async with SlackServer() as slack:
        slack.workspace.add_channel("C1")
        config = SlackConfig(bot_token=BOT_TOKEN, app_token=APP_TOKEN, api_base=slack.api_base)
        texts = load_texts(bundled_config() / "locales")
        platform = SlackPlatform(config, desk=desk_over(database), texts=texts)
        running = asyncio.create_task(platform.run())
        await slack.connected()
        for _ in range(TIMES + 1):
            asked = slack.invocation(TOPIC)
            start = time.perf_counter()
            await slack.deliver(asked)
            acknowledged = time.perf_counter() - start
            await slack.answered(asked)
            taken.append((acknowledged * 1000, (time.perf_counter() - start) * 1000))
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return taken[1:]


async def on_discord(database: Database) -> list[tuple[float, float]]:
    """Return (acknowledged, answered) of each call, in milliseconds."""
    texts = load_texts(bundled_config() / "locales")
    platform = DiscordPlatform(
        DiscordConfig(token="token", shards=1),  # noqa: S106 - the simulation takes any
        desk=desk_over(database),
        texts=texts,
        sync_state=KeptHash(),
    )
    taken = []
    async with simcord.run(platform.client) as env:
        guild = env.create_guild()
        member = guild.add_member(env.create_user("reader"))
        channel = guild.create_text_channel("news")
        for _ in range(TIMES + 1):
            before = len(env.http_requests)
            start = time.perf_counter()
            watch = asyncio.create_task(next_call(env, before))
            await member.slash(channel, "news", topic=TOPIC)
            answered = time.perf_counter()
            taken.append(((await watch - start) * 1000, (answered - start) * 1000))
    return taken[1:]


async def next_call(env: simcord.Env, before: int) -> float:
    """Return when the bot made its next call, after so many."""
    while len(env.http_requests) <= before:  # noqa: ASYNC110 - an event would come too late
        await asyncio.sleep(0)
    return time.perf_counter()


def rows(platform: str, taken: Sequence[tuple[float, float]], note: str) -> list[Row]:
    acks, answers = zip(*taken, strict=True)
    return [
        Row(
            measure=f"/news on {platform}, {what}, ms (slowest)",
            value=max(values),
            must=must,
            lower_is_better=True,
            note=f"median {statistics.median(values):.0f}; {note}",
        )
        for what, values, must in (
            ("acknowledged", acks, ACK_MUST),
            ("answered", answers, ANSWER_MUST),
        )
    ]


async def measure(*, full: bool) -> list[Row]:
    stored = STORED["full" if full else "small"]
    note = f"{stored:,} entries stored"
    async with filled(stored) as store:
        return [
            *rows("Slack", await on_slack(store.database), note),
            *rows("Discord", await on_discord(store.database), note),
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="100,000 entries")
    full = parser.parse_args(arguments).full
    print_table(asyncio.run(measure(full=full)), title="Chat")


if __name__ == "__main__":
    main()
