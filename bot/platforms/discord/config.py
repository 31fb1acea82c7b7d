"""What the Discord connection needs to be told."""

from dataclasses import dataclass, field

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

PLATFORM = "discord"


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscordConfig:
    """The bot's token, and other addresses than Discord's own to aim at a local double.

    ``api_base`` is the REST address up to and with the version (``…/api/v10``);
    ``gateway_url`` the WebSocket's, for one connection. ``shards`` fixes how many connections
    share the servers; left out, Discord says how many and where.
    """

    token: str = field(repr=False)  # in no log or traceback
    api_base: str | None = None
    gateway_url: str | None = None
    shards: int | None = None


def aim(config: DiscordConfig) -> None:
    """Point discord.py at the addresses given: the library keeps them for the whole process."""
    if config.api_base:
        Route.BASE = config.api_base.rstrip("/")
    if config.gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(config.gateway_url)
