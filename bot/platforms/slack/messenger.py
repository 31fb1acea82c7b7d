"""Sends frozen payloads to Slack channels, once each, and finds them again."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import RichTextElementParts
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import InputError
from bot.domain.model import (
    Delivery,
    Digest,
    Notice,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.claims import watch
from bot.platforms.slack.account import Identity, error_code, readable
from bot.platforms.slack.blocks import Block, context, escape, rich, section, words
from bot.platforms.slack.config import PLATFORM, SlackConfig
from bot.platforms.slack.outcomes import of_failure, of_refusal, refuses_layout
from bot.platforms.slack.render import Message, render_digest
from bot.rendering.texts import Texts

log = structlog.get_logger()

# A delivery takes eight calls at most: who the bot is, five pages of history, and two posts.
# Together they must end within its lease of two minutes (bot.domain.retry).
PATIENCE_SECONDS = 10

# What marks a message as a delivery of ours.
EVENT_TYPE = "strait_digest"

# Slack's clock names its messages: ours may be ahead by this.
CLOCK_SKEW = timedelta(minutes=5)

# https://docs.slack.dev/reference/methods/conversations.history advises at most 200 a page;
# beyond a thousand messages since the attempt nothing certain is said.
PAGE, MOST_PAGES = 200, 5

# It would take two scopes more (im:write, im:history) for a few notices a year.
DIRECT = "Slack does not let the app look into direct messages."

# Stands for the channel's link until the sentence around it is known; no problem has one.
CHANNEL_MARK = "\0"

CONNECTION_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)


def posting_client(config: SlackConfig) -> AsyncWebClient:
    """Return a client that repeats nothing: the SDK's own handlers post twice when cut off."""
    return AsyncWebClient(
        token=config.bot_token,
        base_url=config.api_base,
        timeout=PATIENCE_SECONDS,
        retry_handlers=[],
    )


class SlackMessenger:
    """A Messenger for the workspace of one bot token."""

    platform = PLATFORM

    def __init__(
        self, client: AsyncWebClient, identity: Identity, texts: Mapping[str, Texts]
    ) -> None:
        self._client = client
        self._identity = identity
        self._texts = texts

    @property
    def ready(self) -> bool:
        """Whether Slack has taken the token: until then deliveries wait, and none is lost."""
        return self._identity.known

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Return the digest's messages as JSON of ``text`` and ``blocks``."""
        messages = render_digest(digest, self._texts[digest.language])
        return tuple(message.payload for message in messages)

    def render_notice(self, notice: Notice) -> str | None:
        """Return a notice as words with a link to the channel."""
        sentence = self._texts[notice.language].say(
            f"slack.notice_{notice.status.value}",
            channel=CHANNEL_MARK,
            problem=notice.problem,
            ids=", ".join(map(str, notice.subscriptions)),
        )
        before, _, after = sentence.partition(CHANNEL_MARK)
        channel = notice.destination.channel
        parts = [words(before)] if before else []
        parts += [RichTextElementParts.Channel(channel_id=channel), words(after)]
        text = f"{escape(before)}<#{channel}>{escape(after)}"
        return Message(text=text, blocks=(rich(section(parts)),)).payload

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Post the payload, marked with the delivery's key; as plain words where Slack insists."""
        try:
            return await self._post_payload(delivery)
        except SlackApiError as error:
            return of_refusal(error)
        except CONNECTION_ERRORS as error:
            return of_failure(error)

    def render_moved(self, digest: Digest) -> str:
        """Return what a part says whose stories have all moved into the parts before it."""
        moved = self._texts[digest.language].say("corrections.moved")
        return Message(text=escape(moved), blocks=(context(moved),)).payload

    async def edit(self, delivery: Delivery) -> SendOutcome:
        """Replace the message by the payload; as plain words where Slack insists."""
        if delivery.destination.person:
            return Rejected(problem="Slack changes direct messages by a name that is not kept.")
        try:
            return await self._change(delivery)
        except SlackApiError as error:
            outcome = of_refusal(error)
        except CONNECTION_ERRORS as error:
            outcome = of_failure(error)
        # A lost answer is no doubt: the same change may be made again.
        doubtful = isinstance(outcome, Unknown)
        return Unreachable(problem=outcome.problem) if doubtful else outcome  # type: ignore[union-attr]

    async def _change(self, delivery: Delivery) -> Sent:
        payload = json.loads(delivery.payload)
        try:
            await self._update(delivery, text=payload["text"], blocks=payload["blocks"])
        except SlackApiError as error:
            if not refuses_layout(error):
                raise
            log.warning("slack layout refused", key=delivery.key, error=error_code(error))
            await self._update(delivery, text=payload["text"], blocks=[])
        return Sent(message_id=str(delivery.message_id))

    async def _update(self, delivery: Delivery, *, text: str, blocks: list[Block]) -> None:
        call = self._client.chat_update(
            channel=delivery.destination.channel,
            ts=str(delivery.message_id),
            text=text,
            blocks=blocks,
            mrkdwn=False,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": delivery.key}},
        )
        await readable(call)

    async def _post_payload(self, delivery: Delivery) -> Sent:
        payload = json.loads(delivery.payload)
        try:
            return await self._post(delivery, text=payload["text"], blocks=payload["blocks"])
        except SlackApiError as error:
            if not refuses_layout(error):
                raise
            log.warning("slack layout refused", key=delivery.key, error=error_code(error))
        return await self._post(delivery, text=payload["text"])

    async def _post(
        self, delivery: Delivery, *, text: str, blocks: list[Block] | None = None
    ) -> Sent:
        async with self._watched() as client:
            call = client.chat_postMessage(
                # Slack takes a person's id for the direct conversation with the bot.
                channel=delivery.destination.person or delivery.destination.channel,
                text=text,
                blocks=blocks,
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": delivery.key}},
            )
            answer = await readable(call)
        return Sent(message_id=str(answer["ts"]))

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[AsyncWebClient]:
        """Yield the client with a session for one call that looks at the claim last of all.

        Without one the SDK makes a session for each call by itself, which nobody can watch.
        """
        session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._client.timeout),
            trace_configs=[watch(aiohttp.TraceConfig())],
        )
        async with session:
            client = copy(self._client)
            client.session = session
            yield client

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Look for the delivery's key in the channel's messages since the first attempt."""
        if delivery.destination.person:
            return Unknown(problem=DIRECT, final=True)
        since = (delivery.first_attempt_at or delivery.slot_at) - CLOCK_SKEW
        try:
            bot = (await self._identity.account()).bot_id
            return await self._look(delivery, since=since, bot=bot)
        except SlackApiError as error:
            return Unknown(problem=_unreadable(error))
        except InputError as error:
            return Unknown(problem=str(error))
        except CONNECTION_ERRORS as error:
            name = type(error).__name__
            return Unknown(problem=f"Slack cannot be asked whether the message came ({name}).")

    async def _look(
        self, delivery: Delivery, *, since: datetime, bot: str
    ) -> Sent | Unreachable | Unknown:
        cursor = None
        for _ in range(MOST_PAGES):
            call = self._client.conversations_history(
                channel=delivery.destination.channel,
                oldest=f"{since.timestamp():.6f}",
                inclusive=True,
                include_all_metadata=True,
                limit=PAGE,
                cursor=cursor,
            )
            page = await readable(call)
            for message in page["messages"]:
                # Anyone's app can copy the key; only our own message counts.
                if message.get("bot_id") == bot and _key(message) == delivery.key:
                    return Sent(message_id=str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return Unreachable(problem="The message is not in the channel.")
        return Unknown(problem="The channel has too many messages since to be looked through.")


def _key(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    key: str | None = (metadata.get("event_payload") or {}).get("key")
    return key


def _unreadable(error: SlackApiError) -> str:
    code = error_code(error)
    if code == "missing_scope":
        return (
            "The app may not read the channel to see whether the message came: add the scopes "
            "channels:history and groups:history and reinstall the app."
        )
    return f"The channel cannot be read to see whether the message came ({code})."
