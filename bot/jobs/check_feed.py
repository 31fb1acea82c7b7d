"""Asks a feed and says how it answers, without saving anything."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.domain.model import (
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Gone,
    Moved,
)
from bot.feeds.fetch import Fetcher
from bot.feeds.parsing import FeedParser
from bot.feeds.urls import shown_url

UNEXPECTED = "Strait failed on this feed by a mistake of its own, which its log describes."
GONE = "The feed is gone for good (HTTP 410): remove it."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedCheck:
    """How a feed answered: how many entries, or the problem in the user's words."""

    feed: Feed
    entries: int = 0
    title: str = ""
    problem: str | None = None


async def check_feed(
    feed: Feed, *, fetcher: Fetcher, parser: FeedParser, now: datetime
) -> FeedCheck:
    """Fetch and parse the feed as if for the first time; a mistake of our own is a problem too."""
    try:
        return await _check(feed, fetcher, parser, now)
    except Exception:
        # The other feeds are still to be asked.
        log.exception("feed_check_failed", feed=feed.id, url=shown_url(feed.url))
        return FeedCheck(feed=feed, problem=UNEXPECTED)


async def _check(feed: Feed, fetcher: Fetcher, parser: FeedParser, now: datetime) -> FeedCheck:
    outcome = await fetcher.fetch(feed, FeedState(feed_id=feed.id))
    document = outcome.outcome if isinstance(outcome, Moved) else outcome
    if not isinstance(document, Fetched):
        return FeedCheck(feed=feed, problem=_problem(document))
    parsed = await parser.parse(document, zone=feed.zone, now=now)
    return FeedCheck(
        feed=feed, entries=len(parsed.entries), title=parsed.title, problem=parsed.problem
    )


def _problem(outcome: FetchOutcome) -> str:
    match outcome:
        case FetchFailed(problem=problem):
            return problem
        case Gone():
            return GONE
        case _:
            return "The feed answers that it has not changed, though nothing was asked before."
