"""Asking a feed without saving anything."""

from structlog.testing import capture_logs

from bot.domain.model import Feed, FeedState, FetchOutcome
from bot.feeds.fetch import Fetcher
from bot.feeds.parsing import FeedParser
from bot.jobs.check_feed import UNEXPECTED, FeedCheck, check_feed
from tests.builders import NOW, feed
from tests.fakes.feed_server import LOOPBACK, Answer, FeedServer
from tests.feeds.documents import feed_of


class Broken(Fetcher):
    """A fetcher with a mistake of its own."""

    async def fetch(self, feed: Feed, state: FeedState) -> FetchOutcome:
        raise ZeroDivisionError


async def test_a_feed_says_what_it_holds() -> None:
    """Its title and its entries; a feed that fails says why."""
    async with FeedServer() as server, Fetcher(allow_networks=LOOPBACK) as fetcher:
        url = server.answer("/rss", Answer(body=feed_of([1, 2])))
        async with FeedParser(processes=1) as parser:
            good = await check_feed(feed(url=url), fetcher=fetcher, parser=parser, now=NOW)
            bad_url = feed(url=server.url("/none"))
            bad = await check_feed(bad_url, fetcher=fetcher, parser=parser, now=NOW)
    assert (good.title, good.entries, good.problem) == ("Harbour Wire", 2, None)
    assert "404" in (bad.problem or "")


async def test_a_mistake_of_our_own_is_a_problem_of_that_feed() -> None:
    """The other feeds are still asked; the log has the reason, without the address's secrets."""
    asked = feed(url="https://bob:s3cret@h.example/rss?token=s3cret")
    with capture_logs() as logged:
        async with Broken() as fetcher, FeedParser(processes=1) as parser:
            answer = await check_feed(asked, fetcher=fetcher, parser=parser, now=NOW)
    assert answer == FeedCheck(feed=asked, problem=UNEXPECTED)
    assert [(line["log_level"], line["url"]) for line in logged] == [
        ("error", "https://h.example/rss")
    ]
