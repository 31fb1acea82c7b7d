"""Discord doubles over a real desk and a real database."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import discord
import pytest
import simcord
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.commands.desk import Defaults, Desk
from bot.domain.compose import DigestRequest
from bot.domain.growth import grow
from bot.domain.model import Digest, FeedSpec, Language, Subscription
from bot.domain.outlets import Outlets
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.config import DiscordConfig
from bot.rendering.texts import Texts, load_texts
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from bot.understanding.expressions import check_pattern
from tests.builders import NOW, OUTLETS, parsed, reading, topic
from tests.fakes.discord_rest import TOKEN, DiscordDouble, discord_double
from tests.rendering.conftest import LOCALES, a_digest

SPEC = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
TOPICS = {
    "japan-korea": topic(
        title={"en": "Japan–Korea relations", "ja": "日韓関係", "ko": "한일관계"},
        sides=("KR", "JP"),
    )
}


class KeptHash:
    """What the app's storage is to the sync: a hash that outlives the client."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.load_errors: deque[Exception] = deque()
        self.save_errors: deque[Exception] = deque()

    async def load_hash(self) -> str | None:
        if self.load_errors:
            raise self.load_errors.popleft()
        return self.value

    async def save_hash(self, value: str) -> None:
        if self.save_errors:
            raise self.save_errors.popleft()
        self.value = value


async def write(request: DigestRequest) -> Digest:
    """Compose as the app does, but always of the same stories."""
    made = a_digest(request.language)
    return replace(made, items=made.items[: request.max_stories])


@pytest.fixture(scope="session")
def texts() -> dict[str, Texts]:
    return load_texts(LOCALES)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(
        database=database,
        topics=TOPICS,
        defaults=Defaults(language=Language.EN, zone="Asia/Seoul", max_stories=10, max_words=60),
        write=write,
        clock=lambda: NOW,
        outlets=Outlets(OUTLETS),
        check_pattern=check_pattern,
    )


@pytest.fixture
async def stored_story(database: Database) -> int:
    """One story of two reports in the database."""
    items = [parsed(1, title="@everyone **bold** news"), parsed(2, title="Leaders meet in Seoul")]
    async with database.write() as connection:
        feed = await feeds.add(connection, SPEC, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, items, outlets=Outlets(OUTLETS), now=NOW)
        saved = await entries.unread(connection, limit=10)
        read = [(entry, reading(entry.id, story_id=7)) for entry in saved]
        await stories.save(connection, [grow(None, 7, read)])
        await readings.save(connection, [one for _, one in read])
    return 7


@pytest.fixture
def kept_hash() -> KeptHash:
    return KeptHash()


@pytest.fixture
def make_platform(
    desk: Desk, texts: dict[str, Texts], kept_hash: KeptHash
) -> Callable[..., DiscordPlatform]:
    """Build the platform as the app does; each call is a new run of the bot."""

    def make(**config: Any) -> DiscordPlatform:
        values: dict[str, Any] = {"token": TOKEN, "shards": 1}
        settings = DiscordConfig(**values | config)
        return DiscordPlatform(settings, desk=desk, texts=texts, sync_state=kept_hash)

    return make


@pytest.fixture
async def platform(make_platform: Callable[..., DiscordPlatform]) -> DiscordPlatform:
    return make_platform()


@pytest.fixture
def simcord_bot(platform: DiscordPlatform) -> discord.Client:
    return platform.client


@pytest.fixture
async def double() -> AsyncIterator[DiscordDouble]:
    async with discord_double() as serving:
        yield serving


@pytest.fixture
def aimed(double: DiscordDouble) -> Iterator[dict[str, str]]:
    """The configuration that aims at the double; the library's addresses are put back."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield {"api_base": double.base, "gateway_url": double.gateway}
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@dataclass
class Server:
    """A Discord server with a manager, a member and two channels."""

    env: simcord.Env
    guild: Any
    manager: Any
    member: Any
    channel: Any
    hidden: Any


@pytest.fixture
async def server(simcord_env: simcord.Env) -> Server:
    guild = simcord_env.create_guild()
    managers = guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    everyone = guild.default_role
    nowhere = discord.PermissionOverwrite(send_messages=False, read_message_history=False)
    return Server(
        env=simcord_env,
        guild=guild,
        manager=guild.add_member(simcord_env.create_user("minseo"), roles=[managers]),
        member=guild.add_member(simcord_env.create_user("haruka")),
        channel=guild.create_text_channel("news"),
        hidden=guild.create_text_channel("quiet", overwrites={everyone: nowhere}),
    )


async def subscriptions(desk: Desk, server: Server) -> list[Subscription]:
    return await desk.subscriptions("discord", str(server.guild.id))


async def subscribe(server: Server, **options: Any) -> str:
    result = await server.manager.slash(
        server.channel, "digest subscribe", topic="japan-korea", **options
    )
    return str(result.response.content)


def causes(server: Server) -> list[type[object]]:
    """Return what was raised and answered; other errors fail the test by themselves."""
    return [type(getattr(error, "original", error)) for error in server.env.errors]
