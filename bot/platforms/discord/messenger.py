"""Sends the outbox's deliveries to Discord channels, and looks whether they arrived."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import discord
from discord.http import Route

from bot.domain.model import Delivery, Digest, Rejected, SendOutcome, Sent, Unknown, Unreachable
from bot.platforms.discord.attempt import SecondAttemptError, one_attempt
from bot.platforms.discord.config import PLATFORM
from bot.platforms.discord.marker import is_signed
from bot.platforms.discord.outcomes import SENDING_ERRORS, outcome_of
from bot.platforms.discord.payload import bodies, freeze
from bot.platforms.discord.render import digest_pages
from bot.rendering.texts import Texts

# Discord takes a second at worst on a good day; the outbox's lease is much longer.
SEND_SECONDS = 20
FIND_SECONDS = 60

# The clocks of the bot and of Discord may differ by this much.
CLOCK_SKEW = timedelta(minutes=5)

# What is read back at most (10 requests): a channel busier than that cannot be searched.
MOST_MESSAGES = 1000

BAD_REQUEST = 400

NOT_CONNECTED = "The bot is not connected to Discord yet."


class DiscordMessenger:
    """A Messenger over a client that was made with ``http_trace=single_attempts()``.

    ``client`` returns the one in use: each run of the platform has its own.
    """

    platform = PLATFORM

    def __init__(self, client: Callable[[], discord.Client], texts: Mapping[str, Texts]) -> None:
        self._current = client
        self._texts = texts

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

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Post the message once; as plain text where Discord refuses the layout."""
        if not self.ready:
            return Unreachable(problem=NOT_CONNECTED)
        try:
            posts = bodies(delivery.payload, delivery.key)
        except (ValueError, KeyError, IndexError, TypeError):
            return Rejected(problem="The stored message is damaged: the next digest is not.")
        try:
            return await self._post(delivery, posts.layout)
        except discord.HTTPException as error:
            if error.status != BAD_REQUEST:
                return outcome_of(error, written=True)
        try:
            return await self._post(delivery, posts.plain)
        except discord.HTTPException as error:
            return outcome_of(error, written=True)

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Look for the delivery's mark in the bot's own messages since the first attempt.

        Only a channel whose history can be read proves that the message is not there.
        """
        if not self.ready:
            return Unknown(problem=NOT_CONNECTED)
        try:
            async with asyncio.timeout(FIND_SECONDS):
                return await self._find(delivery)
        except (*SENDING_ERRORS, ValueError) as error:
            return Unknown(
                problem="The channel's history cannot be read, so that nobody knows whether the "
                f"digest arrived ({type(error).__name__}): look into the channel."
            )

    async def _post(self, delivery: Delivery, body: Mapping[str, Any]) -> SendOutcome:
        """Post one body; raises HTTPException where Discord refuses it."""
        route = Route(
            "POST", "/channels/{channel_id}/messages", channel_id=delivery.destination.channel
        )
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
        channel = self._channel(delivery)
        since = (delivery.first_attempt_at or delivery.slot_at) - CLOCK_SKEW
        async for message in channel.history(after=since, limit=MOST_MESSAGES):
            seen += 1
            if self._is_it(message, delivery.key):
                return Sent(message_id=str(message.id))
        if seen == MOST_MESSAGES:
            return Unknown(problem="The channel is too busy to look for the digest in it.")
        if seen or await self._can_read_history(delivery):
            return Unreachable(problem="The digest did not arrive.")
        return Unknown(
            problem="The bot cannot read the channel's history, so that nobody knows whether the "
            "digest arrived: give it Read Message History."
        )

    def _channel(self, delivery: Delivery) -> discord.PartialMessageable:
        where = delivery.destination
        return self._client.get_partial_messageable(
            int(where.channel), guild_id=int(where.workspace)
        )

    def _is_it(self, message: discord.Message, key: str) -> bool:
        user = self._client.user
        return bool(user and message.author.id == user.id and is_signed(_last_text(message), key))

    async def _can_read_history(self, delivery: Delivery) -> bool:
        """Tell whether an empty answer means an empty channel: Discord hides what it forbids."""
        known = self._client.get_channel(int(delivery.destination.channel))
        if isinstance(known, discord.abc.GuildChannel | discord.Thread):
            return known.permissions_for(known.guild.me).read_message_history
        return any([True async for _ in self._channel(delivery).history(limit=1)])


def _last_text(message: discord.Message) -> str:
    """Return the footer of a message of ours: the last text of its layout or its content."""
    for component in message.components:
        if isinstance(component, discord.components.Container) and component.children:
            last = component.children[-1]
            return last.content if isinstance(last, discord.components.TextDisplay) else ""
    return message.content
