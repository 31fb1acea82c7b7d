"""When a feed is asked again, and what is remembered of the last time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.model import FeedState, ParsedEntry

# How often a feed is asked that wishes nothing else: FreshRSS' default.
POLL_INTERVAL = timedelta(minutes=20)

# The longest wait that a feed's ttl, max-age, Expires or Retry-After can bring about:
# Miniflux' cap. A mistaken header must not silence a feed for a year.
LONGEST_WAIT = timedelta(hours=24)

# After n failures in a row the wait is this times 2ⁿ⁻¹, as in MonitoRSS.
FIRST_RETRY = timedelta(minutes=5)
MAX_DOUBLINGS = 16

# Waits are stretched by up to this share, so that feeds spread out in time.
JITTER = 0.1

# A news feed whose newest entry is older than this is frozen, though it answers: NHK's old
# addresses have answered 200 with the entries of one month for half a year.
FROZEN_AFTER = timedelta(days=30)

GONE = "The publisher has closed this feed (410): it is no longer polled; remove or replace it."
FROZEN = "The newest entry is of {day}: the feed seems frozen; look for its new address."


def after_success(
    state: FeedState,
    *,
    now: datetime,
    etag: str | None,
    last_modified: str | None,
    wishes: Iterable[timedelta | None] = (),
    notice: str | None = None,
    interval: timedelta = POLL_INTERVAL,
    jitter: float = 0.0,
) -> FeedState:
    """Return the state after the feed answered.

    The validators replace the old ones, even by None. ``wishes`` are the feed's ttl and its
    answer's freshness: the longest counts, at least ``interval``, at most LONGEST_WAIT.
    ``notice`` is a problem that is no failure. ``jitter`` is in 0..1.
    """
    wait = max([interval, *(wish for wish in wishes if wish is not None)])
    return replace(
        state,
        etag=etag or None,
        last_modified=last_modified or None,
        next_check_at=now + _spread(wait, jitter),
        checked_at=now,
        succeeded_at=now,
        failures=0,
        problem=notice,
        gone=False,
    )


def after_not_modified(
    state: FeedState,
    *,
    now: datetime,
    etag: str | None,
    last_modified: str | None,
    wishes: Iterable[timedelta | None] = (),
    interval: timedelta = POLL_INTERVAL,
    jitter: float = 0.0,
) -> FeedState:
    """Return the state after a 304: renewed validators replace the old, missing ones do not.

    What was noticed of the document still holds of it; a failure is over.
    """
    return after_success(
        state,
        now=now,
        etag=etag or state.etag,
        last_modified=last_modified or state.last_modified,
        wishes=wishes,
        notice=state.problem if state.failures == 0 else None,
        interval=interval,
        jitter=jitter,
    )


def after_failure(
    state: FeedState,
    *,
    now: datetime,
    problem: str,
    retry_after: timedelta | None = None,
    jitter: float = 0.0,
) -> FeedState:
    """Return the state after a failure: validators stay, the wait doubles up to LONGEST_WAIT.

    ``retry_after`` is the server's own wish: the wait is never shorter, within the cap.
    """
    failures = state.failures + 1
    wait = FIRST_RETRY * (1 << min(failures - 1, MAX_DOUBLINGS))
    return replace(
        state,
        next_check_at=now + _spread(max(wait, retry_after or wait), jitter),
        checked_at=now,
        failures=failures,
        problem=problem,
    )


def after_gone(state: FeedState, *, now: datetime) -> FeedState:
    """Return the state of a feed that was closed for good: it is not due again."""
    return replace(state, next_check_at=None, checked_at=now, problem=GONE, gone=True)


def frozen_notice(entries: Iterable[ParsedEntry], *, now: datetime) -> str | None:
    """Say that a feed is frozen where its newest dated entry is older than FROZEN_AFTER."""
    dates = [entry.published_at for entry in entries if entry.published_at is not None]
    newest = max(dates, default=now)
    if now - newest <= FROZEN_AFTER:
        return None
    return FROZEN.format(day=newest.date().isoformat())


def _spread(wait: timedelta, jitter: float) -> timedelta:
    return min(wait, LONGEST_WAIT) * (1 + JITTER * jitter)
