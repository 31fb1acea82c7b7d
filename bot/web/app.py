"""The web application: ``/healthz`` and ``/readyz``, and the server that carries it.

It stands in the open: whatever comes is bounded in time and size, every answer carries the
headers that keep browsers from guessing, and the log repeats neither queries nor headers.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog
from aiohttp import web

from bot.web.idle import IdleConnections, running

log = structlog.get_logger()

HEALTH_PATH = "/healthz"
READY_PATH = "/readyz"
METRICS_PATH = "/metrics"

# Asked by machines every few seconds: no news for a log.
QUIET_PATHS = frozenset({HEALTH_PATH, READY_PATH, METRICS_PATH})

# SIGTERM leaves 25 s for everything: requests under way get a part of it.
SHUTDOWN_SECONDS = 3.0

# The largest body that comes is a Slack command's, a few kilobytes; aiohttp takes a megabyte.
MOST_BYTES = 256 * 1024

# A request is answered within this, its body included: a host's router gives up after 30 s.
REQUEST_SECONDS = 20.0

# A check of the database that takes longer is an answer too.
READY_SECONDS = 5.0

# A connection that asks nothing, or does not come to the end of its headers, is kept no longer.
HEADER_SECONDS = 30.0

# A path in the log is cut here: strangers write it.
SHOWN_PATH = 200

# https://owasp.org/www-project-secure-headers/: nothing here is a page, so nothing may load.
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

IDLE = web.AppKey("idle", IdleConnections)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Problems = Callable[[], Awaitable[Sequence[str]]]


def make_web_app(problems: Problems) -> web.Application:
    """Return an application that says whether the process lives, and whether all is well.

    ``/healthz`` answers 200 as long as the process does. ``/readyz`` answers 200 with
    ``{"status": "ready"}`` while ``problems`` returns none, else 503 with
    ``{"status": "not ready", "problems": […]}``.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        found = await _within(problems, READY_SECONDS)
        if not found:
            return web.json_response({"status": "ready"})
        return web.json_response(
            {"status": "not ready", "problems": list(found)},
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        )

    app = web.Application(
        client_max_size=MOST_BYTES, middlewares=[_mark_busy, _log_access, _bound_time]
    )
    app[IDLE] = IdleConnections(HEADER_SECONDS)
    app.on_response_prepare.append(_secure)
    app.router.add_get(HEALTH_PATH, healthz)
    app.router.add_get(READY_PATH, readyz)
    return app


async def _within(problems: Problems, seconds: float) -> Sequence[str]:
    try:
        async with asyncio.timeout(seconds):
            return await problems()
    except TimeoutError:
        return [f"The database has not answered for {seconds:.0f} s."]


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    # A page that needs more than this says so itself.
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)


@web.middleware
async def _mark_busy(request: web.Request, handler: Handler) -> web.StreamResponse:
    async with request.app[IDLE].asking(request):
        return await handler(request)


@web.middleware
async def _bound_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 408 to who sends a body drop by drop, or whose answer takes too long."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            return await handler(request)
    except TimeoutError:
        late = web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
        late.force_close()
        return late


@web.middleware
async def _log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log method, path, status and time: a query, a header or a body may be a secret."""
    began = time.monotonic()
    status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
    try:
        response = await handler(request)
    except web.HTTPException as error:
        status = error.status
        raise
    else:
        status = response.status
        return response
    finally:
        say = log.debug if request.path in QUIET_PATHS else log.info
        say(
            "request",
            method=request.method,
            path=request.path[:SHOWN_PATH],
            status=status,
            ms=round((time.monotonic() - began) * 1000),
        )


@asynccontextmanager
async def serve_web(app: web.Application, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve the application; yields the port, which the system chooses where it is 0.

    Raises OSError where the port is taken. At the end no new request is taken, and those
    under way have ``SHUTDOWN_SECONDS``.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    server = runner.server
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        async with running(app[IDLE].end(lambda: server.connections if server else [])):
            yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
