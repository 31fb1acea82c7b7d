"""Ends connections that ask nothing: aiohttp waits for a request's headers without limit."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

# A connection is looked at so often within the time that it is allowed to ask nothing.
LOOKS = 4


class IdleConnections:
    """Knows since when each connection has asked nothing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._busy: dict[object, int] = {}
        self._since: dict[object, float] = {}

    @asynccontextmanager
    async def asking(self, request: web.Request) -> AsyncIterator[None]:
        """Mark the request's connection as busy meanwhile."""
        connection = request.protocol
        self._busy[connection] = self._busy.get(connection, 0) + 1
        try:
            yield
        finally:
            self._busy[connection] -= 1
            self._since[connection] = time.monotonic()

    async def end(self, connections: Callable[[], list[RequestHandler]]) -> None:
        """Close those that have been idle for too long, until cancelled."""
        while True:
            now, open_ones = time.monotonic(), connections()
            self._forget_all_but(open_ones)
            for connection in open_ones:
                since = self._since.setdefault(connection, now)
                idle = not self._busy.get(connection) and now - since >= self._seconds
                if idle and connection.transport is not None:
                    connection.transport.close()
            await asyncio.sleep(self._seconds / LOOKS)

    def _forget_all_but(self, open_ones: Collection[object]) -> None:
        for connection in self._since.keys() - set(open_ones):
            del self._since[connection]
            self._busy.pop(connection, None)


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[None]:
    """Run work beside the body, and end it with the body."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
