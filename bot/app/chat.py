"""The chat platforms that the environment enables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.app.core import App
from bot.platforms.messenger import Messenger
from bot.settings.files import Environment
from bot.storage import facts
from bot.storage.database import Database


class ChatPlatform(Protocol):
    """A chat platform as the service runs it."""

    @property
    def messenger(self) -> Messenger:
        """What the outbox sends through."""
        ...

    async def run(self) -> None:
        """Serve until cancelled; raises StraitError where it cannot without a mend."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """An enabled platform, and how it takes what comes to it over HTTP, if it does."""

    platform: ChatPlatform
    add_routes: Callable[[web.Application], None] | None = None

    @property
    def name(self) -> str:
        """The platform's name."""
        return self.platform.messenger.platform


def chat_platforms(app: App) -> list[Chat]:
    """Return the platforms whose tokens are set; each library is imported only for its own."""
    environment = app.settings.environment
    found: list[Chat] = []
    if environment.discord_token:
        found.append(Chat(platform=_discord(app, environment)))
    if environment.slack_bot_token:
        found.append(_slack(app, environment))
    return found


def _discord(app: App, environment: Environment) -> ChatPlatform:
    from bot.platforms.discord.client import DiscordPlatform  # noqa: PLC0415 - 40 MB of library
    from bot.platforms.discord.config import DiscordConfig  # noqa: PLC0415

    token = environment.discord_token
    config = DiscordConfig(
        token=token.get_secret_value() if token else "",
        api_base=environment.discord_api_base,
        gateway_url=environment.discord_gateway_url,
    )
    state = StoredHash(app.database, "discord-commands")
    return DiscordPlatform(config, desk=app.desk, texts=app.texts, sync_state=state)


def _slack(app: App, environment: Environment) -> Chat:
    from bot.platforms.slack.config import API_BASE, SlackConfig  # noqa: PLC0415
    from bot.platforms.slack.platform import SlackPlatform  # noqa: PLC0415 - 20 MB of library

    bot, app_level = environment.slack_bot_token, environment.slack_app_token
    signing = environment.slack_signing_secret
    config = SlackConfig(
        bot_token=bot.get_secret_value() if bot else "",
        app_token=app_level.get_secret_value() if app_level else None,
        signing_secret=signing.get_secret_value() if signing else None,
        api_base=environment.slack_api_base or API_BASE,
    )
    slack = SlackPlatform(config, desk=app.desk, texts=app.texts)
    return Chat(platform=slack, add_routes=slack.add_routes if signing else None)


class StoredHash:
    """Keeps a hash in the database, between runs."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    async def load_hash(self) -> str | None:
        """Return what was saved last; None where nothing was."""
        async with self._database.read() as connection:
            return await facts.get(connection, self._name)

    async def save_hash(self, value: str) -> None:
        """Keep a hash in place of the one before."""
        async with self._database.write() as connection:
            await facts.save(connection, self._name, value)
