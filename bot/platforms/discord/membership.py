"""Servers that add and remove the bot."""

from collections.abc import Awaitable, Sequence

import structlog

from bot.commands.desk import Desk
from bot.domain.errors import StorageError
from bot.platforms.discord.config import PLATFORM

log = structlog.get_logger()


class Membership:
    """Tells the desk which servers have the bot.

    What cannot be saved is told in the log and made up for at the next connection.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def are(self, guild_ids: Sequence[int]) -> None:
        """Compare with all servers that have the bot now."""
        present = [str(guild_id) for guild_id in guild_ids]
        left = await _saved(self._desk.workspaces_are(present, platform=PLATFORM))
        if left:
            log.info("discord servers left while away", count=len(left))

    async def joined(self, guild_id: int) -> None:
        """Note that a server has added the bot."""
        back = await _saved(self._desk.workspaces_joined([str(guild_id)], platform=PLATFORM))
        log.info("discord server joined", guild=guild_id, is_back=bool(back))

    async def left(self, guild_id: int) -> None:
        """Note that a server has removed the bot, or is no more."""
        await _saved(self._desk.workspace_left(str(guild_id), platform=PLATFORM))
        log.info("discord server left", guild=guild_id)


async def _saved(saving: Awaitable[list[str] | None]) -> list[str]:
    try:
        return await saving or []
    except StorageError as error:
        log.warning("discord server not noted", problem=str(error))
        return []
