"""In which digests of which subscriptions a story was told, and why not in the others."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.compose import Chosen, choose
from bot.domain.explanation import SubscriptionFate
from bot.domain.filters import Rule, reason_left_out
from bot.domain.model import Reading, Story, Subscription
from bot.domain.ranking import House
from bot.domain.retention import cutoff
from bot.domain.schedule import next_slot, preview_since
from bot.domain.standing import (
    Standing,
    Written,
    known_before,
    missed_by,
    stand,
    within,
)
from bot.domain.topic import Level, Topic
from bot.domain.why import Case, PassedOver, Scope, Told, decide, passed_over
from bot.storage import digests, stories
from bot.storage import why as rows
from bot.storage.database import Database
from bot.storage.why import Document

# Digests that told a story come after its first report, and weekly ones up to a week and two
# days of catching up (bot.domain.planning) after its last; those a little earlier say what
# their readers knew already.
BEFORE, AFTER = timedelta(days=2), timedelta(days=9)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A story, or an entry that no story holds, of one topic.

    ``entry_id``: the report that was asked of, None where it was the whole story. ``reading``
    and ``level`` are that report's, or the story's lead's; None where it is yet to be read.
    """

    topic: Topic
    story: Story | None
    reading: Reading | None
    level: Level
    entry_id: int | None = None


class Fates:
    """Finds out what became of what is asked, for each subscription in a scope."""

    def __init__(
        self,
        connection: AsyncConnection,
        asked: Asked,
        scope: Scope | None,
        *,
        house: House,
        digest_days: int,
        now: datetime,
    ) -> None:
        """``digest_days``: how long digests are kept. ``scope`` None is the operator's.

        ``house`` says how this instance chooses stories.
        """
        self._connection = connection
        self._asked = asked
        self._scope = scope
        self._house = house
        self._kept_since = cutoff(digest_days, now=now)
        self._now = now
        # Subscriptions share their periods: those stories are read once.
        self._stories: dict[tuple[datetime, datetime, bool], list[Story]] = {}

    async def all(self) -> tuple[SubscriptionFate, ...]:
        """Return the fate in each subscription, in the workspaces' order."""
        story = self._asked.story
        told = await rows.last_told(self._connection, story.id, self._scope) if story else {}
        found: list[SubscriptionFate] = []
        for tenant in await rows.tenants(self._connection, self._scope):
            for one in tenant.subscriptions:
                case = await self._case(one, told.get(one.destination), has_left=tenant.has_left)
                found.append(SubscriptionFate(subscription=one, fate=decide(case)))
        return tuple(found)

    async def _case(
        self, subscription: Subscription, last: rows.LastTold | None, *, has_left: bool
    ) -> Case:
        asked, schedule = self._asked, subscription.taste.schedule
        case = Case(
            subscription=subscription,
            follows=asked.topic.id in subscription.taste.topics,
            reading=asked.reading,
            level=asked.level,
            story=asked.story,
            next_slot_at=next_slot(schedule, after=self._now),
            has_left=has_left,
        )
        if asked.story is None or not case.follows:
            return case
        is_known = last is not None and last.version >= asked.story.version
        case = replace(
            case,
            told_elsewhere=last.told_at if last and is_known else None,
            is_kept=asked.story.last_seen_at >= self._kept_since,
        )
        return await self._with_digests(case, asked.story)

    async def _with_digests(self, case: Case, story: Story) -> Case:
        """Add what the subscription's digests of the story's time held."""
        subscription = case.subscription
        found = await rows.documents(
            self._connection,
            subscription,
            self._asked.topic.id,
            since=story.first_seen_at - BEFORE,
            until=story.last_seen_at + AFTER,
        )
        told = await self._told(subscription, story, found)
        written = [one.written for one in found]
        missed = None if told else missed_by(written, story)
        since = preview_since(
            subscription.taste.schedule, self._now, covered_until=subscription.covered_until
        )
        return replace(
            case,
            told=told,
            missed=missed,
            filtered=await asyncio.to_thread(self._filtered, subscription, story),
            standing=await self._stood(subscription, story, missed, written) if missed else None,
            standing_now=await self._stands(subscription, story, since),
            looks_back_to=since,
        )

    def _filtered(self, subscription: Subscription, story: Story) -> str | None:
        """Return the filter that leaves the story out, if one does."""
        filters, house = subscription.taste.filters, self._house
        left = reason_left_out(story, filters, owners=house.owners, finds=house.finds)
        return None if left is None or left.rule is Rule.TOLD else left.rule

    async def _told(
        self, subscription: Subscription, story: Story, found: Sequence[Document]
    ) -> tuple[Told, ...]:
        """Return the digests that told the story, under its id or one that it had before."""
        reports = {entry.id for entry in story.entries}
        telling = [
            (one, place, item)
            for one in found
            for place, item in enumerate(one.items, start=1)
            if item.story_id == story.id or item.entries & reports
        ]
        slots = [one.written.slot_at for one, _, _ in telling]
        delivered = await rows.delivered(self._connection, subscription.id, slots)
        asked = self._asked.entry_id
        return tuple(
            Told(
                slot_at=one.written.slot_at,
                place=place,
                of=len(one.items),
                kind=item.kind,
                version=item.version,
                has_report=None if asked is None else asked in item.entries,
                delivery=delivered.get(one.written.slot_at),
                breaking=one.written.breaking,
            )
            for one, place, item in telling
        )

    async def _stood(
        self, subscription: Subscription, story: Story, missed: Written, written: Sequence[Written]
    ) -> Standing | None:
        """Return where the story stood in a digest that did not tell it.

        By the filters that the subscription has now: it may have had others then.
        """
        if not missed.left_out:
            return None
        limit, since, until = len(missed.versions), missed.since, missed.until
        found = await self._with_others(subscription, story, since, until)
        then = within(found, since=since, until=until)
        known = known_before(written, missed)
        chosen = await self._choose(then, subscription, known, limit=limit, now=until)
        return stand(chosen, limit=limit).get(story.id)

    async def _stands(
        self, subscription: Subscription, story: Story, since: datetime
    ) -> Standing | None:
        """Return where the story would stand in a digest now; None where it would have no part."""
        if story.last_seen_at <= since:
            return None
        found = await self._with_others(subscription, story, since, self._now)
        told = await digests.told_versions(self._connection, subscription.destination)
        limit = subscription.taste.max_stories
        chosen = await self._choose(found, subscription, told, limit=limit, now=self._now)
        return stand(chosen, limit=limit).get(story.id)

    async def _choose(
        self,
        found: Sequence[Story],
        subscription: Subscription,
        told: Mapping[int, int],
        *,
        limit: int,
        now: datetime,
    ) -> Chosen:
        # Twenty expressions over thousands of reports would hold up every heartbeat.
        return await asyncio.to_thread(
            choose,
            found,
            told=told,
            topic=self._asked.topic,
            limit=limit,
            now=now,
            filters=subscription.taste.filters,
            house=self._house,
        )

    async def _with_others(
        self, subscription: Subscription, story: Story, since: datetime, until: datetime
    ) -> list[Story]:
        """Return the story with those that the subscription may be told of the same time."""
        found = await self._around(since, until)
        if subscription.taste.filters.peripheral:
            found = [*found, *await self._around(since, until, peripheral=True)]
        return [story, *(one for one in found if one.id != story.id)]

    async def _around(
        self, since: datetime, until: datetime, *, peripheral: bool = False
    ) -> list[Story]:
        key = (since, until, peripheral)
        if key not in self._stories:
            self._stories[key] = await stories.around(
                self._connection,
                self._asked.topic.id,
                since=since,
                until=until,
                peripheral=peripheral,
            )
        return self._stories[key]


async def passed_over_now(
    database: Database,
    subscription: Subscription,
    topics: Sequence[Topic],
    *,
    house: House,
    now: datetime,
) -> tuple[PassedOver, ...]:
    """Return the stories that a subscription's digest would leave out now, topic by topic."""
    taste = subscription.taste
    since = preview_since(taste.schedule, now, covered_until=subscription.covered_until)
    limit = taste.max_stories
    found: list[PassedOver] = []
    async with database.read() as connection:
        told = await digests.told_versions(connection, subscription.destination)
        for topic in topics:
            latest = await stories.latest(connection, topic.id, since=since, until=now)
            if taste.filters.peripheral:
                latest += await stories.peripheral(connection, topic.id, since=since, until=now)
            chosen = await asyncio.to_thread(
                choose,
                latest,
                told=told,
                topic=topic,
                limit=limit,
                now=now,
                filters=taste.filters,
                house=house,
            )
            found += passed_over(chosen, limit=limit)
    return tuple(found)
