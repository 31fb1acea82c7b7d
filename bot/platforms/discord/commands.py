"""The slash commands: their names, options and words. What they do is told elsewhere."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import discord
from discord import app_commands

from bot.commands.search import SearchOptions
from bot.commands.tastes import MOST_OUTLETS, TasteWords
from bot.domain.model import Length
from bot.domain.search import LONGEST_QUERY
from bot.domain.topic import Level
from bot.platforms.discord.correcting import Correcting, Wrong
from bot.platforms.discord.feeds import Feeds, feeds_group
from bot.platforms.discord.lookups import Lookups
from bot.platforms.discord.privacy import Privacy
from bot.platforms.discord.schedules import MORNING
from bot.platforms.discord.subscribing import Change, Subscribing, Wish
from bot.platforms.discord.words import Words

Act = Callable[[discord.Interaction, int], Awaitable[None]]
Command = app_commands.Command[Any, ..., None]

# No story or subscription has a longer number; Discord's own integers end at 2^53.
Id = app_commands.Range[int, 1, 2**53 - 1]
Word = app_commands.Range[str, 1, 100]

# The longest text that Discord takes as an option; addresses may be a third of it.
LONGEST_ADDRESS = 6_000
# A list divided by commas: twenty words, or an expression or two.
List = app_commands.Range[str, 1, 500]
Publishers = app_commands.Range[int, 1, MOST_OUTLETS]
# A sentence of a summary, a reason or an address: what is too long is said by the desk.
Said = app_commands.Range[str, 1, 2000]

# What a search may be: it says itself what is too long.
Written = app_commands.Range[str, 1, LONGEST_QUERY]

# An article's address, or a number: it says itself what is too long.
Address = app_commands.Range[str, 1, LONGEST_ADDRESS]

# What one digest can hold and a reader wants to scroll.
Stories = app_commands.Range[int, 1, 20]

LAST_DAY = "24h"
EVERY_MORNING = f"daily {MORNING}"


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
    correcting: Correcting,
    words: Words,
    *,
    feeds: Feeds,
) -> None:
    """Add every command to the tree."""
    tree.add_command(_news(lookups, words))
    tree.add_command(_story(lookups, words))
    tree.add_command(_search(lookups, words))
    tree.add_command(_why(lookups, words))
    group = ManagersGroup(
        name="digest",
        description=words.describe("commands.digest"),
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )
    group.add_command(_subscribe(lookups, subscribing, words))
    group.add_command(_change(subscribing, words))
    group.add_command(_list(subscribing, words))
    for act in (
        subscribing.show,
        subscribing.pause,
        subscribing.resume,
        subscribing.remove,
        subscribing.preview,
    ):
        group.add_command(_by_id(act, subscribing, words))
    tree.add_command(group)
    strait = _strait(privacy, words)
    strait.add_command(_correct(correcting, words))
    tree.add_command(strait)
    tree.add_command(feeds_group(feeds, words))


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


def _search(lookups: Lookups, words: Words) -> Command:
    @app_commands.describe(
        **words.options("search", "query", "since", "language", "issue", "outlet")
    )
    @app_commands.choices(
        language=words.choices("languages", "en", "ja", "ko"), issue=words.issues()
    )
    @app_commands.autocomplete(outlet=lookups.suggest_outlets)
    async def search(
        interaction: discord.Interaction,
        *,
        query: Written,
        since: Word | None = None,
        language: str | None = None,
        issue: str | None = None,
        outlet: Word | None = None,
    ) -> None:
        options = SearchOptions(since=since, language=language, issue=issue, outlet=outlet)
        await lookups.search(interaction, query, options)

    return _anywhere(search, words)


def _why(lookups: Lookups, words: Words) -> Command:
    @app_commands.describe(asked=words.describe("commands.why_asked"))
    @app_commands.rename(asked="what")
    async def why(interaction: discord.Interaction, asked: Address) -> None:
        await lookups.why(interaction, asked)

    return _anywhere(why, words)


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


def _correct(correcting: Correcting, words: Words) -> Command:
    names = ("story", "action", "reason", "text", "sentence", "url", "language")
    actions = ("withdraw", "restore", "headline", "sentence", "remove-entry")

    @app_commands.describe(**words.options("correct", *names))
    @app_commands.choices(
        action=words.choices("actions", *actions),
        language=words.choices("languages", "en", "ja", "ko"),
    )
    async def correct(
        interaction: discord.Interaction,
        *,
        story: Id,
        action: str,
        reason: Said,
        text: Said | None = None,
        sentence: Said | None = None,
        url: Said | None = None,
        language: str | None = None,
    ) -> None:
        wrong = Wrong(
            story=story,
            action=action,
            reason=reason,
            text=text,
            sentence=sentence,
            url=url,
            language=language,
        )
        await correcting.correct(interaction, wrong)

    described = words.describe("commands.strait_correct")
    return app_commands.Command(name="correct", description=described, callback=correct)


def _subscribe(lookups: Lookups, subscribing: Subscribing, words: Words) -> Command:
    names = ("topic", "schedule", "zone", "channel", "language", "stories")

    @app_commands.describe(**words.options("subscribe", *names), **_described(words))
    @app_commands.choices(**_choices(words))
    @app_commands.autocomplete(
        topic=lookups.suggest_topics,
        schedule=subscribing.suggest_schedules,
        zone=subscribing.suggest_zones,
    )
    @app_commands.autocomplete(**_suggestions(subscribing))
    async def subscribe(
        interaction: discord.Interaction,
        *,
        topic: Word,
        schedule: Word = EVERY_MORNING,
        zone: Word | None = None,
        channel: discord.TextChannel | discord.Thread | None = None,
        language: str | None = None,
        stories: Stories | None = None,
        issues: List | None = None,
        first: List | None = None,
        outlets: List | None = None,
        countries: Word | None = None,
        languages: Word | None = None,
        include: List | None = None,
        exclude: List | None = None,
        publishers: Publishers | None = None,
        level: str | None = None,
        length: str | None = None,
        breaking: Word | None = None,
        quiet: Word | None = None,
    ) -> None:
        wish = Wish(
            topic=topic,
            schedule=schedule,
            zone=zone,
            channel=channel,
            language=language,
            stories=stories,
            taste=TasteWords(
                issues=issues,
                first=first,
                outlets=outlets,
                countries=countries,
                languages=languages,
                include=include,
                exclude=exclude,
                publishers=str(publishers) if publishers else None,
                level=level,
                length=length,
                breaking=breaking,
                quiet=quiet,
            ),
        )
        await subscribing.subscribe(interaction, wish)

    return _for_managers(subscribe, "subscribe", words)


def _change(subscribing: Subscribing, words: Words) -> Command:
    described = words.options("change", "schedule", "zone", "language", "stories")

    @app_commands.describe(
        subscription=words.describe("commands.subscription"), **described, **_described(words)
    )
    @app_commands.rename(subscription="id")
    @app_commands.choices(**_choices(words))
    @app_commands.autocomplete(subscription=subscribing.suggest_subscriptions)
    @app_commands.autocomplete(
        schedule=subscribing.suggest_schedules, zone=subscribing.suggest_zones
    )
    @app_commands.autocomplete(**_suggestions(subscribing))
    async def change(
        interaction: discord.Interaction,
        *,
        subscription: Id,
        schedule: Word | None = None,
        zone: Word | None = None,
        language: str | None = None,
        stories: Stories | None = None,
        issues: List | None = None,
        first: List | None = None,
        outlets: List | None = None,
        countries: Word | None = None,
        languages: Word | None = None,
        include: List | None = None,
        exclude: List | None = None,
        publishers: Publishers | None = None,
        level: str | None = None,
        length: str | None = None,
        breaking: Word | None = None,
        quiet: Word | None = None,
    ) -> None:
        chosen = Change(
            schedule=schedule,
            zone=zone,
            language=language,
            stories=stories,
            taste=TasteWords(
                issues=issues,
                first=first,
                outlets=outlets,
                countries=countries,
                languages=languages,
                include=include,
                exclude=exclude,
                publishers=str(publishers) if publishers else None,
                level=level,
                length=length,
                breaking=breaking,
                quiet=quiet,
            ),
        )
        await subscribing.change(interaction, subscription, chosen)

    return _for_managers(change, "change", words)


def _described(words: Words) -> dict[str, app_commands.locale_str]:
    """Return the descriptions of the options that make a taste."""
    return {
        field.name: words.describe(f"commands.taste_{field.name}") for field in fields(TasteWords)
    }


def _suggestions(subscribing: Subscribing) -> dict[str, Any]:
    issues = subscribing.suggest_issues
    return {"issues": issues, "first": issues, "outlets": subscribing.suggest_outlets}


def _choices(words: Words) -> dict[str, list[app_commands.Choice[str]]]:
    return {
        "language": words.choices("languages", "en", "ja", "ko"),
        "level": words.choices("tastes", Level.CORE, Level.PERIPHERAL),
        "length": words.choices("tastes", *Length),
    }


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
