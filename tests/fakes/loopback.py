"""A scripted chat platform on the loopback: a webhook's receiver over real HTTP.

It takes digests at ``POST /in/CHANNEL`` and is asked for them at ``GET /history/CHANNEL?key=``.
Each request can be scripted; what arrived is kept in order, repeats and all.
"""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What becomes of a request.

    ``accept``: the digest is taken, whatever is answered. ``status`` is answered, with
    ``retry_after`` in seconds; ``drop`` ends the connection without an answer; ``stall`` waits
    so many seconds before it accepts; ``location`` redirects.
    """

    accept: bool = True
    status: int = 200
    retry_after: str | None = None
    drop: bool = False
    stall: float = 0.0
    location: str | None = None


ACCEPT = Step()
ACCEPT_AND_DROP = Step(drop=True)
DROP = Step(accept=False, drop=True)


def refuse(status: int, **more: Any) -> Step:
    """Answer with a status and take nothing."""
    return Step(accept=False, status=status, **more)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A digest that was taken: when (the loop's seconds), where, and with what."""

    at: float
    channel: str
    key: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Json:
        """The digest as the sender wrote it."""
        document: Json = json.loads(self.body)
        return document


@dataclass
class Loopback:
    """The platform; an async context manager.

    ``honours_key``: a digest of a key that is known is answered like the first, and not taken
    again. ``per_second`` is each channel's allowance: above it 429 is answered. ``on_stage`` is
    called at the stages of a post: ``headers``, ``body``, ``accepted``. Whoever is given an
    address of its own (``by``) is known again by ``request.match_info["by"]``.
    """

    honours_key: bool = False
    readable: bool = True
    per_second: float | None = None
    arrived: list[Arrival] = field(default_factory=list)
    requests: int = 0
    refused: int = 0
    dropped: int = 0
    looked: int = 0
    script: deque[Step] = field(default_factory=deque)
    default: Step = ACCEPT
    on_stage: Callable[[str, web.Request], None] = lambda stage, request: None
    _runner: web.AppRunner | None = None
    _next_at: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _keys: set[tuple[str, str]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/in/{channel}", self._take)
        app.router.add_post("/by/{by}/in/{channel}", self._take)
        app.router.add_get("/history/{channel}", self._look)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """Where it listens."""
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def url(self, channel: str, *, by: str | None = None) -> str:
        """Where a channel's digests are posted, by a sender of that name."""
        return f"{self.origin}{f'/by/{by}' if by else ''}/in/{channel}"

    def history(self, channel: str) -> str:
        """Where a channel is asked for a digest."""
        return f"{self.origin}/history/{channel}"

    def of(self, channel: str) -> list[Arrival]:
        """Return what a channel took, in order."""
        return [one for one in self.arrived if one.channel == channel]

    @property
    def repeated(self) -> list[str]:
        """The keys that arrived more than once."""
        counts = Counter((one.channel, one.key) for one in self.arrived)
        return [key for (_, key), times in counts.items() if times > 1]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        self.on_stage("headers", request)
        body = await request.read()
        self.on_stage("body", request)
        step = self.script.popleft() if self.script else self.default
        if step.stall:
            await asyncio.sleep(step.stall)
        channel, key = request.match_info["channel"], request.headers["Idempotency-Key"]
        if wait := self._wait(channel):
            return _answer(refuse(429, retry_after=str(wait)))
        known = self.honours_key and (channel, key) in self._keys
        self.dropped += known
        if step.accept and not known:
            now = asyncio.get_running_loop().time()
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.arrived.append(
                Arrival(at=now, channel=channel, key=key, headers=headers, body=body)
            )
            self._keys.add((channel, key))
            self.on_stage("accepted", request)
        if step.drop and request.transport is not None:
            request.transport.abort()
        return _answer(step)

    def _wait(self, channel: str) -> int:
        """Return the whole seconds until the channel takes another digest; 0 where it does."""
        if self.per_second is None:
            return 0
        now = asyncio.get_running_loop().time()
        if now < self._next_at[channel]:
            self.refused += 1
            return max(1, round(self._next_at[channel] - now))
        self._next_at[channel] = now + 1 / self.per_second
        return 0

    async def _look(self, request: web.Request) -> web.StreamResponse:
        self.looked += 1
        if not self.readable:
            return web.Response(status=403)
        known = (request.match_info["channel"], request.query["key"]) in self._keys
        return web.Response(status=204 if known else 404)


def _answer(step: Step) -> web.StreamResponse:
    headers = {"Retry-After": step.retry_after, "Location": step.location}
    return web.Response(
        status=step.status, headers={name: value for name, value in headers.items() if value}
    )
