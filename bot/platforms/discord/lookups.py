"""What `/news`, `/story`, `/search` and `/why` do."""

from collections.abc import Iterator

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.search import SearchOptions
from bot.domain.why import Scope
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.markup import escape
from bot.platforms.discord.render import digest_pages, story_pages
from bot.platforms.discord.replies import say, show, think
from bot.platforms.discord.words import Words, language_of
from bot.rendering.why import WhyWriter, bulleted

# Discord shows at most 25 suggestions of at most 100 characters.
MOST_CHOICES = 25
CHOICE_LENGTH = 100

# A search with many long reports: the best ones are on the first pages.
MOST_PAGES = 3

Choices = list[app_commands.Choice[str]]


class Lookups:
    """Reads the database and shows what it finds to the one who asked."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk = desk
        self._words = words

    async def news(self, interaction: discord.Interaction, topic: str, since: str) -> None:
        """Show a topic's stories of the time since."""
        await think(interaction)
        digest = await self._desk.news(topic, since=since, language=language_of(interaction))
        await show(interaction, digest_pages(digest, self._words.texts_in(digest.language)))

    async def story(self, interaction: discord.Interaction, story_id: int) -> None:
        """Show one story with all its reports."""
        await think(interaction)
        digest = await self._desk.story(story_id, language=language_of(interaction))
        await show(interaction, story_pages(digest, self._words.texts_in(digest.language)))

    async def search(
        self, interaction: discord.Interaction, written: str, options: SearchOptions
    ) -> None:
        """Show the stories and lone reports that match, each with the reports that do."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        result = await self._desk.search(written, options)
        if not result.groups:
            await say(interaction, escape(texts.say("search.nothing", query=result.query.text)))
            return
        title = texts.say("search.title", query=result.query.text)
        found = self._desk.found_document(result, title=title, language=texts.language)
        await show(interaction, story_pages(found, texts)[:MOST_PAGES])

    async def why(self, interaction: discord.Interaction, asked: str) -> None:
        """Say why a report or story is where it is, and in which digests it was told.

        Who may manage the server learns of all its subscriptions, as from `/digest list`;
        others of this channel's.
        """
        await think(interaction)
        texts = self._words.texts_for(interaction)
        found = await self._desk.why(asked, scope=_scope(interaction))
        writer = WhyWriter(texts=texts, zone=self._desk.defaults.zone, now=self._desk.clock())
        await say(interaction, *(escape(bulleted(line)) for line in writer.lines(found)))

    async def suggest_outlets(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the outlets whose name has what is typed in it."""
        return [
            app_commands.Choice(name=name[:CHOICE_LENGTH], value=name[:CHOICE_LENGTH])
            for name in self._desk.outlets.names
            if typed.casefold() in name.casefold()
        ][:MOST_CHOICES]

    async def suggest_topics(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the topics whose name or title has what is typed in it."""
        language = self._words.texts_for(interaction).language
        return list(self._topics(typed.casefold(), language))[:MOST_CHOICES]

    def _topics(self, typed: str, language: str) -> Iterator[app_commands.Choice[str]]:
        for topic in self._desk.topics.values():
            title = topic.title.get(language, topic.id)
            if typed in topic.id.casefold() or typed in title.casefold():
                name = f"{title} ({topic.id})"[:CHOICE_LENGTH]
                yield app_commands.Choice(name=name, value=topic.id)


def _scope(interaction: discord.Interaction) -> Scope:
    """Return whose subscriptions the one who asks may know of; none in a direct message."""
    sees_all = interaction.guild_id is not None and interaction.permissions.manage_guild
    return Scope(
        platform=PLATFORM,
        workspace=str(interaction.guild_id),
        channel=None if sees_all else str(interaction.channel_id),
    )
