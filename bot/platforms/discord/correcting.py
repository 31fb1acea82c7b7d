"""What `/strait correct` does, for the admins of the instance."""

from dataclasses import dataclass

import discord

from bot.commands.corrections import Mending
from bot.commands.desk import Desk
from bot.domain.corrections import CorrectionKind
from bot.domain.model import Language
from bot.domain.people import Person
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.markup import escape
from bot.platforms.discord.replies import say, think
from bot.platforms.discord.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """What is to be corrected, as the command's options say it."""

    story: int
    action: str
    reason: str
    text: str | None = None
    sentence: str | None = None
    url: str | None = None
    language: str | None = None


class Correcting:
    """Withdraws and corrects; the desk knows who may."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk = desk
        self._words = words

    async def correct(self, interaction: discord.Interaction, wrong: Wrong) -> None:
        """Do it, and say that it is done to the one who asked alone."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        asked = Mending(
            story_id=wrong.story,
            kind=CorrectionKind(wrong.action),
            reason=wrong.reason,
            language=Language(wrong.language) if wrong.language else texts.language,
            sentence=wrong.sentence or "",
            text=wrong.text or "",
            url=wrong.url or "",
        )
        workspace = str(interaction.guild_id or "")
        by = Person(platform=PLATFORM, workspace=workspace, user=str(interaction.user.id))
        made = await self._desk.correct(asked, by)
        done = texts.say("corrections.done", id=str(made.id), story=str(made.story_id))
        await say(interaction, escape(done))
