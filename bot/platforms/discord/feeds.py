"""What the `/feeds` commands are called, and what they do."""

from typing import Any

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.domain.people import Person
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.markup import escape
from bot.platforms.discord.replies import say, think
from bot.platforms.discord.words import Words
from bot.rendering.feed_list import feed_lines, tell_added, tell_check

Command = app_commands.Command[Any, ..., None]

# As long as addresses are anywhere on the web.
Address = app_commands.Range[str, 1, 2_000]


class Feeds:
    """The instance's feeds: everyone may look, the desk lets its admins alone change them."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk = desk
        self._words = words

    async def list(self, interaction: discord.Interaction) -> None:
        """List the feeds that are polled, and how each answered last."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        found = await self._desk.feeds.list()
        lines = feed_lines(found, texts, zone=self._desk.defaults.zone)
        await say(interaction, *map(escape, lines))

    async def check(self, interaction: discord.Interaction, feed: str) -> None:
        """Have a feed asked now, and say how it answers."""
        await think(interaction)
        answer = await self._desk.feeds.check(feed, by=_person(interaction))
        await say(interaction, escape(tell_check(answer, self._words.texts_for(interaction))))

    async def add(self, interaction: discord.Interaction, address: str) -> None:
        """Poll one more feed."""
        await think(interaction)
        answer = await self._desk.feeds.add(address, by=_person(interaction))
        await say(interaction, escape(tell_added(answer, self._words.texts_for(interaction))))

    async def remove(self, interaction: discord.Interaction, feed: str) -> None:
        """Poll a feed no more."""
        await think(interaction)
        await self._desk.feeds.remove(feed, by=_person(interaction))
        texts = self._words.texts_for(interaction)
        await say(interaction, texts.say("feeds.removed"))


def feeds_group(feeds: Feeds, words: Words) -> app_commands.Group:
    """Return the commands, in servers and in direct messages."""
    group = app_commands.Group(
        name="feeds",
        description=words.describe("commands.feeds"),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )

    async def show_all(interaction: discord.Interaction) -> None:
        await feeds.list(interaction)

    @app_commands.describe(feed=words.describe("commands.feeds_feed"))
    async def check(interaction: discord.Interaction, feed: Address) -> None:
        await feeds.check(interaction, feed)

    @app_commands.describe(address=words.describe("commands.feeds_address"))
    async def add(interaction: discord.Interaction, address: Address) -> None:
        await feeds.add(interaction, address)

    @app_commands.describe(feed=words.describe("commands.feeds_feed"))
    async def remove(interaction: discord.Interaction, feed: Address) -> None:
        await feeds.remove(interaction, feed)

    named: tuple[tuple[str, Any], ...] = (
        ("list", show_all),
        ("check", check),
        ("add", add),
        ("remove", remove),
    )
    for name, callback in named:
        description = words.describe(f"commands.feeds_{name}")
        command: Command = app_commands.Command(
            name=name, description=description, callback=callback
        )
        group.add_command(command)
    return group


def _person(interaction: discord.Interaction) -> Person:
    # A direct message is a workspace of one person.
    user = str(interaction.user.id)
    workspace = str(interaction.guild_id) if interaction.guild_id else f"@{user}"
    return Person(platform=PLATFORM, workspace=workspace, user=user)
