"""What `/strait forget-me` does."""

import discord

from bot.commands.desk import Desk
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.replies import say, think
from bot.platforms.discord.words import Words
from bot.rendering.people import tell_forgotten


class Privacy:
    """Removes what is stored of the one who asks, and of nobody else."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk = desk
        self._words = words

    async def forget_me(self, interaction: discord.Interaction) -> None:
        """Remove it in every server, for an id names the same person in all of them."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        gone = await self._desk.forget(str(interaction.user.id), platform=PLATFORM, workspace=None)
        await say(interaction, tell_forgotten(gone, texts))
