"""The web application: ``/healthz``, and the server that carries it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web

HEALTH_PATH = "/healthz"

# SIGTERM leaves ten seconds for everything: requests under way get a part of it.
SHUTDOWN_SECONDS = 3.0


def make_web_app(problems: Callable[[], Awaitable[Sequence[str]]]) -> web.Application:
    """Return an application that answers ``/healthz``.

    It answers 200 with ``{"status": "ok"}`` while ``problems`` returns none, else 503 with
    ``{"status": "failing", "problems": […]}``.
    """

    async def healthz(_: web.Request) -> web.Response:
        found = list(await problems())
        if not found:
            return web.json_response({"status": "ok"})
        return web.json_response(
            {"status": "failing", "problems": found}, status=HTTPStatus.SERVICE_UNAVAILABLE
        )

    app = web.Application()
    app.router.add_get(HEALTH_PATH, healthz)
    return app


@asynccontextmanager
async def serve_web(app: web.Application, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve the application; yields the port, which the system chooses where it is 0.

    Raises OSError where the port is taken.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
