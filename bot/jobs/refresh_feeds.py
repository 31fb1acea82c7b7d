"""Poll the feeds that are due: fetch, parse, save entries and state together."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import stamina
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError
from bot.domain.model import (
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    Gone,
    Moved,
    NotModified,
    ParsedFeed,
)
from bot.domain.outlets import Outlets
from bot.domain.polling import (
    POLL_INTERVAL,
    after_failure,
    after_gone,
    after_not_modified,
    after_success,
    frozen_notice,
)
from bot.feeds.fetch import Fetcher
from bot.feeds.parsing import FeedParser
from bot.feeds.unreadable import NO_ENTRIES
from bot.feeds.urls import shown_url
from bot.storage import clocks, entries, feeds
from bot.storage.database import STORAGE_ATTEMPTS, Database

# So many feeds more than the fetcher asks at once are parsed and saved meanwhile. It also
# bounds the memory, for each holds one document.
PARSED_AT_ONCE = 4

UNEXPECTED = "Strait failed on this feed by a mistake of its own, which its log describes."

log = structlog.get_logger(__name__)


class FeedStatus(StrEnum):
    """How the poll of a feed ended."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedResult:
    """What came of one feed. ``problem`` with the status READ is a notice, no failure."""

    feed: Feed
    status: FeedStatus
    entries: int = 0
    new: int = 0
    changed: int = 0
    problem: str | None = None
    moved_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshTotals:
    """What came of all feeds, in the order in which they ended."""

    results: tuple[FeedResult, ...]

    def count(self, status: FeedStatus) -> int:
        """Return how many feeds ended so."""
        return sum(result.status is status for result in self.results)

    @property
    def new(self) -> int:
        """The entries that were not known before."""
        return sum(result.new for result in self.results)

    @property
    def changed(self) -> int:
        """The entries that were known with another title or text."""
        return sum(result.changed for result in self.results)


@dataclass(frozen=True, kw_only=True)
class _Poll:
    """The parts that a poll needs, and its time."""

    database: Database
    fetcher: Fetcher
    parser: FeedParser
    outlets: Outlets
    now: datetime
    interval: timedelta
    jitter: Callable[[], float]


async def refresh_feeds(
    *,
    database: Database,
    fetcher: Fetcher,
    parser: FeedParser,
    outlets: Outlets,
    now: datetime,
    only_due: bool = True,
    interval: timedelta = POLL_INTERVAL,
    on_start: Callable[[int], None] | None = None,
    on_result: Callable[[FeedResult], None] | None = None,
    jitter: Callable[[], float] = random.random,
) -> RefreshTotals:
    """Poll the feeds that are due, or every feed, and return what came of each.

    ``on_start`` is told how many there are, ``on_result`` each result as it comes. A feed
    that fails is marked with the reason and asked again later; the others go on. Raises
    StorageError where the database fails; what was saved until then stays.
    """
    poll = _Poll(
        database=database,
        fetcher=fetcher,
        parser=parser,
        outlets=outlets,
        now=now,
        interval=interval,
        jitter=jitter,
    )
    chosen = await _chosen(poll, only_due=only_due)
    if on_start:
        on_start(len(chosen))
    results: list[FeedResult] = []

    def record(result: FeedResult) -> None:
        results.append(result)
        if on_result:
            on_result(result)

    await _refresh_all(poll, iter(chosen), record)
    await _note_clock(poll)
    return RefreshTotals(results=tuple(results))


async def _note_clock(poll: _Poll) -> None:
    """Keep how far our clock is from the servers', for ``doctor``."""
    offset = poll.fetcher.clock_offset
    if offset is not None:
        async with poll.database.write() as connection:
            await clocks.save_offset(connection, offset)


async def _chosen(poll: _Poll, *, only_due: bool) -> Sequence[tuple[Feed, FeedState]]:
    async with poll.database.read() as connection:
        if only_due:
            return await feeds.feeds_due(connection, poll.now)
        known = await feeds.all_feeds(connection)
    return [(feed, state) for feed, state in known if not state.gone]


async def _refresh_all(
    poll: _Poll,
    chosen: Iterator[tuple[Feed, FeedState]],
    record: Callable[[FeedResult], None],
) -> None:
    async def work() -> None:
        # The runners share one iterator: each takes the next feed when it is free.
        for feed, state in chosen:
            record(await _guarded(poll, feed, state))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(poll.fetcher.limits.concurrency + PARSED_AT_ONCE):
                group.create_task(work())
    except* StorageError as errors:
        failure = errors.exceptions[0]
    else:
        return
    raise failure


async def _guarded(poll: _Poll, feed: Feed, state: FeedState) -> FeedResult:
    """Refresh one feed; a mistake of our own marks it and does not reach the others."""
    try:
        return await _refresh(poll, feed, state)
    except StorageError:
        raise
    except Exception:
        log.exception("feed_failed_unexpectedly", feed=feed.id, url=shown_url(feed.url))
        return await _fail(poll, feed, state, FetchFailed(problem=UNEXPECTED))


@stamina.retry(on=StorageError, attempts=STORAGE_ATTEMPTS)
async def _refresh(poll: _Poll, feed: Feed, state: FeedState) -> FeedResult:
    outcome = await poll.fetcher.fetch(feed, state)
    moved_to = None
    if isinstance(outcome, Moved):
        moved_to, outcome = outcome.url, outcome.outcome
    match outcome:
        case Fetched():
            return await _read(poll, feed, state, outcome, moved_to)
        case NotModified():
            return await _keep(poll, feed, state, outcome, moved_to)
        case Gone():
            gone = after_gone(state, now=poll.now)
            async with poll.database.write() as connection:
                await feeds.save_state(connection, gone)
            return FeedResult(feed=feed, status=FeedStatus.GONE, problem=gone.problem)
        case FetchFailed():
            return await _fail(poll, feed, state, outcome)


async def _read(
    poll: _Poll, feed: Feed, state: FeedState, fetched: Fetched, moved_to: str | None
) -> FeedResult:
    parsed = await poll.parser.parse(fetched, zone=feed.zone, now=poll.now)
    if parsed.problem not in {None, NO_ENTRIES}:
        # The validators stay the old ones: the same document is asked for again.
        return await _fail(poll, feed, state, FetchFailed(problem=parsed.problem or UNEXPECTED))
    after = _state_after(poll, state, fetched, parsed)
    # One transaction: validators must not move on without the entries that they stand for.
    async with poll.database.write() as connection:
        saved = await entries.save_parsed(
            connection, feed, parsed.entries, outlets=poll.outlets, now=poll.now
        )
        await feeds.save_state(connection, after)
        kept = await _save_moved(connection, feed, moved_to if parsed.entries else None)
    return FeedResult(
        feed=feed,
        status=FeedStatus.READ,
        entries=len(parsed.entries),
        new=saved.new,
        changed=saved.changed,
        problem=after.problem,
        moved_to=kept,
    )


def _state_after(poll: _Poll, state: FeedState, fetched: Fetched, parsed: ParsedFeed) -> FeedState:
    return after_success(
        state,
        now=poll.now,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        wishes=(fetched.fresh_for, parsed.ttl),
        notice=parsed.problem or frozen_notice(parsed.entries, now=poll.now),
        interval=poll.interval,
        jitter=poll.jitter(),
    )


async def _keep(
    poll: _Poll, feed: Feed, state: FeedState, answer: NotModified, moved_to: str | None
) -> FeedResult:
    after = after_not_modified(
        state,
        now=poll.now,
        etag=answer.etag,
        last_modified=answer.last_modified,
        wishes=(answer.fresh_for,),
        interval=poll.interval,
        jitter=poll.jitter(),
    )
    async with poll.database.write() as connection:
        await feeds.save_state(connection, after)
        kept = await _save_moved(connection, feed, moved_to)
    return FeedResult(feed=feed, status=FeedStatus.UNCHANGED, problem=after.problem, moved_to=kept)


async def _fail(poll: _Poll, feed: Feed, state: FeedState, failed: FetchFailed) -> FeedResult:
    after = after_failure(
        state,
        now=poll.now,
        problem=failed.problem,
        retry_after=failed.retry_after,
        jitter=poll.jitter(),
    )
    async with poll.database.write() as connection:
        await feeds.save_state(connection, after)
    log.warning("feed_failed", feed=feed.id, problem=after.problem, failures=after.failures)
    return FeedResult(feed=feed, status=FeedStatus.FAILED, problem=after.problem)


async def _save_moved(connection: AsyncConnection, feed: Feed, moved_to: str | None) -> str | None:
    """Save a feed's new address; returns it, or None where the old one stays."""
    if moved_to is None or _is_downgrade(feed.url, moved_to):
        return None
    return moved_to if await feeds.save_moved(connection, feed.id, moved_to) else None


def _is_downgrade(old: str, new: str) -> bool:
    # Anyone on the way could have sent the feed away from its secure address for good.
    return old.lower().startswith("https:") and not new.lower().startswith("https:")
