import asyncio
import gzip
import ssl
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import trustme

from bot.domain.model import (
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Gone,
    Moved,
    NotModified,
)
from bot.feeds.fetch import Fetcher, FetchLimits
from tests.builders import feed
from tests.fakes.feed_server import LOOPBACK, Answer, FeedServer, Request

STATE = FeedState(feed_id=1)
XML = {"Content-Type": "application/rss+xml"}


def problem_of(outcome: FetchOutcome) -> str:
    assert isinstance(outcome, FetchFailed)
    return outcome.problem


def feed_at(url: str) -> Feed:
    return feed(url=url)


async def fetch_within(limits: FetchLimits, url: str) -> FetchOutcome:
    async with Fetcher(allow_networks=LOOPBACK, limits=limits) as fetcher:
        return await fetcher.fetch(feed_at(url), STATE)


async def test_a_feed_is_fetched(server: FeedServer, fetcher: Fetcher) -> None:
    """The document, its type, its validators byte-exact, and how long it is fresh."""
    headers = {
        **XML,
        "ETag": 'W/"a\'1"',
        "Last-Modified": "yesterday",
        "Cache-Control": "max-age=60",
    }
    url = server.answer("/rss", Answer(body=b"<rss/>", headers=headers))
    assert await fetcher.fetch(feed_at(url), STATE) == Fetched(
        url=url,
        body=b"<rss/>",
        content_type="application/rss+xml",
        etag='W/"a\'1"',
        last_modified="yesterday",
        fresh_for=timedelta(minutes=1),
    )


async def test_validators_are_sent_back_as_they_came(server: FeedServer, fetcher: Fetcher) -> None:
    """And a 304 brings the renewed ones."""
    url = server.answer("/rss", Answer(status=304, headers={"ETag": '"2"'}))
    state = FeedState(feed_id=1, etag='W/"1"', last_modified="Tue, 3 Mar 2026 1:02:03 GMT")
    assert await fetcher.fetch(feed_at(url), state) == NotModified(etag='"2"')
    (request,) = server.requests
    assert request.headers["if-none-match"] == 'W/"1"'
    assert request.headers["if-modified-since"] == "Tue, 3 Mar 2026 1:02:03 GMT"


async def test_the_poller_introduces_itself_and_nothing_else(
    server: FeedServer, fetcher: Fetcher
) -> None:
    """A name, no cookie (even where one was set), no referrer, no empty validator."""
    url = server.answer("/rss", Answer(body=b"<rss/>", headers={"Set-Cookie": "a=1"}))
    for _ in range(2):
        await fetcher.fetch(feed_at(url), FeedState(feed_id=1, etag="", last_modified=""))
    for request in server.requests:
        assert "Strait" in request.headers["user-agent"]
        assert not {"cookie", "referer", "if-none-match", "if-modified-since"} & set(
            request.headers
        )


async def test_an_address_with_a_password_is_asked_with_it(
    server: FeedServer, fetcher: Fetcher
) -> None:
    """It goes into the header, and neither into the outcome nor to another host."""
    server.answer("/private", Answer(status=302, headers={"Location": "/rss"}))
    server.answer(
        "/rss", Answer(status=302, headers={"Location": server.url("/x", host="127.0.0.2")})
    )
    url = server.url("/private").replace("127", "reader:secret@127", 1)
    outcome = await fetcher.fetch(feed_at(url), STATE)
    assert "secret" not in repr(outcome)
    asked = [request for request in server.requests if "authorization" in request.headers]
    assert [request.path for request in asked] == ["/private", "/rss"]


@pytest.mark.parametrize("compress", [gzip.compress, brotli.compress], ids=["gzip", "br"])
async def test_compressed_answers_are_read(
    server: FeedServer, fetcher: Fetcher, compress: Callable[[bytes], bytes]
) -> None:
    """The encodings that the request names."""
    name = "gzip" if compress is gzip.compress else "br"
    url = server.answer(
        "/rss", Answer(body=compress(b"<rss/>"), headers={"Content-Encoding": name})
    )
    outcome = await fetcher.fetch(feed_at(url), STATE)
    assert isinstance(outcome, Fetched)
    assert outcome.body == b"<rss/>"
    assert name in server.requests[0].headers["accept-encoding"]


@pytest.mark.parametrize("compress", [gzip.compress, brotli.compress], ids=["gzip", "br"])
async def test_a_bomb_is_cut_off(
    server: FeedServer, fetcher: Fetcher, compress: Callable[[bytes], bytes]
) -> None:
    """60 MB that arrive as some kilobytes cost little more than the limit."""
    name = "gzip" if compress is gzip.compress else "br"
    bomb = compress(b"a" * 60_000_000)
    url = server.answer("/rss", Answer(body=bomb, headers={"Content-Encoding": name}))
    tracemalloc.start()
    outcome = await fetcher.fetch(feed_at(url), STATE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "more than 10 MB" in problem_of(outcome)
    assert peak < 30_000_000


async def test_an_endless_answer_is_cut_off(server: FeedServer) -> None:
    """Without compression, too, and whatever length was announced."""
    url = server.answer("/rss", Answer(body=b"a" * 100_000, repeat=1000))
    outcome = await fetch_within(FetchLimits(max_bytes=1024 * 1024), url)
    assert "more than 1 MB" in problem_of(outcome)


async def test_a_slow_drip_runs_out_of_time(server: FeedServer) -> None:
    """A byte now and then keeps no connection open for long."""
    url = server.answer("/rss", Answer(body=b"<rss/>" * 1000, pause=0.01))
    outcome = await fetch_within(FetchLimits(total_seconds=0.3), url)
    assert "in time" in problem_of(outcome)


async def test_silence_runs_out_of_time(server: FeedServer) -> None:
    """A server that accepts and says nothing is left."""
    url = server.answer("/rss", Answer(body=b"<rss/>", pause=30))
    outcome = await fetch_within(FetchLimits(silence_seconds=0.2), url)
    assert "in time" in problem_of(outcome)


async def test_a_connection_that_breaks_off_is_a_failure(
    server: FeedServer, fetcher: Fetcher
) -> None:
    """Half a document is not taken for the whole."""
    url = server.answer("/rss", Answer(body=b"<rss>" * 1000, cut_after=100))
    assert "before the feed was whole" in problem_of(await fetcher.fetch(feed_at(url), STATE))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refuses the request (400)"),
        (401, "asks for a user and a password"),
        (403, "may block bots"),
        (404, "has no feed at this address"),
        (500, "an error of its own (500)"),
        (503, "overloaded"),
    ],
)
async def test_a_refusal_is_said_in_words(
    server: FeedServer, fetcher: Fetcher, status: int, words: str
) -> None:
    """With the host and what can be done."""
    url = server.answer("/rss", Answer(status=status, body=b"no"))
    problem = problem_of(await fetcher.fetch(feed_at(url), STATE))
    assert words in problem
    assert problem.startswith("127.0.0.1 ")


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_handed_on(server: FeedServer, fetcher: Fetcher, status: int) -> None:
    """Of both statuses that carry it."""
    url = server.answer("/rss", Answer(status=status, headers={"Retry-After": "3600"}))
    outcome = await fetcher.fetch(feed_at(url), STATE)
    assert isinstance(outcome, FetchFailed)
    assert outcome.retry_after == timedelta(hours=1)


async def test_a_date_in_retry_after_counts_from_now(server: FeedServer) -> None:
    """By our clock where the server does not give its own."""
    headers = {"Retry-After": "Mon, 16 Mar 2026 04:00:00 GMT"}
    url = server.answer("/rss", Answer(status=503, headers=headers))
    now = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
    async with Fetcher(allow_networks=LOOPBACK, clock=lambda: now) as fetcher:
        outcome = await fetcher.fetch(feed_at(url), STATE)
    assert isinstance(outcome, FetchFailed)
    assert outcome.retry_after == timedelta(hours=1)


async def test_gone_is_gone(server: FeedServer, fetcher: Fetcher) -> None:
    """410 is an outcome of its own."""
    url = server.answer("/rss", Answer(status=410))
    assert await fetcher.fetch(feed_at(url), STATE) == Gone()


@pytest.mark.parametrize("status", [301, 308])
async def test_a_move_for_good_is_told(server: FeedServer, fetcher: Fetcher, status: int) -> None:
    """With what the new address answers."""
    new = server.answer("/new", Answer(body=b"<rss/>"))
    url = server.answer("/old", Answer(status=status, headers={"Location": "/new#top"}))
    outcome = await fetcher.fetch(feed_at(url), STATE)
    assert isinstance(outcome, Moved)
    assert outcome.url == new
    assert outcome.outcome == Fetched(url=new, body=b"<rss/>")


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_move_changes_nothing(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    """Nor does a move for good that lies behind a temporary one."""
    new = server.answer("/new", Answer(body=b"<rss/>"))
    server.answer("/between", Answer(status=301, headers={"Location": "/new"}))
    url = server.answer("/old", Answer(status=status, headers={"Location": "/between"}))
    assert await fetcher.fetch(feed_at(url), STATE) == Fetched(url=new, body=b"<rss/>")


async def test_only_the_permanent_part_of_a_way_is_told(
    server: FeedServer, fetcher: Fetcher
) -> None:
    """Behind it the publisher may send elsewhere each day."""
    server.answer("/today", Answer(status=304))
    between = server.answer("/between", Answer(status=302, headers={"Location": "/today"}))
    url = server.answer("/old", Answer(status=301, headers={"Location": "/between"}))
    assert await fetcher.fetch(feed_at(url), STATE) == Moved(url=between, outcome=NotModified())


async def test_redirects_end(server: FeedServer, fetcher: Fetcher) -> None:
    """In a circle, or after too many hops."""
    circle = server.answer("/a", Answer(status=302, headers={"Location": "/b"}))
    server.answer("/b", Answer(status=302, headers={"Location": "/a"}))
    assert "in a circle" in problem_of(await fetcher.fetch(feed_at(circle), STATE))
    for hop in range(12):
        server.answer(f"/{hop}", Answer(status=302, headers={"Location": f"/{hop + 1}"}))
    assert "more than 10 times" in problem_of(await fetcher.fetch(feed_at(server.url("/0")), STATE))


@pytest.mark.parametrize(
    "location", ["ftp://wire.example/rss", "javascript:alert(1)", "http://<>/"]
)
async def test_a_redirect_to_no_web_address_is_a_failure(
    server: FeedServer, fetcher: Fetcher, location: str
) -> None:
    """Other schemes are not followed."""
    url = server.answer("/rss", Answer(status=302, headers={"Location": location}))
    assert "no web address" in problem_of(await fetcher.fetch(feed_at(url), STATE))


async def test_private_addresses_are_refused(server: FeedServer) -> None:
    """As a literal, as a name, mapped into IPv6; nothing is sent there."""
    hosts = ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]")
    async with Fetcher() as fetcher:
        for host in hosts:
            outcome = await fetcher.fetch(feed_at(server.url("/rss", host=host)), STATE)
            assert "private network" in problem_of(outcome), host
    assert server.requests == []


async def test_a_redirect_into_a_private_network_is_refused(server: FeedServer) -> None:
    """Each hop is looked at, not only the address that the user gave."""
    url = server.answer(
        "/rss", Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
    )
    async with Fetcher(allow_networks=LOOPBACK) as fetcher:
        assert "private network" in problem_of(await fetcher.fetch(feed_at(url), STATE))


async def test_a_host_that_is_not_there_is_named(fetcher: Fetcher) -> None:
    """Unknown to the DNS, or nobody listening; never with the address's secrets."""
    unknown = feed_at("https://reader:secret@no-such-host.invalid/rss?key=hidden")
    problem = problem_of(await fetcher.fetch(unknown, STATE))
    assert "no-such-host.invalid is not known" in problem
    assert "secret" not in problem
    assert "hidden" not in problem
    async with FeedServer() as closed:
        url = closed.url("/rss")
    assert "refuses the connection" in problem_of(await fetcher.fetch(feed_at(url), STATE))


async def test_what_is_no_web_address_is_refused(fetcher: Fetcher) -> None:
    """Before anything is opened."""
    outcome = await fetcher.fetch(feed_at("file:///etc/passwd"), STATE)
    assert "must begin with http" in problem_of(outcome)


async def test_a_server_that_speaks_no_http_is_named(server: FeedServer, fetcher: Fetcher) -> None:
    """Whatever it sends, it is that feed's failure."""
    url = server.answer("/rss", Answer(headers={"Content-Length": "many"}, body=b"x"))
    assert "127.0.0.1" in problem_of(await fetcher.fetch(feed_at(url), STATE))


async def test_one_host_is_not_asked_too_much_at_once(server: FeedServer) -> None:
    """Six feeds of one host are fetched two at a time."""
    url = server.answer("/rss", Answer(body=b"<rss/>", pause=0.01))
    limits = FetchLimits(per_host=2)
    async with Fetcher(allow_networks=LOOPBACK, limits=limits) as fetcher:
        outcomes = await asyncio.gather(*(fetcher.fetch(feed_at(url), STATE) for _ in range(6)))
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert server.most_at_once == 2


def server_tls(issuer: trustme.CA, **certificate: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    host = str(certificate.pop("host", "127.0.0.1"))
    issuer.issue_cert(host, **certificate).configure_cert(context)  # type: ignore[arg-type]
    return context


def trusting(issuer: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    issuer.configure_trust(context)
    return context


async def test_a_trusted_certificate_is_accepted() -> None:
    """HTTPS works as HTTP does."""
    issuer = trustme.CA()
    async with (
        FeedServer(tls=server_tls(issuer)) as server,
        Fetcher(allow_networks=LOOPBACK, tls=trusting(issuer)) as fetcher,
    ):
        url = server.answer("/rss", Answer(body=b"<rss/>"))
        assert isinstance(await fetcher.fetch(feed_at(url), STATE), Fetched)


async def test_a_certificate_error_is_told_apart() -> None:
    """Unknown authority, another host, expired: each in its own words."""
    issuer = trustme.CA()
    past = datetime(2020, 1, 1, tzinfo=UTC)
    cases = [
        (trusting(trustme.CA()), server_tls(issuer), "not trusted here"),
        (trusting(issuer), server_tls(issuer, host="other.example"), "for another host"),
        (trusting(issuer), server_tls(issuer, not_after=past), "has expired"),
    ]
    for trusted, tls, words in cases:
        async with (
            FeedServer(tls=tls) as server,
            Fetcher(allow_networks=LOOPBACK, tls=trusted) as fetcher,
        ):
            url = server.answer("/rss", Answer(body=b"<rss/>"))
            assert words in problem_of(await fetcher.fetch(feed_at(url), STATE))
            assert server.requests == []


async def test_a_script_may_answer_by_what_was_asked(server: FeedServer, fetcher: Fetcher) -> None:
    """The second time the feed has not changed."""

    def conditional(request: Request) -> Answer:
        if request.headers.get("if-none-match") == '"1"':
            return Answer(status=304)
        return Answer(body=b"<rss/>", headers={"ETag": '"1"'})

    url = server.answer("/rss", conditional)
    first = await fetcher.fetch(feed_at(url), STATE)
    assert isinstance(first, Fetched)
    again = await fetcher.fetch(feed_at(url), FeedState(feed_id=1, etag=first.etag))
    assert again == NotModified()
