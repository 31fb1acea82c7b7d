"""Answers what people ask of feeds from chat: asks the feed, and adds it where it is wanted."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain.addresses import shown_url
from bot.domain.feed_requests import KEPT, LEASE, PATIENCE, FeedAnswer, FeedRequest, FeedVerb
from bot.domain.model import Feed, FeedSpec
from bot.jobs.check_feed import FeedCheck
from bot.storage import feed_requests, feeds
from bot.storage.database import Database
from bot.storage.types import UNSTORABLE

log = structlog.get_logger()

# Lists show a feed on one line.
LONGEST_NAME = 80

Clock = Callable[[], datetime]
Check = Callable[[Feed], Awaitable[FeedCheck]]


async def answer_feed_requests(
    *, database: Database, check: Check, countries: Mapping[str, str], clock: Clock
) -> int:
    """Answer every request that somebody waits for, one after the other; returns how many.

    One whose process dies is answered by the next one. Adding a feed twice is adding it once.
    """
    answered = 0
    while (request := await _take(database, now=clock())) is not None:
        found = await check(await _feed(database, request.address))
        await _answer(database, request, found, countries, now=clock())
        answered += 1
    return answered


async def _take(database: Database, *, now: datetime) -> FeedRequest | None:
    since = now - PATIENCE
    async with database.read() as connection:
        # Almost always there is none: no writer has to wait for that to be found out.
        if not await feed_requests.any_open(connection, since=since, now=now):
            return None
    async with database.write() as connection:
        await feed_requests.drop(connection, before=now - KEPT)
        return await feed_requests.take(connection, since=since, now=now, lease=LEASE)


async def _feed(database: Database, address: str) -> Feed:
    """Return the feed of the address as it is polled; one that is not polled, as new."""
    async with database.read() as connection:
        known = [feed for feed, _ in await feeds.all_feeds(connection) if feed.url == address]
    return known[0] if known else Feed(id=0, url=address, name=shown_url(address))


def _name(found: FeedCheck) -> str:
    """Return what the feed calls itself, as one line of storable text, or its address."""
    title = " ".join(UNSTORABLE.sub(" ", found.title).split())
    return title[:LONGEST_NAME] or found.feed.name


async def _answer(
    database: Database,
    request: FeedRequest,
    found: FeedCheck,
    countries: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    adds = request.verb is FeedVerb.ADD and found.problem is None
    is_new = adds and found.feed.id == 0
    given = FeedAnswer(
        name=found.feed.name, entries=found.entries, problem=found.problem, added=is_new
    )
    async with database.write() as connection:
        if is_new:
            name = _name(found)
            spec = FeedSpec(url=request.address, name=name)
            await feeds.add(connection, spec, countries=countries, now=now)
            given = replace(given, name=name)
        await feed_requests.answer(connection, request.id, given)
    log.info("feed request answered", verb=request.verb, feed=found.feed.name)
