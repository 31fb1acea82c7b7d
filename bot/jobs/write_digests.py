"""Writes the digests that are due: composed, rendered, frozen, put into the outbox."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.compose import DigestRequest, choose, compose, compose_item, documents, news_of
from bot.domain.errors import StorageError
from bot.domain.model import Digest, DigestItem, Entry, Story, Subscription, Summary
from bot.domain.retry import back_off
from bot.domain.schedule import covered_since, due_slot
from bot.domain.topic import Topic
from bot.platforms.messenger import Messenger
from bot.storage import deliveries, digests, entries, stories, subscriptions, summaries
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from bot.summarize.llm import PASSING, LlmSummarizer

log = structlog.get_logger()


class DigestWriter:
    """Composes digests from the database, keeping the summaries that it makes."""

    def __init__(
        self,
        database: Database,
        summarizer: ExtractiveSummarizer,
        *,
        model: LlmSummarizer | None = None,
    ) -> None:
        """Write summaries with ``model`` where there is one, else by extraction."""
        self._database = database
        self._summarizer = summarizer
        self._model = model

    async def write(self, request: DigestRequest) -> Digest:
        """Choose, summarize and compose; saves nothing but new summaries."""
        async with self._database.read() as connection:
            found = await stories.latest(
                connection, request.topic.id, since=request.since, until=request.until
            )
            read = await entries.count_since(connection, since=request.since, until=request.until)
        chosen = choose(
            found,
            told=request.told,
            topic=request.topic,
            limit=request.max_stories,
            now=request.until,
        )
        items = [
            compose_item(story, kind, await self._summary(story, request))
            for story, kind in chosen.stories
        ]
        return _compose(items, request, chosen.left_out, read)

    async def _summary(self, story: Story, request: DigestRequest) -> Summary:
        reports = news_of(story, since=request.since)
        made_of = _fingerprint(reports, request.max_words, self._model)
        async with self._database.read() as connection:
            kept = await summaries.get(connection, story.id, request.language, made_of)
            before = await summaries.latest(connection, [story.id], request.language)
        if kept is not None:
            return kept
        told = before.get(story.id) if story.id in request.told else None
        summary = await self._summarized(reports, request, told)
        if summary.method not in PASSING:
            async with self._database.write() as connection:
                await summaries.save(connection, story.id, request.language, made_of, summary)
        return summary

    async def _summarized(
        self, reports: Sequence[Entry], request: DigestRequest, told: Summary | None
    ) -> Summary:
        if self._model is None:
            return await asyncio.to_thread(self._summarize, reports, request)
        return await self._model.summarize(
            documents(reports),
            language=request.language,
            max_words=request.max_words,
            before=told,
        )

    def _summarize(self, reports: Sequence[Entry], request: DigestRequest) -> Summary:
        return self._summarizer.summarize(
            documents(reports), language=request.language, max_words=request.max_words
        )


def _compose(
    items: Sequence[DigestItem], request: DigestRequest, left_out: int, read: tuple[int, int]
) -> Digest:
    return compose(
        items,
        topic=request.topic,
        language=request.language,
        zone=request.zone,
        since=request.since,
        until=request.until,
        left_out=left_out,
        read=read,
        slot_at=request.slot_at,
    )


def _fingerprint(reports: Sequence[Entry], max_words: int, model: LlmSummarizer | None) -> str:
    """Return a hash of the texts that a summary is made of, of its measure and its maker."""
    made_by = [] if model is None else [model.version]
    parts = [str(max_words), *made_by, *(f"{e.id}:{e.content_hash}" for e in reports)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class PutOff:
    """Subscriptions whose digest could not be written, and when each is tried again.

    It lives as long as the process: after a restart all are tried at once.
    """

    def __init__(self) -> None:
        self._failures: dict[int, tuple[int, datetime]] = {}

    def holds(self, subscription_id: int, *, now: datetime) -> bool:
        """Tell whether the subscription is still to wait."""
        _, until = self._failures.get(subscription_id, (0, now))
        return until > now

    def failed(self, subscription_id: int, *, now: datetime) -> None:
        """Let the subscription wait, twice as long after each failure in a row."""
        count = self._failures.get(subscription_id, (0, now))[0] + 1
        self._failures[subscription_id] = (count, now + back_off(count))

    def succeeded(self, subscription_id: int) -> None:
        """Forget the subscription's failures."""
        self._failures.pop(subscription_id, None)


async def write_digests(
    *,
    database: Database,
    writer: DigestWriter,
    topics: Mapping[str, Topic],
    messengers: Mapping[str, Messenger],
    max_words: int,
    put_off: PutOff,
    now: datetime,
) -> int:
    """Write every digest that is due; returns how many.

    A digest, its deliveries and what the destination has been told by it are saved
    together with the slot, so that no slot is written twice or lost. One that fails is
    logged and tried again later; the others are written. Raises StorageError.
    """
    async with database.read() as connection:
        active = await subscriptions.active(connection)
    written = 0
    for subscription in active:
        messenger = messengers.get(subscription.destination.platform)
        slot = due_slot(subscription.taste.schedule, after=subscription.last_slot_at, now=now)
        if messenger is None or slot is None or put_off.holds(subscription.id, now=now):
            continue
        try:
            requests = await _requests(database, subscription, topics, slot, max_words, now=now)
            made = [await writer.write(request) for request in requests]
            written += await _save(database, subscription, made, messenger, slot, now=now)
        except StorageError:
            raise
        except Exception:
            put_off.failed(subscription.id, now=now)
            log.exception("digest not written; it is tried again", subscription=subscription.id)
        else:
            put_off.succeeded(subscription.id)
    return written


async def _requests(
    database: Database,
    subscription: Subscription,
    topics: Mapping[str, Topic],
    slot: datetime,
    max_words: int,
    *,
    now: datetime,
) -> list[DigestRequest]:
    async with database.read() as connection:
        told = await digests.told_versions(connection, subscription.destination)
    since = covered_since(subscription.taste.schedule, slot, last_slot=subscription.last_slot_at)
    return [
        DigestRequest(
            topic=topics[topic],
            language=subscription.taste.language,
            zone=subscription.taste.schedule.zone,
            since=since,
            until=now,
            max_stories=subscription.taste.max_stories,
            max_words=max_words,
            told=told,
            slot_at=slot,
        )
        for topic in dict.fromkeys(subscription.taste.topics)
        if topic in topics
    ]


async def _save(
    database: Database,
    subscription: Subscription,
    made: Sequence[Digest],
    messenger: Messenger,
    slot: datetime,
    *,
    now: datetime,
) -> int:
    payloads = [payload for digest in made for payload in messenger.render(digest)]
    async with database.write() as connection:
        if not await subscriptions.claim_slot(connection, subscription, slot):
            return 0
        for digest in made:
            await _save_one(connection, subscription, digest, slot, now=now)
        await deliveries.add(connection, subscription, payloads, slot_at=slot, now=now)
    log.info("digest written", subscription=subscription.id, slot=slot.isoformat())
    return len(made)


async def _save_one(
    connection: AsyncConnection,
    subscription: Subscription,
    digest: Digest,
    slot: datetime,
    *,
    now: datetime,
) -> None:
    await digests.save(connection, subscription.id, digest, slot_at=slot, now=now)
    await digests.save_told(connection, subscription.destination, digest, now=now)
