"""Which digests are due, which of them are the same but for their destinations, and their saving.

Many channels want the same digest at the same moment. It is composed and rendered once for
all that want the same and have been told the same.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.arc import is_weekly
from bot.domain.model import (
    NO_FILTERS,
    Destination,
    Digest,
    Filters,
    Language,
    Length,
    Slot,
    SlotStatus,
    Subscription,
)
from bot.domain.planning import Plan, plan, stepped_back
from bot.domain.schedule import covered_since
from bot.jobs.extras import NOTHING, Extras, extras_of
from bot.jobs.extras import record as record_extras
from bot.jobs.shelf import Shelf
from bot.storage import deliveries, digests, slots, subscriptions
from bot.storage.database import Database

log = structlog.get_logger()

# Subscriptions that are read at a time: a thousand rows take some ten milliseconds.
PAGE = 1_000

# Digests that one transaction saves: it is over in well under a second, so that no other
# writer waits for long, and a death loses little work.
BATCH = 100

# (story id, its version or its count of updates) of what a destination was told
Known = frozenset[tuple[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A subscription whose slots are due, and what is to become of them."""

    subscription: Subscription
    plan: Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What makes a digest: subscriptions that want the same get the same."""

    platform: str
    topics: tuple[str, ...]
    language: Language
    zone: str
    max_stories: int
    since: datetime
    slot: Slot
    skipped: int
    filters: Filters = NO_FILTERS
    length: Length = Length.FULL
    weekly: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Alike:
    """Subscriptions that want the same digest and were told the same of its stories.

    ``extras`` are what the digest carries beside them, the same for all members.
    """

    wanted: Wanted
    told: Mapping[int, int]
    members: tuple[Due, ...]
    updates: Mapping[int, int] = field(default_factory=dict)
    extras: Extras = NOTHING


async def find_due(
    database: Database,
    platforms: Collection[str],
    *,
    until: datetime,
    now: datetime,
    waits: Callable[[int], bool] = lambda subscription_id: False,
) -> list[Due]:
    """Return the subscriptions whose slots up to ``until`` are to be looked at, with their plans.

    Those that ``waits`` names by their ids are left for later.
    """
    found = await _all_due(database, platforms, until=until)
    if any(stepped_back(subscription.last_slot_at, now=now) for subscription in found):
        async with database.write() as connection:
            count = await slots.take_back(connection, now=now)
        log.warning("the clock was ahead: slots that are yet to come are due again", count=count)
        found = await _all_due(database, platforms, until=until)
    return [due for s in found if not waits(s.id) for due in _plan(s, until=until)]


async def _all_due(
    database: Database, platforms: Collection[str], *, until: datetime
) -> list[Subscription]:
    found: list[Subscription] = []
    while True:
        async with database.read() as connection:
            page = await subscriptions.due(
                connection,
                platforms,
                until=until,
                after_id=found[-1].id if found else 0,
                limit=PAGE,
            )
        found += page
        if len(page) < PAGE:
            return found


def _plan(subscription: Subscription, *, until: datetime) -> Iterator[Due]:
    try:
        yield Due(subscription=subscription, plan=plan(subscription, now=until))
    except Exception:
        # Such as a zone that this machine does not know: the others go on.
        log.exception("slots cannot be worked out", subscription=subscription.id)


def in_turns(due: Iterable[Due]) -> list[list[Due]]:
    """Return the same in rounds that have each destination once.

    What a channel is told by one of its subscriptions, the next one leaves out.
    """
    turns: list[list[Due]] = []
    seen: dict[Destination, int] = defaultdict(int)
    for one in due:
        turn = seen[one.subscription.destination]
        seen[one.subscription.destination] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(one)
    return turns


async def sort_alike(
    database: Database, due: Iterable[Due], shelf: Shelf, *, now: datetime
) -> list[Alike]:
    """Return the subscriptions in groups that get the same digest."""
    groups: dict[Wanted, list[Due]] = defaultdict(list)
    for one in due:
        if one.plan.tell is not None:
            groups[_wanted(one.subscription, one.plan, one.plan.tell)].append(one)
    return [
        alike
        for wanted, members in groups.items()
        for alike in await _split(database, wanted, members, shelf, now=now)
    ]


def _wanted(subscription: Subscription, planned: Plan, tell: Slot) -> Wanted:
    taste = subscription.taste
    return Wanted(
        platform=subscription.destination.platform,
        topics=tuple(dict.fromkeys(taste.topics)),
        language=taste.language,
        zone=taste.schedule.zone,
        max_stories=taste.max_stories,
        since=covered_since(taste.schedule, tell.slot_at, covered_until=subscription.covered_until),
        slot=tell,
        skipped=len(planned.skipped),
        filters=taste.filters,
        length=taste.length,
        weekly=is_weekly(taste.schedule),
    )


async def _split(
    database: Database, wanted: Wanted, members: Sequence[Due], shelf: Shelf, *, now: datetime
) -> list[Alike]:
    """Divide those who want the same by what they have been told, and by what they are owed."""
    found = [
        await shelf.wanted(t, wanted.filters, since=wanted.since, until=now) for t in wanted.topics
    ]
    story_ids = {story.id for stories in found for story in stories}
    async with database.read() as connection:
        told = await digests.told_to(
            connection, {one.subscription.destination for one in members}, story_ids
        )
        updates = await digests.updates_told(connection, set(told), story_ids)
        extras = await extras_of(connection, _slots_of(members), shelf.calendar, now=now)
    groups: dict[tuple[Known, Known, Extras], list[Due]] = defaultdict(list)
    for one in members:
        where = one.subscription.destination
        known, counted = (frozenset(table[where].items()) for table in (told, updates))
        groups[known, counted, extras[one.subscription.id]].append(one)
    return [
        Alike(
            wanted=wanted,
            told=dict(known),
            updates=dict(counted),
            members=tuple(some),
            extras=beside,
        )
        for (known, counted, beside), some in groups.items()
    ]


def _slots_of(members: Sequence[Due]) -> list[tuple[Subscription, Slot, datetime]]:
    """Return each with the slot that is told and the first one that it stands for."""
    return [
        (one.subscription, tell, min([tell.slot_at, *(s.slot_at for s in one.plan.skipped)]))
        for one in members
        if (tell := one.plan.tell) is not None
    ]


async def settle_untold(database: Database, due: Sequence[Due], *, now: datetime) -> None:
    """Save when to look again at those of which nothing is told, and what they skipped."""
    for some in _batches(due):
        async with database.write() as connection:
            await _settle(connection, await _unchanged(connection, some), now=now)


async def save_alike(
    database: Database,
    alike: Alike,
    made: Sequence[Digest],
    payloads: Sequence[str],
    *,
    now: datetime,
) -> int:
    """Save the digests with their slots, their deliveries and what is told by them.

    Returns how many were saved: subscriptions that another process has served, or that
    were changed meanwhile, are left out.
    """
    saved = 0
    methods = Counter(item.method for digest in made for item in digest.items)
    for some in _batches(alike.members):
        async with database.write() as connection:
            same = await _unchanged(connection, some)
            # What broke meanwhile was told to the destination by now: composed anew without it.
            same = await _told_the_same(connection, alike, same, made)
            settled = await _settle(connection, same, now=now)
            for digest in made if settled else ():
                await _save(connection, settled, digest, alike.wanted.slot, now=now)
            slot_at = alike.wanted.slot.slot_at
            ids = [subscription.id for subscription in settled]
            await record_extras(connection, ids, alike.extras, slot_at=slot_at, now=now)
            await deliveries.add_for(connection, settled, payloads, slot_at=slot_at, now=now)
        saved += len(settled) * len(made)
        _log(some, settled, methods)
    return saved


async def _unchanged(connection: AsyncConnection, due: Sequence[Due]) -> list[Due]:
    """Return those that are still as they were planned, and keep them so until the commit."""
    current = await subscriptions.lock(connection, [one.subscription.id for one in due])
    return [one for one in due if current.get(one.subscription.id) == one.subscription]


async def _told_the_same(
    connection: AsyncConnection, alike: Alike, due: Sequence[Due], made: Sequence[Digest]
) -> list[Due]:
    """Return those whose destination still was told the same of what the digests tell."""
    story_ids = {item.story_id for digest in made for item in digest.items}
    known = {i: version for i, version in alike.told.items() if i in story_ids}
    where = {one.subscription.destination for one in due}
    told = await digests.told_to(connection, where, story_ids) if story_ids else {}
    return [one for one in due if told.get(one.subscription.destination, known) == known]


async def _settle(
    connection: AsyncConnection, due: Sequence[Due], *, now: datetime
) -> list[Subscription]:
    """Record the planned slots; return the subscriptions whose slot was not told before."""
    planned = [
        (one.subscription.id, slot)
        for one in due
        for slot in (*one.plan.skipped, *filter(None, [one.plan.tell]))
    ]
    new = await slots.record(connection, planned, now=now)
    plans = {one.subscription.id: one.plan for one in due}
    await subscriptions.settle(connection, plans, covered_until=now)
    return [
        one.subscription
        for one in due
        if one.plan.tell is not None and (one.subscription.id, one.plan.tell.slot_at) in new
    ]


async def _save(
    connection: AsyncConnection,
    settled: Sequence[Subscription],
    digest: Digest,
    slot: Slot,
    *,
    now: datetime,
) -> None:
    ids = [subscription.id for subscription in settled]
    await digests.save(connection, ids, digest, slot_at=slot.slot_at, now=now)
    destinations = [subscription.destination for subscription in settled]
    await digests.save_told(connection, destinations, digest, now=now)


def _log(due: Sequence[Due], settled: Sequence[Subscription], methods: Mapping[str, int]) -> None:
    written = {subscription.id for subscription in settled}
    for one in due:
        if one.plan.tell is not None and one.subscription.id in written:
            log.info(
                "digest written",
                subscription=one.subscription.id,
                slot=one.plan.tell.slot_at.isoformat(),
                late=one.plan.tell.status is SlotStatus.LATE,
                skipped=len(one.plan.skipped),
                # How its summaries were made: extractive=3, llm:NAME=2.
                made=",".join(f"{name}={count}" for name, count in sorted(methods.items())),
            )


def _batches(due: Sequence[Due]) -> Iterator[Sequence[Due]]:
    return (due[start : start + BATCH] for start in range(0, len(due), BATCH))
