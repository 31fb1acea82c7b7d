"""Tells at once what many outlets report within minutes, to those who asked for it.

It goes the way of every digest: composed, rendered, frozen, put into the outbox with what has
been told by it in one transaction. Each story breaks once for a subscription.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.breaking import breaks, listening_since
from bot.domain.compose import DigestRequest
from bot.domain.errors import StorageError
from bot.domain.filters import reason_left_out
from bot.domain.model import Breaking, Digest, Filters, Language, Length, Story, Subscription, Taste
from bot.domain.ranking import House
from bot.domain.topic import Topic
from bot.jobs.shelf import Shelf
from bot.jobs.write_digests import DigestWriter, PutOff, payloads_of
from bot.platforms.messenger import Messenger
from bot.storage import broken, deliveries, digests, subscriptions
from bot.storage.database import Database
from bot.understanding.expressions import finds

log = structlog.get_logger()

# Slots are whole minutes: a moment beside them is no slot's.
BESIDE = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What makes a message: those who want the same, of the same stories, get the same.

    ``stories`` are ids with the versions that the destination was told before (0: none).
    """

    platform: str
    topics: tuple[str, ...]
    language: Language
    zone: str
    filters: Filters
    length: Length
    since: datetime
    stories: frozenset[tuple[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Newsroom:
    """What breaking news are found and written with."""

    database: Database
    writer: DigestWriter
    topics: Mapping[str, Topic]
    messengers: Mapping[str, Messenger]
    max_words: int
    house: House


async def break_stories(newsroom: Newsroom, put_off: PutOff, *, now: datetime) -> int:
    """Put what breaks now into the outbox; returns for how many subscriptions.

    One that fails is logged and tried again later; the others are told. Raises StorageError.
    """
    database = newsroom.database
    async with database.read() as connection:
        found = await subscriptions.told_at_once(connection, newsroom.messengers)
    waiting = [s for s in found if not put_off.holds(s.id, now=now)]
    shelf, told = Shelf(database), 0
    for wanted, members in (await _sort(newsroom, waiting, shelf, now=now)).items():
        told += await _tell(newsroom, wanted, members, put_off, now=now)
    return told


@dataclass(frozen=True, kw_only=True, slots=True)
class Breakers:
    """A subscription for which these stories (by their ids) broke since a moment."""

    subscription: Subscription
    since: datetime
    stories: Mapping[int, Story]


async def _sort(
    newsroom: Newsroom, found: Iterable[Subscription], shelf: Shelf, *, now: datetime
) -> dict[Wanted, list[Subscription]]:
    """Return those for whom something breaks, in groups that get the same message."""
    breakers = await _find(newsroom, found, shelf, now=now)
    if not breakers:
        return {}
    story_ids = {number for one in breakers for number in one.stories}
    async with newsroom.database.read() as connection:
        told = await digests.told_to(
            connection, {one.subscription.destination for one in breakers}, story_ids
        )
        before = await broken.of(connection, [b.subscription.id for b in breakers], story_ids)
    groups: dict[Wanted, list[Subscription]] = defaultdict(list)
    for one in breakers:
        known = told[one.subscription.destination]
        if untold := _untold(one.stories, known, before[one.subscription.id]):
            groups[_wanted(one.subscription, untold, one.since)].append(one.subscription)
    return groups


async def _find(
    newsroom: Newsroom, found: Iterable[Subscription], shelf: Shelf, *, now: datetime
) -> list[Breakers]:
    """Return for whom stories broke that were perhaps told already."""
    breakers = []
    # Many want the same, and what breaks for them is looked for once.
    known: dict[object, dict[int, Story]] = {}
    for subscription in found:
        taste, rule = subscription.taste, subscription.taste.breaking
        since = listening_since(rule, zone=taste.schedule.zone, now=now) if rule else None
        if rule is None or since is None:
            continue
        since = max(since, subscription.created_at)
        key = (taste.topics, rule.outlets, rule.minutes, taste.filters, since)
        if key not in known:
            known[key] = await _breaking(newsroom, taste, rule, shelf, since=since, now=now)
        if known[key]:
            breakers.append(Breakers(subscription=subscription, since=since, stories=known[key]))
    return breakers


async def _breaking(
    newsroom: Newsroom,
    taste: Taste,
    rule: Breaking,
    shelf: Shelf,
    *,
    since: datetime,
    now: datetime,
) -> dict[int, Story]:
    owners, filters = newsroom.house.owners, taste.filters
    candidates = [
        story
        for topic in taste.topics
        if topic in newsroom.topics
        for story in await shelf.stories(topic, since=since, until=now)
    ]
    return {
        story.id: story
        for story in candidates
        if breaks(story, rule, owners=owners, since=since, now=now)
        and reason_left_out(story, filters, owners=owners, finds=finds) is None
    }


def _untold(
    breaking: Mapping[int, Story], told: Mapping[int, int], before: Collection[int]
) -> frozenset[tuple[int, int]]:
    """Return which stories are still to be told, with the versions told of them before."""
    return frozenset(
        (number, told.get(number, 0))
        for number, story in breaking.items()
        if number not in before and story.version > told.get(number, 0)
    )


def _wanted(
    subscription: Subscription, untold: frozenset[tuple[int, int]], since: datetime
) -> Wanted:
    taste = subscription.taste
    minutes = taste.breaking.minutes if taste.breaking else 0
    return Wanted(
        platform=subscription.destination.platform,
        topics=taste.topics,
        language=taste.language,
        zone=taste.schedule.zone,
        filters=taste.filters,
        length=taste.length,
        # The reports that made it breaking came in these minutes.
        since=since - timedelta(minutes=minutes),
        stories=untold,
    )


async def _tell(
    newsroom: Newsroom,
    wanted: Wanted,
    members: Sequence[Subscription],
    put_off: PutOff,
    *,
    now: datetime,
) -> int:
    told = 0
    try:
        made = [await newsroom.writer.write(r) for r in _requests(newsroom, wanted, now=now)]
        made = [digest for digest in made if digest.items]
        messenger = newsroom.messengers[wanted.platform]
        payloads = await asyncio.to_thread(payloads_of, messenger, made)
        for member in members:
            told += await _save(newsroom.database, wanted, member, made, payloads, now=now)
            put_off.succeeded(member.id)
    except StorageError:
        raise
    except Exception:
        for member in members:
            put_off.failed(member.id, now=now)
        log.exception("breaking news not written", subscriptions=[m.id for m in members])
    return told


def _requests(newsroom: Newsroom, wanted: Wanted, *, now: datetime) -> list[DigestRequest]:
    return [
        DigestRequest(
            topic=newsroom.topics[topic],
            language=wanted.language,
            zone=wanted.zone,
            since=wanted.since,
            until=now,
            max_stories=len(wanted.stories),
            max_words=newsroom.max_words,
            told={number: version for number, version in wanted.stories if version},
            slot_at=now,
            filters=wanted.filters,
            length=wanted.length,
            breaking=frozenset(number for number, _ in wanted.stories),
        )
        for topic in dict.fromkeys(wanted.topics)
        if topic in newsroom.topics
    ]


async def _save(
    database: Database,
    wanted: Wanted,
    subscription: Subscription,
    made: Sequence[Digest],
    payloads: Sequence[str],
    *,
    now: datetime,
) -> bool:
    """Save the message with what is told by it, unless that has been told meanwhile."""
    async with database.write() as connection:
        if not made or not await _still_untold(connection, wanted, subscription):
            return False
        where, story_ids = subscription.destination, [i for i, _ in wanted.stories]
        await broken.record(connection, subscription.id, story_ids, now=now)
        at = beside_slots(now)
        for digest in made:
            await digests.save(connection, [subscription.id], digest, slot_at=at, now=now)
            await digests.save_told(connection, [where], digest, now=now)
        await deliveries.add(connection, subscription, payloads, slot_at=at, now=now)
    log.info("breaking news written", subscription=subscription.id, stories=sorted(story_ids))
    return True


async def _still_untold(
    connection: AsyncConnection, wanted: Wanted, subscription: Subscription
) -> bool:
    """Tell whether nothing has changed since the message was composed, and keep it so.

    All subscriptions of the destination are locked, whose digests lock their own.
    """
    where = subscription.destination
    await subscriptions.at(connection, where)
    current = await subscriptions.lock(connection, [subscription.id])
    if current.get(subscription.id) is None or current[subscription.id].taste != subscription.taste:
        return False
    ids = [number for number, _ in wanted.stories]
    told = (await digests.told_to(connection, [where], ids))[where]
    before = (await broken.of(connection, [subscription.id], ids))[subscription.id]
    return not before and all(told.get(i, 0) == version for i, version in wanted.stories)


def beside_slots(now: datetime) -> datetime:
    """Return the moment, or one just after it where it could be a slot's."""
    return now if now.second or now.microsecond else now + BESIDE
