"""Keeps rolling feed files of the last digests, through the same outbox as the chat platforms."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.domain.model import (
    Blocked,
    Delivery,
    Digest,
    Notice,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.feed.rolling import BrokenFeedError, has_entry, put
from bot.rendering.feeds import FeedEntry, FeedHead, feed_entry, feed_head, urn
from bot.rendering.texts import Texts

PLATFORM = "feed"

NO_FEED = "settings.toml has no feed of this name any more: name it there again."
DAMAGED = "The stored digest is damaged: the next one is not."


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A feed that is kept: its file, if any (else it is only served), and its length."""

    name: str
    path: Path | None
    keep: int
    url: str | None = None


def entry_id(key: str) -> str:
    """Return the id of the entry of a delivery: the same wherever the digest is shown."""
    return urn("delivery", key)


class FeedMessenger:
    """A Messenger whose channels are names of feeds. A feed is its own history, and edited."""

    platform = PLATFORM
    ready = True

    def __init__(self, feeds: Mapping[str, Feed], texts: Mapping[str, Texts]) -> None:
        self._feeds = feeds
        self._texts = texts

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Return the digest as an entry and its feed's head, in one part."""
        entry = feed_entry(digest, self._texts[digest.language], entry_id="")
        return (_freeze(entry, feed_head(digest)),)

    def render_moved(self, digest: Digest) -> str:
        """Return the digest itself: each digest is one entry, and none ever moves."""
        return self.render(digest)[0]

    def render_notice(self, notice: Notice) -> str | None:
        """Return nothing: who runs the bot reads its log."""
        return None

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Put the delivery's entry into the file, which is replaced whole."""
        feed = self._feeds.get(delivery.destination.channel)
        if feed is None:
            return Blocked(problem=NO_FEED)
        try:
            entry, head = _thaw(delivery, feed)
        except (ValueError, KeyError, TypeError):
            return Rejected(problem=DAMAGED)
        if feed.path is None:
            return Sent(message_id=delivery.key)
        try:
            await asyncio.to_thread(put, feed.path, head, entry, keep=feed.keep)
        except BrokenFeedError:
            return Blocked(
                problem=f"{feed.path} holds something other than a feed of Strait's: move it away."
            )
        except OSError as error:
            return Unreachable(problem=f"{feed.path} cannot be written ({error.strerror}).")
        return Sent(message_id=delivery.key)

    async def edit(self, delivery: Delivery) -> SendOutcome:
        """Put the corrected entry in the place of the one of its id."""
        return await self.send(delivery)

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Look for the delivery's entry in the file."""
        feed = self._feeds.get(delivery.destination.channel)
        if feed is None:
            return Unknown(problem=NO_FEED)
        if feed.path is None:
            return Sent(message_id=delivery.key)
        try:
            is_there = await asyncio.to_thread(has_entry, feed.path, entry_id(delivery.key))
        except (BrokenFeedError, OSError) as error:
            return Unknown(problem=f"{feed.path} cannot be read ({type(error).__name__}).")
        if is_there:
            return Sent(message_id=delivery.key)
        return Unreachable(problem="The digest is not in the feed.")


def _freeze(entry: FeedEntry, head: FeedHead) -> str:
    return json.dumps(
        {
            "topic_id": head.id,
            "topic_title": head.title,
            "title": entry.title,
            "html": entry.html,
            "text": entry.text,
            "language": entry.language,
            "published_at": entry.published_at.isoformat(),
            "updated_at": entry.updated_at.isoformat(),
        },
        ensure_ascii=False,
    )


def _thaw(delivery: Delivery, feed: Feed) -> tuple[FeedEntry, FeedHead]:
    frozen = json.loads(delivery.payload)
    entry = FeedEntry(
        id=entry_id(delivery.key),
        title=frozen["title"],
        html=frozen["html"],
        text=frozen["text"],
        language=frozen["language"],
        published_at=datetime.fromisoformat(frozen["published_at"]),
        updated_at=datetime.fromisoformat(frozen["updated_at"]),
    )
    head = FeedHead(
        id=urn("feed", feed.name, frozen["topic_id"]),
        title=frozen["topic_title"],
        language=frozen["language"],
        url=feed.url,
    )
    return entry, head
