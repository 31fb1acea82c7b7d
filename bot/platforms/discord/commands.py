"""The slash commands: their names, options and words. What they do is told elsewhere."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands

from bot.domain.schedule import WEEKDAYS
from bot.platforms.discord.lookups import Lookups
from bot.platforms.discord.privacy import Privacy
from bot.platforms.discord.subscribing import Subscribing, Wish
from bot.platforms.discord.words import Words

Act = Callable[[discord.Interaction, int], Awaitable[None]]
Command = app_commands.Command[Any, ..., None]

# No story or subscription has a longer number; Discord's own integers end at 2^53.
Id = app_commands.Range[int, 1, 2**53 - 1]
Word = app_commands.Range[str, 1, 100]

# What one digest can hold and a reader wants to scroll.
Stories = app_commands.Range[int, 1, 20]

LAST_DAY = "24h"


class ManagersGroup(app_commands.Group):
    """Commands for those who may manage the server, whatever the server's overrides say."""

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Refuse others: Discord's own check can be lifted for a role by mistake."""
        return interaction.guild_id is not None and interaction.permissions.manage_guild


def add_commands(
    tree: app_commands.CommandTree[Any],
    lookups: Lookups,
    subscribing: Subscribing,
    privacy: Privacy,
    words: Words,
) -> None:
    """Add every command to the tree."""
    tree.add_command(_news(lookups, words))
    tree.add_command(_story(lookups, words))
    group = ManagersGroup(
        name="digest",
        description=words.describe("commands.digest"),
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )
    group.add_command(_subscribe(lookups, subscribing, words))
    group.add_command(_list(subscribing, words))
    for act in (subscribing.pause, subscribing.resume, subscribing.remove, subscribing.preview):
        group.add_command(_by_id(act, subscribing, words))
    tree.add_command(group)
    tree.add_command(_strait(privacy, words))


def _news(lookups: Lookups, words: Words) -> Command:
    @app_commands.describe(**words.options("news", "topic", "since"))
    @app_commands.autocomplete(topic=lookups.suggest_topics)
    async def news(interaction: discord.Interaction, topic: Word, since: Word = LAST_DAY) -> None:
        await lookups.news(interaction, topic, since)

    return _anywhere(news, words)


def _story(lookups: Lookups, words: Words) -> Command:
    @app_commands.describe(story_id=words.describe("commands.story_id"))
    @app_commands.rename(story_id="id")
    async def story(interaction: discord.Interaction, story_id: Id) -> None:
        await lookups.story(interaction, story_id)

    return _anywhere(story, words)


def _anywhere(callback: Any, words: Words) -> Command:
    """Return a command for servers and direct messages."""
    name = callback.__name__
    return app_commands.Command(
        name=name,
        description=words.describe(f"commands.{name}"),
        callback=callback,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )


def _strait(privacy: Privacy, words: Words) -> app_commands.Group:
    """Return the commands about the bot itself, for everyone and everywhere."""
    group = app_commands.Group(
        name="strait",
        description=words.describe("commands.strait"),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )

    async def forget_me(interaction: discord.Interaction) -> None:
        await privacy.forget_me(interaction)

    description = words.describe("commands.strait_forget_me")
    group.add_command(
        app_commands.Command(name="forget-me", description=description, callback=forget_me)
    )
    return group


def _subscribe(lookups: Lookups, subscribing: Subscribing, words: Words) -> Command:
    names = ("topic", "frequency", "time", "zone", "weekday", "channel", "language", "stories")

    @app_commands.describe(**words.options("subscribe", *names))
    @app_commands.choices(
        frequency=words.choices("frequencies", "daily", "weekly"),
        weekday=words.choices("weekdays", *WEEKDAYS),
        language=words.choices("languages", "en", "ja", "ko"),
    )
    @app_commands.autocomplete(topic=lookups.suggest_topics, zone=subscribing.suggest_zones)
    async def subscribe(
        interaction: discord.Interaction,
        *,
        topic: Word,
        frequency: str = "daily",
        time: Word = "08:00",
        zone: Word | None = None,
        weekday: str | None = None,
        channel: discord.TextChannel | discord.Thread | None = None,
        language: str | None = None,
        stories: Stories | None = None,
    ) -> None:
        wish = Wish(
            topic=topic,
            frequency=frequency,
            time=time,
            zone=zone,
            weekday=weekday,
            channel=channel,
            language=language,
            stories=stories,
        )
        await subscribing.subscribe(interaction, wish)

    return _for_managers(subscribe, "subscribe", words)


def _list(subscribing: Subscribing, words: Words) -> Command:
    async def show_all(interaction: discord.Interaction) -> None:
        await subscribing.show_all(interaction)

    return _for_managers(show_all, "list", words)


def _by_id(act: Act, subscribing: Subscribing, words: Words) -> Command:
    @app_commands.describe(subscription=words.describe("commands.subscription"))
    @app_commands.rename(subscription="id")
    @app_commands.autocomplete(subscription=subscribing.suggest_subscriptions)
    async def by_id(interaction: discord.Interaction, subscription: Id) -> None:
        await act(interaction, subscription)

    return _for_managers(by_id, act.__name__, words)


def _for_managers(callback: Any, name: str, words: Words) -> Command:
    return app_commands.Command(
        name=name, description=words.describe(f"commands.digest_{name}"), callback=callback
    )
