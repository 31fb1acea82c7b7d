"""The command tree: what goes wrong is answered in one sentence."""

from typing import Any

import discord
import structlog
from discord import app_commands

from bot.domain.errors import StraitError
from bot.platforms.discord.markup import escape
from bot.platforms.discord.permissions import ask_in, is_outside
from bot.platforms.discord.replies import say
from bot.platforms.discord.words import Words
from bot.rendering.texts import Texts

log = structlog.get_logger()


class StraitTree(app_commands.CommandTree[Any]):
    """A tree that tells users what they can mend, and the log what they cannot."""

    def __init__(self, client: discord.Client, words: Words) -> None:
        super().__init__(client)
        self._words = words

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer the user; Discord may be out of reach or the user's time be up by now."""
        texts = self._words.texts_for(interaction)
        if isinstance(error, app_commands.TransformerError) and is_outside(interaction):
            sentence = ask_in(interaction, texts)
        else:
            sentence = _sentence(error, texts)
        try:
            await say(interaction, sentence)
        except discord.HTTPException as failure:
            log.warning("discord answer failed", status=failure.status, code=failure.code)


def _sentence(error: app_commands.AppCommandError, texts: Texts) -> str:
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    match cause:
        case StraitError():
            return escape(" ".join(str(cause).split()))
        case app_commands.CheckFailure():
            return texts.say("discord.managers_only")
        case app_commands.TransformerError():
            return texts.say("discord.unseen")
        case app_commands.CommandSignatureMismatch() | app_commands.CommandNotFound():
            return texts.say("discord.outdated")
        case _:
            log.error("discord command failed", exc_info=cause)
            return texts.say("discord.failed")
