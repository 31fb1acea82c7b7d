"""Polling over real HTTP into a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.errors import StorageError
from bot.domain.model import Feed, FeedSpec, FeedState, FetchOutcome
from bot.domain.outlets import Outlets
from bot.domain.polling import FIRST_RETRY, GONE, POLL_INTERVAL
from bot.feeds.fetch import Fetcher, FetchLimits
from bot.feeds.parsing import FeedParser
from bot.feeds.unreadable import NO_ENTRIES
from bot.jobs.refresh_feeds import FeedResult, FeedStatus, RefreshTotals, refresh_feeds
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.schema import entries
from tests.builders import OUTLETS
from tests.fakes.feed_server import LOOPBACK, Answer, FeedServer, Request
from tests.feeds.documents import feed_of, item, rss

NOW = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
DATED = "<pubDate>Mon, 16 Mar 2026 11:00:00 KST</pubDate>"

Refresh = Callable[..., Any]


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def parser() -> AsyncIterator[FeedParser]:
    async with FeedParser(processes=1) as opened:
        yield opened


@pytest.fixture
async def refresh(database: Database, parser: FeedParser) -> AsyncIterator[Refresh]:
    limits = FetchLimits(total_seconds=3)
    async with Fetcher(allow_networks=LOOPBACK, limits=limits) as fetcher:

        async def run(**changes: Any) -> RefreshTotals:
            options: dict[str, Any] = {
                "database": database,
                "fetcher": fetcher,
                "parser": parser,
                "outlets": Outlets(OUTLETS),
                "now": NOW,
                "jitter": lambda: 0.0,
            }
            return await refresh_feeds(**options | changes)

        yield run


async def add_feed(database: Database, url: str, **changes: Any) -> Feed:
    async with database.write() as connection:
        spec = replace(FeedSpec(url=url, name=url.rpartition("/")[2]), **changes)
        return await feeds.add(connection, spec, countries={}, now=NOW)


async def state_of(database: Database, name: str) -> FeedState:
    async with database.read() as connection:
        known = await feeds.all_feeds(connection)
    return next(state for feed, state in known if feed.name == name)


async def entries_in(database: Database) -> int:
    async with database.read() as connection:
        count = (await connection.execute(select(func.count()).select_from(entries))).scalar_one()
    return int(count)


def only(totals: RefreshTotals) -> FeedResult:
    (result,) = totals.results
    return result


async def test_a_feed_is_read_into_the_database(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """Entries and state, and the next check after the usual time."""
    url = server.answer(
        "/rss", Answer(body=rss(item(extra=DATED)).encode(), headers={"ETag": '"1"'})
    )
    await add_feed(database, url)
    result = only(await refresh())
    assert (result.status, result.entries, result.new) == (FeedStatus.READ, 1, 1)
    state = await state_of(database, "rss")
    assert (state.etag, state.problem, state.failures) == ('"1"', None, 0)
    assert state.next_check_at == NOW + POLL_INTERVAL
    assert await entries_in(database) == 1


async def test_the_second_poll_is_conditional(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """Validators survive in the database; a 304 brings nothing new and renews them."""

    def answer(request: Request) -> Answer:
        if "if-none-match" in request.headers:
            return Answer(status=304, headers={"ETag": '"2"'})
        return Answer(body=feed_of([1]), headers={"ETag": 'W/"1"', "Last-Modified": "then"})

    await add_feed(database, server.answer("/rss", answer))
    await refresh()
    later = NOW + POLL_INTERVAL
    result = only(await refresh(now=later))
    assert result.status is FeedStatus.UNCHANGED
    assert server.requests[1].headers["if-none-match"] == 'W/"1"'
    assert server.requests[1].headers["if-modified-since"] == "then"
    state = await state_of(database, "rss")
    assert (state.etag, state.last_modified) == ('"2"', "then")
    assert state.next_check_at == later + POLL_INTERVAL


async def test_an_unchanged_document_renews_the_validators(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """A server that answers the same body under a new tag is asked with the new tag."""
    url = server.answer("/rss", Answer(body=feed_of([1]), headers={"ETag": '"1"'}))
    await add_feed(database, url)
    await refresh()
    server.answer("/rss", Answer(body=feed_of([1])))
    result = only(await refresh(only_due=False))
    assert (result.new, result.changed) == (0, 0)
    assert (await state_of(database, "rss")).etag is None


async def test_only_what_is_due_is_polled(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """A moment later nothing is; ``only_due=False`` polls all the same."""
    await add_feed(database, server.answer("/rss", Answer(body=feed_of([1]))))
    await refresh()
    assert (await refresh(now=NOW + timedelta(minutes=1))).results == ()
    assert len((await refresh(only_due=False)).results) == 1


async def test_the_feeds_wishes_are_honoured(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """The ttl, the max-age and Retry-After."""
    hour = rss(item(), channel="<ttl>60</ttl>").encode()
    fresh = {"Cache-Control": "max-age=7200"}
    busy = Answer(status=429, headers={"Retry-After": "10800"})
    await add_feed(database, server.answer("/ttl", Answer(body=hour)))
    await add_feed(database, server.answer("/fresh", Answer(body=hour, headers=fresh)))
    await add_feed(database, server.answer("/busy", busy))
    await refresh()
    for name, hours in (("ttl", 1), ("fresh", 2), ("busy", 3)):
        state = await state_of(database, name)
        assert state.next_check_at == NOW + timedelta(hours=hours), name


BAD = {
    "html": (Answer(body=b"<!DOCTYPE html><html><body>News</body></html>"), "a web page"),
    "nothing": (Answer(body=b""), "an empty document"),
    "line": (Answer(body=b"a" * 5_000_000), "no feed"),
    "noise": (Answer(body=bytes(range(256)) * 40), "no feed"),
    "bomb": (Answer(body=b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>'), "declares entities"),
    "cut": (Answer(body=b"<rss>" * 100, cut_after=10), "before the feed was whole"),
    "missing": (Answer(status=404), "no feed at this address"),
    "ill": (Answer(status=500), "an error of its own"),
    "slow": (Answer(body=b"<rss/>" * 100, pause=0.5), "in time"),
    "away": (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "private network"),
    "round": (Answer(status=302, headers={"Location": "/round"}), "in a circle"),
}


async def test_a_bad_feed_is_marked_and_the_others_go_on(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """Each with its reason; the good ones among them are read."""
    for name, (answer, _) in BAD.items():
        await add_feed(database, server.answer(f"/{name}", answer))
    for name in ("good", "better"):
        await add_feed(database, server.answer(f"/{name}", Answer(body=feed_of([1]))))
    totals = await refresh()
    assert totals.count(FeedStatus.FAILED) == len(BAD)
    assert totals.count(FeedStatus.READ) == totals.new == 2
    for name, (_, words) in BAD.items():
        state = await state_of(database, name)
        assert words in (state.problem or ""), name
        assert (state.failures, state.next_check_at) == (1, NOW + FIRST_RETRY), name


async def test_a_bad_document_keeps_the_old_validators(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """A page served by mistake under a new tag is not taken for the feed next time."""
    await add_feed(
        database, server.answer("/rss", Answer(body=feed_of([1]), headers={"ETag": '"1"'}))
    )
    await refresh()
    page = Answer(body=b"<html><body>Down for repairs</body></html>", headers={"ETag": '"page"'})
    server.answer("/rss", page)
    assert only(await refresh(only_due=False)).status is FeedStatus.FAILED
    assert (await state_of(database, "rss")).etag == '"1"'
    server.answer("/rss", Answer(status=304))
    await refresh(only_due=False)
    state = await state_of(database, "rss")
    assert (state.failures, state.problem) == (0, None)


async def test_an_empty_feed_is_no_failure(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """A quiet search is marked, and polled as often as before."""
    await add_feed(database, server.answer("/rss", Answer(body=rss().encode())))
    result = only(await refresh())
    assert (result.status, result.problem) == (FeedStatus.READ, NO_ENTRIES)
    assert (await state_of(database, "rss")).next_check_at == NOW + POLL_INTERVAL


async def test_a_frozen_feed_is_marked(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """It answers 200 with old news: the user is told."""
    old = rss(item(extra="<pubDate>Wed, 01 Oct 2025 09:00:00 JST</pubDate>")).encode()
    await add_feed(database, server.answer("/rss", Answer(body=old)))
    result = only(await refresh())
    assert result.status is FeedStatus.READ
    assert "seems frozen" in (result.problem or "")


async def test_a_closed_feed_is_not_asked_again(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """Not even when all are polled; its entries and its reason stay."""
    await add_feed(database, server.answer("/rss", Answer(status=410)))
    assert only(await refresh()).status is FeedStatus.GONE
    assert (await refresh(only_due=False)).results == ()
    state = await state_of(database, "rss")
    assert (state.gone, state.problem) == (True, GONE)


async def test_a_move_for_good_is_remembered(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """The next poll goes straight to the new address."""
    server.answer("/new", Answer(body=feed_of([1])))
    old = server.answer("/old", Answer(status=301, headers={"Location": "/new"}))
    await add_feed(database, old)
    assert only(await refresh()).moved_to == server.url("/new")
    await refresh(only_due=False)
    assert [request.path for request in server.requests] == ["/old", "/new", "/new"]


async def test_a_move_to_a_page_is_not_remembered(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """A log-in page that catches every address does not take the feed over."""
    server.answer("/login", Answer(body=b"<html><body>Log in</body></html>"))
    old = server.answer("/old", Answer(status=301, headers={"Location": "/login"}))
    await add_feed(database, old)
    assert only(await refresh()).status is FeedStatus.FAILED
    async with database.read() as connection:
        ((feed, _),) = await feeds.all_feeds(connection)
    assert feed.url == old


class Careless(Fetcher):
    """A fetcher with a mistake in it."""

    async def fetch(self, feed: Feed, state: FeedState) -> FetchOutcome:
        if feed.name == "unlucky":
            raise ZeroDivisionError
        return await super().fetch(feed, state)


async def test_a_mistake_of_our_own_costs_one_feed(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """It is marked, and polled again later."""
    await add_feed(database, server.answer("/unlucky", Answer(body=feed_of([1]))))
    await add_feed(database, server.answer("/lucky", Answer(body=feed_of([1]))))
    async with Careless(allow_networks=LOOPBACK) as careless:
        totals = await refresh(fetcher=careless)
    assert {result.feed.name: result.status for result in totals.results} == {
        "unlucky": FeedStatus.FAILED,
        "lucky": FeedStatus.READ,
    }
    assert "mistake of its own" in ((await state_of(database, "unlucky")).problem or "")


async def test_entries_and_state_are_saved_together_or_not_at_all(
    database: Database, server: FeedServer, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the state cannot be saved, neither are the entries, and the job says so."""

    async def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    await add_feed(
        database, server.answer("/rss", Answer(body=feed_of([1]), headers={"ETag": '"1"'}))
    )
    with monkeypatch.context() as patch:
        patch.setattr(feeds, "save_state", full)
        with pytest.raises(StorageError, match="disk is full"):
            await refresh()
    assert await entries_in(database) == 0
    assert (await state_of(database, "rss")).etag is None
    assert only(await refresh()).new == 1


async def test_an_interrupted_poll_is_made_up_for(
    database: Database, server: FeedServer, refresh: Refresh
) -> None:
    """Cancelled midway, what was not saved is due the next time."""
    asked = asyncio.Event()

    def slowly(_: Request) -> Answer:
        asked.set()
        return Answer(body=feed_of([1]), pause=0.5)

    await add_feed(database, server.answer("/slow", slowly))
    task = asyncio.create_task(refresh())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    server.answer("/slow", Answer(body=feed_of([1])))
    assert only(await refresh()).new == 1


async def test_progress_is_told(database: Database, server: FeedServer, refresh: Refresh) -> None:
    """How many there are, then each as it ends."""
    for name in ("a", "b"):
        await add_feed(database, server.answer(f"/{name}", Answer(body=feed_of([1]))))
    told: list[object] = []
    totals = await refresh(on_start=told.append, on_result=told.append)
    assert told == [2, *totals.results]


@pytest.mark.evaluation
async def test_every_captured_feed_is_polled(
    database: Database, server: FeedServer, refresh: Refresh, evaluation_data: Path
) -> None:
    """49 real documents over HTTP: each gives entries or a reason; the second poll is quiet."""
    documents = {path.name: path.read_bytes() for path in _files(evaluation_data / "feeds/real")}
    for name, body in documents.items():
        await add_feed(database, server.answer(f"/{name}", Answer(body=body)))
    totals = await refresh()
    assert len(totals.results) == len(documents) == 49
    assert all(result.entries or result.problem for result in totals.results)
    assert totals.new == await entries_in(database) == 1101
    again = await refresh(only_due=False)
    assert (again.new, again.changed) == (0, 0)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())
