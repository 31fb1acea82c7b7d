"""Tells Discord the commands, only when they have changed: it allows few updates a day."""

import asyncio
import json
from hashlib import sha256
from typing import Any, Protocol

import aiohttp
import stamina
import structlog
from discord import app_commands

from bot.domain.errors import StorageError
from bot.platforms.discord.attempt import ServerFailedError, one_attempt, without_headers
from bot.platforms.discord.outcomes import SENDING_ERRORS
from bot.platforms.discord.words import Translator

log = structlog.get_logger()

# The bot connects only after this; what takes longer is tried at the next start.
SYNC_SECONDS = 30.0


class SyncState(Protocol):
    """Keeps the hash of the commands that Discord knows, between runs."""

    async def load_hash(self) -> str | None:
        """Return what was saved last; None where nothing was."""
        ...

    async def save_hash(self, value: str) -> None:
        """Keep a hash of at most 100 characters."""
        ...


async def sync_commands(
    tree: app_commands.CommandTree[Any], translator: Translator, state: SyncState
) -> bool:
    """Send the commands to Discord if they changed since the last time; tells whether it did.

    Where Discord refuses, fails or asks to wait, the commands it knows go on working and the
    next start tries again. A database that is locked is told in the log and stops nothing.
    """
    await tree.set_translator(translator)
    current = await command_hash(tree, translator)
    if await _load(state) == current:
        return False
    try:
        await _send(tree)
    except (*SENDING_ERRORS, app_commands.AppCommandError) as error:
        problem = " ".join(str(error).split())[:300] or type(error).__name__
        log.warning("discord commands not updated", problem=problem)
        return False
    await _save(state, current)
    return True


async def _send(tree: app_commands.CommandTree[Any]) -> None:
    """Send the commands, a few times in a short outage; never sleeps through a rate limit."""
    async with asyncio.timeout(SYNC_SECONDS):
        async for attempt in stamina.retry_context(
            on=(ServerFailedError, aiohttp.ClientError), attempts=5, timeout=None
        ):
            with attempt, without_headers(), one_attempt():
                await tree.sync()


async def _load(state: SyncState) -> str | None:
    try:
        return await state.load_hash()
    except StorageError as error:
        log.warning("discord commands are sent again", problem=str(error))
        return None


async def _save(state: SyncState, value: str) -> None:
    try:
        await state.save_hash(value)
    except StorageError as error:
        log.warning("discord commands will be sent again", problem=str(error))


async def command_hash(tree: app_commands.CommandTree[Any], translator: Translator) -> str:
    """Return a hash of the application and all that Discord is told of its commands."""
    commands = [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]
    application = str(tree.client.application_id)
    told = json.dumps([application, commands], sort_keys=True, ensure_ascii=False)
    return sha256(told.encode()).hexdigest()
