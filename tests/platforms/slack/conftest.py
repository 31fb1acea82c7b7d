"""A Slack double, a desk over a real database with two stories, and the platform between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands.desk import Defaults, Desk
from bot.domain.compose import DigestRequest
from bot.domain.errors import InputError
from bot.domain.growth import grow
from bot.domain.model import Delivery, DeliveryStatus, Destination, Digest, FeedSpec, Language
from bot.domain.outlets import Outlets
from bot.jobs.write_digests import DigestWriter
from bot.platforms.slack import account
from bot.platforms.slack.account import Identity
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.messenger import SlackMessenger, posting_client
from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.render import render_digest
from bot.rendering.texts import Texts, load_texts
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from bot.understanding.expressions import check_pattern
from tests.builders import NOW, OUTLETS, parsed, reading, topic
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN, EPOCH
from tests.platforms.slack.stories import digest, story

LOCALES = Path(__file__).parents[3] / "config" / "locales"

Connect = Callable[[SlackConfig], SlackMessenger]
Serve = Callable[[SlackPlatform], AbstractAsyncContextManager[SlackPlatform]]


@pytest.fixture(scope="session")
def texts() -> dict[str, Texts]:
    return load_texts(LOCALES)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """A workspace with a channel that the bot is in."""
    async with SlackServer() as server:
        server.workspace.add_channel("C1")
        yield server


@pytest.fixture
def config(slack: SlackServer) -> SlackConfig:
    return SlackConfig(bot_token=BOT_TOKEN, app_token=APP_TOKEN, api_base=slack.api_base)


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk whose database has two stories of one outlet, of one and two hours ago."""
    await tell(database, 1, headline="Leaders meet in Seoul")
    await tell(database, 2, headline="Ferry line to Busan opens again")
    writer = DigestWriter(database, ExtractiveSummarizer())

    async def write(request: DigestRequest) -> Digest:
        return await writer.write(request)

    return Desk(
        database=database,
        topics={"japan-korea": topic()},
        defaults=Defaults(language=Language.EN, zone="Asia/Seoul", max_stories=10, max_words=60),
        write=write,
        clock=lambda: NOW,
        outlets=Outlets(OUTLETS),
        check_pattern=check_pattern,
    )


async def tell(database: Database, number: int, *, headline: str) -> None:
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    item = parsed(number, title=headline, published_at=NOW - timedelta(hours=number))
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, [item], outlets=Outlets(OUTLETS), now=NOW)
        [entry] = await entries.unread(connection, limit=1)
        read = reading(entry.id, story_id=number)
        await stories.save(connection, [grow(None, number, [(entry, read)])])
        await readings.save(connection, [read])
        await entries.mark_read(connection, [entry])


@pytest.fixture
def platform(config: SlackConfig, desk: Desk, texts: dict[str, Texts]) -> SlackPlatform:
    return SlackPlatform(config, desk=desk, texts=texts)


@pytest.fixture
def serving() -> Serve:
    """Return a context manager in which a platform runs."""

    @asynccontextmanager
    async def serve(platform: SlackPlatform) -> AsyncIterator[SlackPlatform]:
        running = asyncio.create_task(platform.run())
        try:
            yield platform
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    return serve


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outages are asked about at once, so that the tests need not wait."""
    monkeypatch.setattr(account, "FIRST_WAIT", 0.01)


async def failure(platform: SlackPlatform) -> str:
    with pytest.raises(InputError) as caught:
        await asyncio.wait_for(platform.run(), timeout=5)
    return str(caught.value)


@pytest.fixture
def connect(texts: dict[str, Texts]) -> Connect:
    """Return a function that makes a messenger whose time-out a test can wait for."""

    def make(config: SlackConfig) -> SlackMessenger:
        client = posting_client(config)
        client.timeout = 1
        return SlackMessenger(client, Identity(client), texts)

    return make


@pytest.fixture
def messenger(connect: Connect, config: SlackConfig) -> SlackMessenger:
    return connect(config)


@pytest.fixture
def delivery(texts: dict[str, Texts]) -> Delivery:
    [message] = render_digest(digest(story()), texts["en"])
    return Delivery(
        id=1,
        key="slack-C1-2026-11-20-0",
        destination=Destination(platform="slack", workspace="T0STRAIT", channel="C1"),
        slot_at=NOW,
        part=0,
        payload=message.payload,
        status=DeliveryStatus.SENDING,
        attempts=1,
        # The double's clock begins at its epoch: this is a little before.
        first_attempt_at=NOW.fromtimestamp(EPOCH, NOW.tzinfo),
    )
