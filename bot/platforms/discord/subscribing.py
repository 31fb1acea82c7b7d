"""What the `/digest` commands do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.tastes import NO_WORDS, TasteWords
from bot.domain.errors import InputError
from bot.domain.model import (
    Destination,
    Issue,
    Language,
    Subscription,
    SubscriptionStatus,
)
from bot.domain.schedule import next_slot
from bot.domain.why import PassedOver
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.lists import suggest_list
from bot.platforms.discord.lookups import CHOICE_LENGTH, MOST_CHOICES
from bot.platforms.discord.markup import escape, on
from bot.platforms.discord.permissions import Channel, ask_in, explain, is_outside, lacking
from bot.platforms.discord.render import digest_pages
from bot.platforms.discord.replies import add, say, show, think
from bot.platforms.discord.schedules import suggest_schedules
from bot.platforms.discord.words import Words
from bot.platforms.discord.zones import suggest_zones
from bot.rendering.schedules import say_schedule
from bot.rendering.tastes import say_taste
from bot.rendering.texts import Texts
from bot.rendering.why import WhyWriter, bulleted


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What the user of `/digest subscribe` chose; None stands for the instance's default."""

    topic: str
    schedule: str
    zone: str | None
    channel: Channel | None
    language: str | None
    stories: int | None
    taste: TasteWords = NO_WORDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What the user of `/digest change` chose; None leaves it as it is."""

    schedule: str | None
    zone: str | None
    language: str | None
    stories: int | None
    taste: TasteWords = NO_WORDS


class Subscribing:
    """A server's subscriptions: every call is bound to the server it comes from."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk = desk
        self._words = words

    async def subscribe(self, interaction: discord.Interaction, wish: Wish) -> None:
        """Subscribe a channel, if the bot can write there."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        if is_outside(interaction):
            await say(interaction, ask_in(interaction, texts))
            return
        channel = wish.channel or interaction.channel
        if not isinstance(channel, Channel) or channel.guild.id != interaction.guild_id:
            # Discord resolves channels of the server only; a forged one must go nowhere too.
            raise InputError(texts.say("discord.no_channel"))
        if missing := lacking(channel):
            await say(interaction, explain(channel, missing, texts))
            return
        made = await self._desk.subscribe(
            Destination(
                platform=PLATFORM, workspace=_workspace(interaction), channel=str(channel.id)
            ),
            topic=wish.topic,
            schedule=wish.schedule,
            zone=wish.zone,
            language=Language(wish.language) if wish.language else None,
            max_stories=wish.stories,
            taste=wish.taste,
            created_by=str(interaction.user.id),
        )
        told = [self._told("discord.subscribed", made, texts), *self._lines_of(made, texts)]
        await say(interaction, "\n".join(told))

    async def change(
        self, interaction: discord.Interaction, subscription_id: int, change: Change
    ) -> None:
        """Change a subscription; the answer says what it is now."""
        await think(interaction)
        changed = await self._desk.change(
            subscription_id,
            platform=PLATFORM,
            workspace=_workspace(interaction),
            schedule=change.schedule,
            zone=change.zone,
            language=Language(change.language) if change.language else None,
            max_stories=change.stories,
            taste=change.taste,
        )
        texts = self._words.texts_for(interaction)
        told = [self._told("discord.changed", changed, texts), *self._lines_of(changed, texts)]
        await say(interaction, "\n".join(told))

    async def show_all(self, interaction: discord.Interaction) -> None:
        """List the server's subscriptions."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        mine = await self._desk.subscriptions(PLATFORM, _workspace(interaction))
        lines = [self._line(subscription, texts) for subscription in mine]
        await say(interaction, *(lines or [texts.say("discord.none")]))

    async def show(self, interaction: discord.Interaction, subscription_id: int) -> None:
        """Say all that a subscription holds."""
        await think(interaction)
        texts = self._words.texts_for(interaction)
        found = await self._desk.subscription(
            subscription_id, platform=PLATFORM, workspace=_workspace(interaction)
        )
        await say(interaction, "\n".join([self._line(found, texts), *self._held(found, texts)]))

    async def pause(self, interaction: discord.Interaction, subscription_id: int) -> None:
        """Send nothing until it is resumed."""
        await think(interaction)
        paused = await self._desk.pause(
            subscription_id, platform=PLATFORM, workspace=_workspace(interaction)
        )
        texts = self._words.texts_for(interaction)
        await say(interaction, texts.say("discord.paused", id=str(paused.id)))

    async def resume(self, interaction: discord.Interaction, subscription_id: int) -> None:
        """Send again from the next time on."""
        await think(interaction)
        resumed = await self._desk.resume(
            subscription_id, platform=PLATFORM, workspace=_workspace(interaction)
        )
        texts = self._words.texts_for(interaction)
        await say(interaction, self._told("discord.resumed", resumed, texts))

    async def remove(self, interaction: discord.Interaction, subscription_id: int) -> None:
        """End a subscription."""
        await think(interaction)
        await self._desk.remove(
            subscription_id, platform=PLATFORM, workspace=_workspace(interaction)
        )
        texts = self._words.texts_for(interaction)
        await say(interaction, texts.say("discord.removed", id=str(subscription_id)))

    async def preview(self, interaction: discord.Interaction, subscription_id: int) -> None:
        """Show what the subscription would get now, to the one who asked."""
        await think(interaction)
        digests = await self._desk.preview(
            subscription_id, platform=PLATFORM, workspace=_workspace(interaction)
        )
        texts = self._words.texts_in
        pages = [page for d in digests for page in digest_pages(d, texts(d.language))]
        if not pages:
            raise InputError(self._words.texts_for(interaction).say("discord.no_topics"))
        await show(interaction, pages)
        passed = await self._desk.passed_over(
            subscription_id, platform=PLATFORM, workspace=_workspace(interaction)
        )
        await add(interaction, *self._passed_over(passed, interaction))

    def _passed_over(
        self, passed: Sequence[PassedOver], interaction: discord.Interaction
    ) -> Iterator[str]:
        texts, desk = self._words.texts_for(interaction), self._desk
        writer = WhyWriter(texts=texts, zone=desk.defaults.zone, now=desk.clock())
        return (escape(bulleted(line)) for line in writer.passed_over(passed))

    async def suggest_subscriptions(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[int]]:
        """Suggest the server's subscriptions to those who may change them."""
        if interaction.guild_id is None or not interaction.permissions.manage_guild:
            return []
        texts = self._words.texts_for(interaction)
        mine = await self._desk.subscriptions(PLATFORM, _workspace(interaction))
        named = [(s.id, self._name(s, interaction, texts)) for s in mine]
        return [
            app_commands.Choice(name=name[:CHOICE_LENGTH], value=number)
            for number, name in named
            if typed.casefold() in name.casefold()
        ][:MOST_CHOICES]

    async def suggest_schedules(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest schedules in the user's language."""
        found = suggest_schedules(typed, self._words.texts_for(interaction))
        return [
            app_commands.Choice(name=name[:CHOICE_LENGTH], value=words)
            for name, words in found[:MOST_CHOICES]
            if len(words) <= CHOICE_LENGTH
        ]

    async def suggest_zones(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest time zones that have what is typed in their names."""
        found = suggest_zones(typed, default=self._desk.defaults.zone)
        return [app_commands.Choice(name=zone, value=zone) for zone in found[:MOST_CHOICES]]

    async def suggest_issues(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest issues in the user's language."""
        texts = self._words.texts_for(interaction)
        return _choices(typed, {issue.value: texts.issue(issue) for issue in Issue})

    async def suggest_outlets(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest outlets by their names."""
        return _choices(typed, {name: name for name in self._desk.outlets.names})

    def _told(self, key: str, subscription: Subscription, texts: Texts) -> str:
        upcoming = next_slot(subscription.taste.schedule, after=self._desk.clock())
        return texts.say(
            key,
            id=str(subscription.id),
            channel=f"<#{subscription.destination.channel}>",
            topic=escape(self._topic(subscription, texts)),
            schedule=say_schedule(subscription.taste.schedule, texts),
            next=on(upcoming),
        )

    def _line(self, subscription: Subscription, texts: Texts) -> str:
        paused = subscription.status is SubscriptionStatus.PAUSED
        line = self._told("discord.line_paused" if paused else "discord.line", subscription, texts)
        if subscription.problem is None:
            return line
        return texts.say("discord.line_blocked", line=line, problem=escape(subscription.problem))

    def _held(self, subscription: Subscription, texts: Texts) -> list[str]:
        """Return how much it tells, and each thing that its taste demands."""
        taste = subscription.taste
        language = texts.language_name(taste.language.value)
        stories = texts.count("counts.stories", taste.max_stories)
        demands = self._lines_of(subscription, texts)
        return [f"- {language}, ≤ {stories}", *(demands or [f"- {texts.say('taste.plain')}"])]

    def _lines_of(self, subscription: Subscription, texts: Texts) -> list[str]:
        name = self._desk.outlets.name_of
        lines = say_taste(subscription.taste, texts, outlet_name=name)
        return [f"- {escape(line)}" for line in lines]

    def _name(
        self, subscription: Subscription, interaction: discord.Interaction, texts: Texts
    ) -> str:
        guild = interaction.guild
        channel = guild and guild.get_channel_or_thread(int(subscription.destination.channel))
        where = f"#{channel.name}" if channel else subscription.destination.channel
        when = say_schedule(subscription.taste.schedule, texts)
        return f"{subscription.id}: {where}, {self._topic(subscription, texts)}, {when}"

    def _topic(self, subscription: Subscription, texts: Texts) -> str:
        known = self._desk.topics
        titles = [
            known[t].title.get(texts.language, t) for t in subscription.taste.topics if t in known
        ]
        return ", ".join(titles or subscription.taste.topics)


def _choices(typed: str, known: Mapping[str, str]) -> list[app_commands.Choice[str]]:
    found = suggest_list(typed, known)
    return [app_commands.Choice(name=name, value=value) for name, value in found]


def _workspace(interaction: discord.Interaction) -> str:
    """Return the server as the storage knows it; the commands exist in servers only."""
    return str(interaction.guild_id)
