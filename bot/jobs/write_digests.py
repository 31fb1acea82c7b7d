"""Writes the digests that are due: composed, rendered, frozen, put into the outbox."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.arc import DAYS, week_arc
from bot.domain.calendar import Occasion
from bot.domain.compose import (
    Chosen,
    DigestRequest,
    choose,
    compose,
    compose_item,
    documents,
    news_of,
)
from bot.domain.corrections import corrected
from bot.domain.errors import StorageError
from bot.domain.filters import reason_left_out
from bot.domain.lens import Lens, Viewpoint, look, new_since
from bot.domain.model import (
    Digest,
    DigestItem,
    Entry,
    IssueWeek,
    ItemKind,
    Length,
    SlotStatus,
    Story,
    Summary,
)
from bot.domain.ranking import DEFAULT_HOUSE, House
from bot.domain.retry import LONGEST_DELAY, back_off
from bot.domain.timeline import ToneWords
from bot.domain.topic import Topic
from bot.jobs.due_digests import (
    Alike,
    find_due,
    in_turns,
    save_alike,
    settle_untold,
    sort_alike,
)
from bot.jobs.extras import carry
from bot.jobs.shelf import Shelf
from bot.platforms.messenger import Messenger
from bot.storage import corrections, summaries
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from bot.summarize.llm import PASSING, LlmSummarizer
from bot.summarize.newest import newest_sentence
from bot.understanding.expressions import finds

log = structlog.get_logger()

# Summaries kept in memory: some two days' stories in three languages, a kilobyte each.
MOST_SUMMARIES = 2_000

# So long before a slot its summaries are made, so that the digest itself takes no time.
PREPARED_BEFORE = timedelta(minutes=3)

# A brief summary has half the words of a whole one, and one sentence at least.
FEWEST_WORDS = 20


class DigestWriter:
    """Composes digests from the database, keeping the summaries that it makes."""

    def __init__(
        self,
        database: Database,
        summarizer: ExtractiveSummarizer,
        *,
        model: LlmSummarizer | None = None,
        viewpoint: Viewpoint | None = None,
        house: House = DEFAULT_HOUSE,
        tone_words: ToneWords | None = None,
    ) -> None:
        """Write summaries with ``model`` where there is one, else by extraction.

        ``house`` says how stories are chosen; without ``tone_words`` an arc has no temperature.
        """
        self._viewpoint = viewpoint or Viewpoint()
        self._database = database
        self._summarizer = summarizer
        self._model = model
        self._house = replace(house, finds=finds)
        self._tone_words = tone_words or _no_words
        self._made: OrderedDict[tuple[int, str, str], Summary] = OrderedDict()

    async def write(self, request: DigestRequest, shelf: Shelf | None = None) -> Digest:
        """Choose, summarize and compose; saves nothing but new summaries.

        The shelf has what digests of the same moment share; without it all is read anew.
        """
        shelf = shelf or Shelf(self._database)
        times = {"since": request.since, "until": request.until}
        found = await shelf.wanted(request.topic.id, request.filters, **times)
        chosen = await self._choose(found, request)
        lens = await self._lens(request, shelf)
        told = [await self._item(story, kind, request, lens) for story, kind in chosen.stories]
        items = [_shortened(item, request) for item in await self._corrected(told)]
        read = await shelf.read_since(request.since, until=request.until)
        arc = await self._arc(request, shelf) if request.weekly else ()
        return _compose(items, request, chosen, read, arc)

    async def _choose(self, found: Sequence[Story], request: DigestRequest) -> Chosen:
        choice = partial(
            choose,
            [story for story in found if not request.breaking or story.id in request.breaking],
            told=request.told,
            topic=request.topic,
            limit=request.max_stories,
            now=request.until,
            filters=request.filters,
            house=self._house,
        )
        if not (request.filters.include or request.filters.exclude):
            return choice()
        # Twenty expressions over thousands of reports would hold up every heartbeat.
        return await asyncio.to_thread(choice)

    async def _arc(self, request: DigestRequest, shelf: Shelf) -> tuple[IssueWeek, ...]:
        """Return the week's arc of the stories that fit, told before or not."""
        since = request.until - timedelta(days=DAYS)
        found = await shelf.stories(request.topic.id, since=since, until=request.until)
        # Expressions and tone words over a week of reports would hold up every heartbeat.
        return await asyncio.to_thread(self._week, found, request)

    def _week(self, found: Sequence[Story], request: DigestRequest) -> tuple[IssueWeek, ...]:
        house = self._house
        fitting = [
            story
            for story in found
            if not reason_left_out(story, request.filters, owners=house.owners, finds=house.finds)
        ]
        return week_arc(
            fitting,
            until=request.until,
            zone=request.zone,
            language=request.language,
            words=self._tone_words,
            sides=request.topic.sides,
        )

    async def _lens(self, request: DigestRequest, shelf: Shelf) -> Lens:
        return Lens(
            viewpoint=self._viewpoint,
            sides=request.topic.sides,
            language=request.language,
            now=request.until,
            answers=await shelf.answers(request.topic.sides),
            told=request.told,
            updates=request.updates,
        )

    async def _item(
        self, story: Story, kind: ItemKind, request: DigestRequest, lens: Lens
    ) -> DigestItem:
        summary = await self._summary(story, request)
        newest = None
        if kind is ItemKind.UPDATE and summary.changed is None:
            newest = await asyncio.to_thread(
                newest_sentence,
                documents(story.entries),
                [str(entry.id) for entry in new_since(story, request.told[story.id])],
                summary.language,
            )
        item = compose_item(story, kind, summary)
        return await asyncio.to_thread(look, item, story, summary, lens, newest)

    async def _corrected(self, items: Sequence[DigestItem]) -> list[DigestItem]:
        async with self._database.read() as connection:
            made = await corrections.of_stories(connection, [item.story_id for item in items])
        return [corrected(item, made.get(item.story_id, ())) for item in items]

    async def _summary(self, story: Story, request: DigestRequest) -> Summary:
        reports = news_of(story, since=request.since)
        made_of = _fingerprint(reports, _words(request), self._model)
        key = (story.id, request.language.value, made_of)
        if key in self._made:
            return self._made[key]
        summary = await self._get_or_make(story, reports, made_of, request)
        if summary.method not in PASSING:
            self._made[key] = summary
        if len(self._made) > MOST_SUMMARIES:
            self._made.popitem(last=False)
        return summary

    async def _get_or_make(
        self, story: Story, reports: Sequence[Entry], made_of: str, request: DigestRequest
    ) -> Summary:
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
            max_words=_words(request),
            before=told,
        )

    def _summarize(self, reports: Sequence[Entry], request: DigestRequest) -> Summary:
        return self._summarizer.summarize(
            documents(reports), language=request.language, max_words=_words(request)
        )


def _compose(
    items: Sequence[DigestItem],
    request: DigestRequest,
    chosen: Chosen,
    read: tuple[int, int],
    arc: tuple[IssueWeek, ...],
) -> Digest:
    return compose(
        items,
        topic=request.topic,
        language=request.language,
        zone=request.zone,
        since=request.since,
        until=request.until,
        left_out=chosen.left_out,
        read=read,
        slot_at=request.slot_at,
        late=request.late,
        slots_skipped=request.slots_skipped,
        outside=chosen.outside,
        arc=arc,
        breaking=bool(request.breaking),
    )


def _words(request: DigestRequest) -> int:
    """Return how many words a summary may have; headlines alone share the whole summary's."""
    if request.length is Length.BRIEF:
        return max(request.max_words // 2, FEWEST_WORDS)
    return request.max_words


def _shortened(item: DigestItem, request: DigestRequest) -> DigestItem:
    return replace(item, sentences=()) if request.length is Length.HEADLINES else item


def _no_words(title: str, language: str) -> frozenset[str]:
    return frozenset()


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
        # A wait that is longer than any was begun by a clock that was ahead.
        return now < until <= now + LONGEST_DELAY

    def failed(self, subscription_id: int, *, now: datetime) -> None:
        """Let the subscription wait, twice as long after each failure in a row."""
        count = self._failures.get(subscription_id, (0, now))[0] + 1
        self._failures[subscription_id] = (count, now + back_off(count))

    def succeeded(self, subscription_id: int) -> None:
        """Forget the subscription's failures."""
        self._failures.pop(subscription_id, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Making:
    """What digests are made with."""

    database: Database
    writer: DigestWriter
    topics: Mapping[str, Topic]
    max_words: int

    async def make(self, alike: Alike, shelf: Shelf, *, now: datetime) -> list[Digest]:
        """Compose the digests that all members of a group get, one for each topic."""
        requests = self._requests(alike, now=now)
        made = [await self.writer.write(request, shelf) for request in requests]
        topics = [request.topic for request in requests]
        async with self.database.read() as connection:
            return await carry(connection, made, alike.extras, shelf.calendar, topics)

    def _requests(self, alike: Alike, *, now: datetime) -> list[DigestRequest]:
        wanted = alike.wanted
        return [
            DigestRequest(
                topic=self.topics[topic],
                language=wanted.language,
                zone=wanted.zone,
                since=wanted.since,
                until=now,
                max_stories=wanted.max_stories,
                max_words=self.max_words,
                told=alike.told,
                updates=alike.updates,
                slot_at=wanted.slot.slot_at,
                late=wanted.slot.status is SlotStatus.LATE,
                slots_skipped=wanted.skipped,
                filters=wanted.filters,
                length=wanted.length,
                weekly=wanted.weekly,
            )
            for topic in wanted.topics
            if topic in self.topics
        ]


async def write_digests(
    *,
    database: Database,
    writer: DigestWriter,
    topics: Mapping[str, Topic],
    messengers: Mapping[str, Messenger],
    max_words: int,
    put_off: PutOff,
    now: datetime,
    calendar: Sequence[Occasion] = (),
) -> int:
    """Write every digest that is due; returns how many.

    A digest, its deliveries and what the destination has been told by it are saved
    together with the slot, so that no slot is written twice or lost. One that fails is
    logged and tried again later; the others are written. Raises StorageError.
    """
    making = Making(database=database, writer=writer, topics=topics, max_words=max_words)
    waits = partial(put_off.holds, now=now)
    due = await find_due(database, messengers, until=now, now=now, waits=waits)
    await settle_untold(database, [one for one in due if one.plan.tell is None], now=now)
    shelf, written = Shelf(database, calendar), 0
    for turn in in_turns(one for one in due if one.plan.tell is not None):
        for alike in await sort_alike(database, turn, shelf, now=now):
            messenger = messengers[alike.wanted.platform]
            written += await _write(making, alike, messenger, shelf, put_off, now=now)
    return written


async def _write(
    making: Making,
    alike: Alike,
    messenger: Messenger,
    shelf: Shelf,
    put_off: PutOff,
    *,
    now: datetime,
) -> int:
    ids = [one.subscription.id for one in alike.members]
    try:
        made = await making.make(alike, shelf, now=now)
        payloads = await asyncio.to_thread(payloads_of, messenger, made)
        saved = await save_alike(making.database, alike, made, payloads, now=now)
    except StorageError:
        raise
    except Exception:
        for number in ids:
            put_off.failed(number, now=now)
        log.exception("digest not written; it is tried again", subscriptions=ids)
        return 0
    for number in ids:
        put_off.succeeded(number)
    return saved


def payloads_of(messenger: Messenger, made: Sequence[Digest]) -> list[str]:
    """Return the frozen payloads of some digests, one after the other."""
    return [payload for digest in made for payload in messenger.render(digest)]


async def prepare_digests(
    *,
    database: Database,
    writer: DigestWriter,
    topics: Mapping[str, Topic],
    platforms: Collection[str],
    max_words: int,
    now: datetime,
) -> int:
    """Make the summaries that digests will need soon; returns for how many subscriptions.

    Nothing is told or settled by it: the digests themselves are composed when they are due,
    with what is new until then, from summaries that are there already.
    """
    making = Making(database=database, writer=writer, topics=topics, max_words=max_words)
    soon = await find_due(database, platforms, until=now + PREPARED_BEFORE, now=now)
    shelf = Shelf(database)
    alike = await sort_alike(database, soon, shelf, now=now)
    for group in alike:
        await making.make(group, shelf, now=now)
    return sum(len(group.members) for group in alike)
