"""The chat platforms that the environment enables."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.app.core import App
from bot.app.roles import Role, enabled_roles
from bot.platforms.messenger import Messenger
from bot.settings.files import Environment
from bot.storage import facts
from bot.storage.database import Database

if TYPE_CHECKING:
    from aiohttp import web


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


# What makes a process need a platform at all: to render for it, to send to it.
OUTBOX = frozenset({Role.WRITE, Role.SEND})


def configured_platforms(environment: Environment) -> set[str]:
    """Return the platforms whose token is set, for this process or another."""
    tokens = {"discord": environment.discord_token, "slack": environment.slack_bot_token}
    return {name for name, token in tokens.items() if token}


def has_chat(environment: Environment) -> bool:
    """Tell whether any platform's token is set."""
    return bool(configured_platforms(environment))


def chat_platforms(app: App, roles: Collection[Role] | None = None) -> list[Chat]:
    """Return the platforms whose tokens are set, as far as the roles (None: all) need them.

    A role of chat makes the whole platform, sending or writing alone the part that needs
    no gateway. Each library is imported only for its own platform.
    """
    environment = app.settings.environment
    roles = enabled_roles(environment) if roles is None else roles
    found: list[Chat] = []
    if environment.discord_token and (Role.DISCORD in roles or OUTBOX & set(roles)):
        found.append(_discord(app, environment, roles))
    if environment.slack_bot_token and (_hears_slack(environment, roles) or OUTBOX & set(roles)):
        found.append(_slack(app, environment, roles))
    return found


def _hears_slack(environment: Environment, roles: Collection[Role]) -> bool:
    # Over HTTP commands come to the process that serves the web, wherever the others run.
    return Role.SLACK in roles or (Role.WEB in roles and bool(environment.slack_signing_secret))


def _discord(app: App, environment: Environment, roles: Collection[Role]) -> Chat:
    from bot.platforms.discord.config import DiscordConfig

    token = environment.discord_token
    config = DiscordConfig(
        token=token.get_secret_value() if token else "",
        api_base=environment.discord_api_base,
        gateway_url=environment.discord_gateway_url,
    )
    if Role.DISCORD not in roles:
        from bot.platforms.discord.sender import DiscordSender

        return Chat(platform=DiscordSender(config, app.texts))
    from bot.platforms.discord.client import DiscordPlatform

    state = StoredHash(app.database, "discord-commands")
    return Chat(platform=DiscordPlatform(config, desk=app.desk, texts=app.texts, sync_state=state))


def _slack(app: App, environment: Environment, roles: Collection[Role]) -> Chat:
    from bot.platforms.slack.config import API_BASE, SlackConfig

    bot, app_level = environment.slack_bot_token, environment.slack_app_token
    signing = environment.slack_signing_secret
    config = SlackConfig(
        bot_token=bot.get_secret_value() if bot else "",
        # One process alone opens the socket: Slack gives each command to any of them.
        app_token=app_level.get_secret_value() if app_level and Role.SLACK in roles else None,
        signing_secret=signing.get_secret_value() if signing else None,
        api_base=environment.slack_api_base or API_BASE,
    )
    if not _hears_slack(environment, roles):
        from bot.platforms.slack.sender import SlackSender

        return Chat(platform=SlackSender(config, app.texts))
    from bot.platforms.slack.platform import SlackPlatform

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
