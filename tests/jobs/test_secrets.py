"""The secrets of feeds' addresses reach no log, no error and no page."""

import logging
from collections.abc import AsyncIterator

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from bot.domain.model import FeedSpec
from bot.domain.outlets import Outlets
from bot.feeds.fetch import Fetcher
from bot.feeds.parsing import FeedParser
from bot.jobs.refresh_feeds import refresh_feeds
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.schema import entries
from bot.storage.schema import feeds as feeds_table
from tests.builders import NOW, OUTLETS
from tests.fakes.feed_server import LOOPBACK, Answer, FeedServer

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>H</title>
<item><title>Leaders meet</title><link>/article</link><guid isPermaLink="false">1</guid></item>
</channel></rss>"""
SECRETS = ("hunter2", "hunter3")


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as serving:
        yield serving


QUERY = "?token=hunter3"


def private(url: str) -> str:
    return url.replace("://", "://bob:hunter2@", 1)


async def refresh(database: Database, *urls: str) -> None:
    async with database.write() as connection:
        for url in urls:
            spec = FeedSpec(url=url, name="Hanbit")
            await feeds.add(connection, spec, countries={}, now=NOW)
    async with (
        Fetcher(allow_networks=LOOPBACK) as fetcher,
        FeedParser() as parser,
    ):
        await refresh_feeds(
            database=database, fetcher=fetcher, parser=parser, outlets=Outlets(OUTLETS), now=NOW
        )


def holds_secret(text: str) -> bool:
    return any(secret in text for secret in SECRETS)


async def test_polls_of_every_ending_log_no_secret(
    database: Database,
    server: FeedServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Read, refused, moved away, cut off, and no feed at all."""
    # As the bot itself sets it for the libraries: drivers tell every value at DEBUG.
    caplog.set_level(logging.WARNING)
    to = private(server.answer(f"/new{QUERY}", Answer(body=RSS)))
    urls = [
        server.answer(f"/good{QUERY}", Answer(body=RSS)),
        server.answer(f"/refused{QUERY}", Answer(status=403)),
        server.answer(f"/moved{QUERY}", Answer(status=301, headers={"Location": to})),
        server.answer(f"/html{QUERY}", Answer(body=b"<html>no feed</html>")),
        f"http://127.0.0.1:9/closed{QUERY}",
    ]
    with structlog.testing.capture_logs() as logs:
        await refresh(database, *map(private, urls))
    out, err = capfd.readouterr()
    assert logs
    assert not any(holds_secret(text) for text in (str(logs), caplog.text, out, err))
    async with database.read() as connection:
        states = [state for _, state in await feeds.all_feeds(connection)]
    assert sum(state.problem is not None for state in states) == 3
    assert not holds_secret(str([state.problem for state in states]))


async def test_an_articles_address_inherits_no_secret(
    database: Database, server: FeedServer
) -> None:
    """A relative link is resolved against the feed's address, and readers see it."""
    await refresh(database, private(server.answer(f"/good{QUERY}", Answer(body=RSS))))
    async with database.read() as connection:
        [row] = (await connection.execute(entries.select())).all()
    assert row.url.endswith("/article")
    assert not holds_secret(f"{row.url} {row.guid} {row.outlet} {row.outlet_name}")


async def test_an_error_of_the_database_shows_no_values(database: Database) -> None:
    """Its text goes into the log with its traceback."""
    url = private(f"https://h.example/rss{QUERY}")
    row = {"url": url, "named_url": url, "name": "H", "configured": False, "created_at": NOW}
    async with database.write() as connection:
        await connection.execute(feeds_table.insert().values(**row))
    with pytest.raises(IntegrityError) as caught:
        async with database.write() as connection:
            await connection.execute(feeds_table.insert().values(**row))
    shown = str(caught.value).replace(str(caught.value.orig), "")
    assert "parameters" in shown
    assert not holds_secret(shown)
