"""Fetching feeds over HTTP: politely, within bounds, and only from public networks."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from bot.domain.errors import InputError
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
from bot.feeds import problems
from bot.feeds.headers import clock_offset, fresh_for, retry_after, validator
from bot.feeds.network import IPNetwork, guarded_sockets
from bot.feeds.urls import feed_url

USER_AGENT = "Strait/0.1 (feed reader; a self-hosted news digest bot)"
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)

SUCCESS = range(200, 300)
PERMANENT = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
TEMPORARY = frozenset({HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT})

# Read at once; a decompressed bomb is noticed after at most this much more than the limit.
CHUNK_SIZE = 64 * 1024

# As many servers' clocks are compared with ours, and no fewer: the middle one counts.
CLOCKS, FEWEST_CLOCKS = 25, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchLimits:
    """The bounds of a fetch: times in seconds, sizes in bytes after decompression.

    ``total_seconds`` bounds a fetch with all its redirects, however slowly it drips; Miniflux
    takes 20 s and 15 MB, our largest captured feed has 0.8 MB. The hops are those of the
    Fetch Standard halved; two connections a host are what HTTP/1.1 long recommended
    (RFC 2616, 8.1.4).
    """

    total_seconds: float = 30.0
    connect_seconds: float = 10.0
    silence_seconds: float = 15.0
    max_bytes: int = 10 * 1024 * 1024
    hops: int = 10
    concurrency: int = 20
    per_host: int = 2


@dataclass(kw_only=True, slots=True)
class _Trail:
    """The redirects followed: where to next, and how far the moves were for good."""

    url: URL
    seen: set[URL] = field(default_factory=set)
    moved_to: URL | None = None
    permanent: bool = True


class _FailedError(Exception):
    """Ends a fetch with the outcome it carries."""

    def __init__(self, problem: str, outcome: FetchOutcome | None = None) -> None:
        super().__init__(problem)
        self.outcome = outcome or FetchFailed(problem=problem)


class Fetcher:
    """Fetches feeds; an async context manager over one session without cookies.

    ``allow_networks`` are exempt from the guard against private addresses; ``tls`` are
    the authorities trusted, by default the system's.
    """

    def __init__(
        self,
        *,
        allow_networks: Sequence[IPNetwork] = (),
        limits: FetchLimits | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.limits = limits or FetchLimits()
        self._allowed = tuple(allow_networks)
        self._tls = tls
        self._clock = clock
        self._everywhere = asyncio.Semaphore(self.limits.concurrency)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._session: aiohttp.ClientSession | None = None
        self._offsets: deque[timedelta] = deque(maxlen=CLOCKS)

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much the last servers' clocks are ahead of ours, in the middle.

        None until a few have answered: one of them may be wrong itself.
        """
        if len(self._offsets) < FEWEST_CLOCKS:
            return None
        return sorted(self._offsets)[len(self._offsets) // 2]

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            socket_factory=guarded_sockets(self._allowed),
            ssl=self._tls if self._tls is not None else True,
            limit=0,
            # Feeds are polled minutes apart: an idle connection only fails later.
            force_close=True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept": ACCEPT},
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=self.limits.connect_seconds,
                sock_read=self.limits.silence_seconds,
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, feed: Feed, state: FeedState) -> FetchOutcome:
        """Ask for the feed's document, unless it is as the state's validators say.

        Never raises for what the network or the server does: FetchFailed says it in the
        user's words, without user, password or query of the address.
        """
        host = "The feed's address"
        try:
            url = URL(feed_url(feed.url))
            host = url.host or host
            async with self._slot(host), self._everywhere:
                async with asyncio.timeout(self.limits.total_seconds):
                    return await self._follow(_Trail(url=url), state)
        except InputError:
            return FetchFailed(problem=problems.NOT_A_FEED_URL.format(host=host))
        except _FailedError as failed:
            return failed.outcome
        except TimeoutError:
            return FetchFailed(problem=problems.TOO_SLOW.format(host=host))
        except aiohttp.ClientError as error:
            return FetchFailed(problem=problems.connection_problem(host, error))

    def _slot(self, host: str) -> asyncio.Semaphore:
        slot = self._hosts.get(host)
        if slot is None:
            slot = self._hosts[host] = asyncio.Semaphore(self.limits.per_host)
        return slot

    async def _follow(self, trail: _Trail, state: FeedState) -> FetchOutcome:
        while len(trail.seen) <= self.limits.hops:
            if trail.url in trail.seen:
                raise _FailedError(problems.REDIRECT_LOOP.format(host=trail.url.host))
            trail.seen.add(trail.url)
            answer = await self._request(trail, state)
            if isinstance(answer, Fetched | NotModified) and trail.moved_to is not None:
                return Moved(url=str(trail.moved_to), outcome=answer)
            if answer is not None:
                return answer
        raise _FailedError(
            problems.TOO_MANY_REDIRECTS.format(host=trail.url.host, hops=self.limits.hops)
        )

    async def _request(
        self, trail: _Trail, state: FeedState
    ) -> Fetched | NotModified | Gone | FetchFailed | None:
        """Ask one address. None means that the trail leads on."""
        if self._session is None:
            raise RuntimeError("use the fetcher in `async with`")
        request = self._session.get(trail.url, headers=_conditions(state), allow_redirects=False)
        async with request as response:
            if response.status in PERMANENT or response.status in TEMPORARY:
                _lead_on(trail, response)
                return None
            return await self._read(response)

    async def _read(
        self, response: aiohttp.ClientResponse
    ) -> Fetched | NotModified | Gone | FetchFailed:
        host, now = response.url.host or "", self._clock()
        if (offset := clock_offset(response.headers, now=now)) is not None:
            self._offsets.append(offset)
        etag = validator(response.headers.get("ETag"))
        modified = validator(response.headers.get("Last-Modified"))
        fresh = fresh_for(response.headers, now=now)
        match response.status:
            case status if status in SUCCESS:
                return Fetched(
                    url=str(response.url.with_user(None)),
                    body=await self._body(response),
                    content_type=response.headers.get("Content-Type"),
                    etag=etag,
                    last_modified=modified,
                    fresh_for=fresh,
                )
            case HTTPStatus.NOT_MODIFIED:
                return NotModified(etag=etag, last_modified=modified, fresh_for=fresh)
            case HTTPStatus.GONE:
                return Gone()
            case status:
                wait = retry_after(response.headers, now=now)
                return FetchFailed(problem=problems.status_problem(host, status), retry_after=wait)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK_SIZE):
            body += chunk
            if len(body) > self.limits.max_bytes:
                # Closed, not drained: what follows may have no end.
                response.close()
                megabytes = self.limits.max_bytes / (1024 * 1024)
                raise _FailedError(
                    problems.TOO_LARGE.format(host=response.url.host, megabytes=megabytes)
                )
        return bytes(body)


def _conditions(state: FeedState) -> dict[str, str]:
    known = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    return {name: value for name, value in known.items() if value}


def _lead_on(trail: _Trail, response: aiohttp.ClientResponse) -> None:
    try:
        target = URL(feed_url(str(trail.url.join(URL(response.headers.get("Location", ""))))))
    except (InputError, ValueError):
        raise _FailedError(problems.REDIRECT_NOWHERE.format(host=trail.url.host)) from None
    if target.user is None and trail.url.user and target.origin() == trail.url.origin():
        # The password was given for this host; it never goes to another one.
        target = target.with_user(trail.url.user).with_password(trail.url.password)
    trail.url = target
    trail.permanent = trail.permanent and response.status in PERMANENT
    if trail.permanent:
        trail.moved_to = target
