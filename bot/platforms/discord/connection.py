"""Logs a client in, connects it and closes it: outages are ridden out, refusals explained."""

import asyncio
import math
import re

import aiohttp
import discord
import stamina
import structlog

from bot.domain.errors import StraitError
from bot.platforms.discord.attempt import without_headers
from bot.platforms.discord.outcomes import LONGEST_WAIT, UNAUTHORIZED

log = structlog.get_logger()

# During an outage: 1 s, doubling, up to this many seconds, without end.
LONGEST_PAUSE = 60.0

# The whole exit of the bot stays below 10 s.
CLOSING_SECONDS = 3

# https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
AUTHENTICATION_FAILED = 4004
FINAL_CODES = {AUTHENTICATION_FAILED, 4010, 4011, 4012, 4013, 4014}

LOGIN_REFUSED = (
    "Discord refuses DISCORD_TOKEN: copy the bot's token again from its page Bot on "
    "https://discord.com/developers/applications (Reset Token)."
)
INTENTS_REFUSED = (
    "Discord refuses the intents that the bot asks for: they are none of the privileged ones, so "
    "check on the page Bot of https://discord.com/developers/applications that the token is this "
    "application's."
)
ENDED = (
    "Discord ended the connection for good (code {code}): see https://discordstatus.com "
    "and start the bot again."
)


# What can be a token at all, and stand in a header.
TOKEN_SHAPE = re.compile(r"[\w.-]+", re.ASCII)


class ConnectionEndedError(Exception):
    """The connection ended though nobody closed it: a new client can connect again."""


def check_token(token: str) -> None:
    """Raise StraitError where the text cannot be a token at all."""
    if not TOKEN_SHAPE.fullmatch(token.strip()):
        raise StraitError(LOGIN_REFUSED)


async def log_in(client: discord.Client, token: str) -> None:
    """Log in, however long Discord is out of reach; raises StraitError for a refused token."""
    try:
        async for attempt in stamina.retry_context(
            on=_pause, attempts=None, timeout=None, wait_initial=1.0, wait_max=LONGEST_PAUSE
        ):
            with attempt, without_headers():
                await _log_in_once(client, token)
    except discord.LoginFailure as error:
        raise StraitError(LOGIN_REFUSED) from error
    except discord.HTTPException as error:
        if error.status == UNAUTHORIZED:
            raise StraitError(LOGIN_REFUSED) from error
        raise


async def connect(client: discord.Client) -> None:
    """Serve until cancelled.

    Raises StraitError where Discord refuses the bot for good, ConnectionEndedError where the
    connection ended in another way.
    """
    try:
        async for attempt in stamina.retry_context(
            on=lambda error: not client.is_closed() and _pause(error),
            attempts=None,
            timeout=None,
            wait_initial=1.0,
            wait_max=LONGEST_PAUSE,
        ):
            with attempt, without_headers():
                await client.connect()
    except discord.PrivilegedIntentsRequired as error:
        raise StraitError(INTENTS_REFUSED) from error
    except discord.ConnectionClosed as error:
        if error.code not in FINAL_CODES:
            raise
        token = error.code == AUTHENTICATION_FAILED
        raise StraitError(LOGIN_REFUSED if token else ENDED.format(code=error.code)) from error
    raise ConnectionEndedError("Discord's gateway was left though nobody asked to leave")


async def close(client: discord.Client) -> None:
    """Close within ``CLOSING_SECONDS``, even if Discord does not answer the farewell."""
    closing = asyncio.ensure_future(client.close())
    # Not asyncio.timeout: before Python 3.12 it raises no TimeoutError in a cancelled task.
    await asyncio.wait({closing}, timeout=CLOSING_SECONDS)
    if not closing.done():
        closing.cancel()
        log.warning("discord closed slowly", seconds=CLOSING_SECONDS)
        await client.http.close()
    elif error := closing.exception():
        raise error


async def _log_in_once(client: discord.Client, token: str) -> None:
    try:
        await client.login(token)
    except BaseException:
        # Every login opens a session and leaves the one before it open.
        await client.http.close()
        client.http.connector = discord.utils.MISSING
        raise


def _pause(error: Exception) -> bool | float:
    """Tell whether to try again, or in how many seconds where Discord says so."""
    if isinstance(error, discord.HTTPException):
        return error.status != UNAUTHORIZED and (_said_wait(error) or True)
    return isinstance(error, discord.GatewayNotFound | aiohttp.ClientError | OSError | TimeoutError)


def _said_wait(error: discord.HTTPException) -> float | None:
    """Return the seconds that the answer asks to wait; None where it names none."""
    try:
        seconds = float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    longest = LONGEST_WAIT.total_seconds()
    return min(seconds, longest) if math.isfinite(seconds) and seconds > 0 else None
