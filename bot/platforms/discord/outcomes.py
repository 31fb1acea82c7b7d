"""What an error on sending means for the delivery, in words that say what to do."""

from datetime import timedelta

import aiohttp
import discord

from bot.domain.model import (
    Blocked,
    RateLimited,
    Rejected,
    SendOutcome,
    Unknown,
    Unreachable,
)
from bot.platforms.discord.attempt import (
    SERVER_ERROR,
    TOO_MANY,
    UNSAID_WAIT,
    PutOffError,
    ServerFailedError,
)

UNAUTHORIZED = 401

# https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
UNKNOWN_CHANNEL = 10003
UNKNOWN_GUILD = 10004
NOT_TO_THIS_PERSON = 50007
MISSING_ACCESS = 50001
MISSING_PERMISSIONS = 50013
THREAD_ARCHIVED = 50083

# A day: whatever asks to wait longer is asked again then.
LONGEST_WAIT = timedelta(days=1)

SENDING_ERRORS = (
    discord.DiscordException,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    PutOffError,
    ServerFailedError,
)

# Discord takes nothing there until a person has mended it.
PROBLEMS = {
    UNKNOWN_CHANNEL: "The Discord channel is gone: remove its subscription with /digest remove.",
    UNKNOWN_GUILD: "The bot was removed from the Discord server: invite it again.",
    NOT_TO_THIS_PERSON: "The person takes no direct messages from the bot.",
    MISSING_ACCESS: (
        "The bot cannot see the Discord channel (or was removed from the server): give it View "
        "Channel there or invite it again."
    ),
    MISSING_PERMISSIONS: (
        "The bot may not write in the Discord channel: give it Send Messages in the channel's "
        "settings under Permissions."
    ),
    THREAD_ARCHIVED: "The Discord thread is closed: open it again or subscribe another channel.",
}


def outcome_of(error: Exception, *, written: bool) -> SendOutcome:
    """Return what becomes of the delivery; ``written`` says that the request went out."""
    match error:
        case PutOffError(retry_after=seconds, everywhere=everywhere):
            return RateLimited(retry_after=_wait(seconds), everywhere=everywhere)
        case discord.RateLimited(retry_after=seconds):
            return RateLimited(retry_after=_wait(seconds))
        case discord.HTTPException(status=status) if status < SERVER_ERROR:
            return _refused(error)
        case _ if written:
            return Unknown(problem=f"Discord did not confirm the message ({_name(error)}).")
        case _:
            return Unreachable(problem=f"Discord cannot be reached ({_name(error)}).")


def _refused(error: discord.HTTPException) -> SendOutcome:
    if error.status == TOO_MANY:
        return RateLimited(retry_after=_wait(UNSAID_WAIT))
    if error.status == UNAUTHORIZED:
        return Unreachable(
            problem="Discord refuses the bot's token: copy a new one into DISCORD_TOKEN."
        )
    said = " ".join(error.text.split())[:200]
    if problem := PROBLEMS.get(error.code):
        return Blocked(problem=problem)
    if not error.code:
        # Discord's own refusals have a code; its front door looked at the address alone.
        return Unreachable(problem=f"Discord's front door refuses the request ({error.status}).")
    return Rejected(
        problem=f"Discord refuses the message ({error.status}: {said}): report it as a bug."
    )


def _wait(seconds: float) -> timedelta:
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))


def _name(error: Exception) -> str:
    return type(error).__name__
