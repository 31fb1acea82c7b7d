"""Sends the outbox's deliveries to Discord channels, and looks whether they arrived."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import discord
from discord.http import Route

from bot.domain.model import (
    Delivery,
    Destination,
    Digest,
    Notice,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.discord.attempt import SecondAttemptError, one_attempt
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.marker import is_signed
from bot.platforms.discord.outcomes import SENDING_ERRORS, outcome_of
from bot.platforms.discord.payload import Bodies, bodies, edits, freeze, freeze_plain
from bot.platforms.discord.permissions import may_read_history
from bot.platforms.discord.render import digest_pages, moved_page
from bot.rendering.texts import Texts

# Discord takes a second at worst on a good day; the outbox's lease is much longer.
SEND_SECONDS = 20
FIND_SECONDS = 60

# The clocks of the bot and of Discord may differ by this much.
CLOCK_SKEW = timedelta(minutes=5)

# "If enforce_nonce is true and nonce is present, it will be checked for uniqueness in the past
# few minutes" (https://docs.discord.com/developers/resources/message#create-message): a few are
# two at least, and half of that is certain.
NONCE_FRESH = timedelta(minutes=1)

# What is read back at most (10 requests): a channel busier than that cannot be searched.
MOST_MESSAGES = 1000

BAD_REQUEST = 400

NOT_CONNECTED = "The bot is not connected to Discord yet."


class DiscordMessenger:
    """A Messenger over a client that was made with ``http_trace=single_attempts()``.

    ``client`` returns the one in use: each run of the platform has its own.
    """

    platform = PLATFORM

    def __init__(
        self,
        client: Callable[[], discord.Client],
        texts: Mapping[str, Texts],
        clock: Callable[[], datetime] = discord.utils.utcnow,
    ) -> None:
        self._current = client
        self._texts = texts
        self._clock = clock

    @property
    def _client(self) -> discord.Client:
        return self._current()

    @property
    def ready(self) -> bool:
        """Whether the bot is logged in; before that nothing can be sent or looked for."""
        return self._client.user is not None and not self._client.is_closed()

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Return the digest's messages as JSON: Components V2 and plain text for each."""
        return tuple(map(freeze, digest_pages(digest, self._texts[digest.language])))

    def render_notice(self, notice: Notice) -> str | None:
        """Return a notice as plain words."""
        sentence = self._texts[notice.language].say(
            f"discord.notice_{notice.status.value}",
            channel=f"<#{notice.destination.channel}>",
            problem=notice.problem,
            ids=", ".join(map(str, notice.subscriptions)),
        )
        return freeze_plain(sentence)

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Post the message once; as plain text where Discord refuses the layout."""
        if not self.ready:
            return Unreachable(problem=NOT_CONNECTED)
        try:
            posts = bodies(delivery.payload, delivery.key)
        except (ValueError, KeyError, IndexError, TypeError):
            return Rejected(problem="The stored message is damaged: the next digest is not.")
        try:
            channel = await self._channel_id(delivery.destination)
        except SENDING_ERRORS as error:
            return outcome_of(error, written=False)
        try:
            return await self._post_either(channel, posts)
        except discord.HTTPException as error:
            return outcome_of(error, written=True)

    def render_moved(self, digest: Digest) -> str:
        """Return what a part says whose stories have all moved into the parts before it."""
        return freeze(moved_page(digest, self._texts[digest.language]))

    async def edit(self, delivery: Delivery) -> SendOutcome:
        """Replace the message by the payload, in the layout that Discord takes there."""
        if not self.ready:
            return Unreachable(problem=NOT_CONNECTED)
        try:
            changes = edits(delivery.payload, delivery.key)
        except (ValueError, KeyError, IndexError, TypeError):
            return Rejected(problem="The stored message is damaged: it stays as it is.")
        outcome: SendOutcome = Rejected(problem="Discord takes no change of the message.")
        try:
            channel = await self._channel_id(delivery.destination)
            for body in changes:
                outcome = await self._change(channel, str(delivery.message_id), body)
                if not isinstance(outcome, Rejected):
                    break
        except SENDING_ERRORS as error:
            return outcome_of(error, written=False)
        return outcome

    async def _change(self, channel: str, message: str, body: Mapping[str, Any]) -> SendOutcome:
        """Change a message. A lost answer is no doubt: the same change may be made again."""
        route = Route(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=channel,
            message_id=message,
        )
        with one_attempt():
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._client.http.request(route, json=body)
            except SecondAttemptError as error:
                return Unreachable(problem=f"Discord did not confirm the change ({error}).")
            except SENDING_ERRORS as error:
                return outcome_of(error, written=False)
        return Sent(message_id=message)

    async def _post_either(self, channel: str, posts: Bodies) -> SendOutcome:
        if posts.layout is not None:
            try:
                return await self._post(channel, posts.layout)
            except discord.HTTPException as error:
                if error.status != BAD_REQUEST:
                    raise
        return await self._post(channel, posts.plain)

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Look for the delivery's mark in the bot's own messages since the first attempt.

        Only a channel whose history can be read proves that the message is not there. Where it
        cannot be, Discord itself drops a second message of the nonce, while that is fresh.
        """
        if not self.ready:
            return Unknown(problem=NOT_CONNECTED)
        found = await self._look(delivery)
        if isinstance(found, Unknown) and self._is_fresh(delivery):
            return Unreachable(problem="Discord drops a second message of a nonce that it has.")
        return found

    async def _look(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        try:
            async with asyncio.timeout(FIND_SECONDS):
                return await self._find(delivery)
        except (*SENDING_ERRORS, ValueError) as error:
            return Unknown(
                problem="The channel's history cannot be read, so that nobody knows whether the "
                f"digest arrived ({type(error).__name__}): look into the channel."
            )

    def _is_fresh(self, delivery: Delivery) -> bool:
        first = delivery.first_attempt_at
        return first is not None and timedelta() <= self._clock() - first < NONCE_FRESH

    async def _channel_id(self, destination: Destination) -> str:
        """Return the channel's id; for a person, of the one that Discord has or makes for both."""
        if destination.person is None:
            return destination.channel
        async with asyncio.timeout(SEND_SECONDS):
            channel = await self._client.http.start_private_message(int(destination.person))
        return str(channel["id"])

    async def _post(self, channel: str, body: Mapping[str, Any]) -> SendOutcome:
        """Post one body; raises HTTPException where Discord refuses it."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        with one_attempt() as attempt:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    answer = await self._client.http.request(route, json=body)
            except (*SENDING_ERRORS, SecondAttemptError) as error:
                if isinstance(error, discord.HTTPException):
                    raise
                return outcome_of(error, written=attempt.written)
        return Sent(message_id=str(answer["id"]))

    async def _find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        seen = 0
        channel = await self._channel(delivery.destination)
        since = (delivery.first_attempt_at or delivery.slot_at) - CLOCK_SKEW
        async for message in channel.history(after=since, limit=MOST_MESSAGES):
            seen += 1
            if self._is_it(message, delivery.key):
                return Sent(message_id=str(message.id))
        if seen == MOST_MESSAGES:
            return Unknown(problem="The channel is too busy to look for the digest in it.")
        if seen or await self._can_read_history(channel, delivery.destination):
            return Unreachable(problem="The digest did not arrive.")
        return Unknown(
            problem="The bot cannot read the channel's history, so that nobody knows whether the "
            "digest arrived: give it Read Message History."
        )

    async def _channel(self, where: Destination) -> discord.PartialMessageable:
        guild = None if where.person else int(where.workspace)
        number = int(await self._channel_id(where))
        return self._client.get_partial_messageable(number, guild_id=guild)

    def _is_it(self, message: discord.Message, key: str) -> bool:
        user = self._client.user
        return bool(user and message.author.id == user.id and is_signed(_last_text(message), key))

    async def _can_read_history(
        self, channel: discord.PartialMessageable, where: Destination
    ) -> bool:
        """Tell whether an empty answer means an empty channel: Discord hides what it forbids."""
        if where.person:
            # One's own direct messages can always be read.
            return True
        known = self._client.get_channel(channel.id)
        if isinstance(known, discord.abc.GuildChannel | discord.Thread):
            return known.permissions_for(known.guild.me).read_message_history
        if any([True async for _ in channel.history(limit=1)]):
            return True
        return await may_read_history(self._client, channel.id, guild=int(where.workspace))


def _last_text(message: discord.Message) -> str:
    """Return the footer of a message of ours: the last text of its layout or its content."""
    for component in message.components:
        if isinstance(component, discord.components.Container) and component.children:
            last = component.children[-1]
            return last.content if isinstance(last, discord.components.TextDisplay) else ""
    return message.content
