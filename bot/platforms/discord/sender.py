"""Discord for a process that only sends: REST alone, while another one holds the gateway."""

import asyncio
from collections.abc import Mapping

import discord
import structlog

from bot.platforms.discord.attempt import single_attempts
from bot.platforms.discord.config import DiscordConfig, aim
from bot.platforms.discord.connection import check_token, close, log_in
from bot.platforms.discord.messenger import DiscordMessenger
from bot.platforms.discord.payload import NO_MENTIONS
from bot.rendering.texts import Texts

log = structlog.get_logger()


class DiscordSender:
    """What the app starts for the outbox where it does not answer Discord's commands.

    Logging in is one request: no session of the gateway is begun, of which Discord allows
    a thousand a day, and no event comes twice.
    """

    def __init__(self, config: DiscordConfig, texts: Mapping[str, Texts]) -> None:
        self._config = config
        self.client = _rest_client()
        self.messenger = DiscordMessenger(lambda: self.client, texts)

    async def run(self) -> None:
        """Log in, and stay so until cancelled; raises StraitError for a refused token."""
        aim(self._config)
        check_token(self._config.token)
        if self.client.is_closed():
            # discord.py's clients stay closed.
            self.client = _rest_client()
        try:
            await log_in(self.client, self._config.token)
            log.info("discord ready to send", user=str(self.client.user))
            await asyncio.Event().wait()
        finally:
            await close(self.client)


def _rest_client() -> discord.Client:
    return discord.Client(
        intents=discord.Intents.none(),
        allowed_mentions=NO_MENTIONS,
        http_trace=single_attempts(),
        max_messages=None,
    )
