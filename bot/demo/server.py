"""A loopback server of the sample feeds, as polite as a good publisher's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web

from bot.demo.samples import SampleDocument, load_sample_feeds, render_sample
from bot.domain.errors import InputError

LOOPBACK = "127.0.0.1"

DOCUMENTS = web.AppKey("documents", dict[str, SampleDocument])


@asynccontextmanager
async def serve_samples(now: datetime, port: int = 0) -> AsyncIterator[str]:
    """Serve the sample feeds as of ``now`` and yield the base address, without a slash.

    ``port`` 0 lets the system choose a free one. The documents, and so their validators,
    stay the same for as long as the server runs. Raises ``InputError`` where the port
    cannot be had.
    """
    runner = web.AppRunner(_application(now), access_log=None)
    await runner.setup()
    try:
        await _listen(runner, port)
        bound: int = runner.addresses[0][1]
        yield f"http://{LOOPBACK}:{bound}"
    finally:
        await runner.cleanup()


def _application(now: datetime) -> web.Application:
    application = web.Application()
    application[DOCUMENTS] = {
        feed.path: render_sample(feed.path, now) for feed in load_sample_feeds("")
    }
    application.router.add_get("/{path:.*}", _answer)
    return application


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"The sample server cannot listen on port {port}; choose a free port, or 0 for any."
        ) from error


async def _answer(request: web.Request) -> web.Response:
    document = request.app[DOCUMENTS].get(request.path)
    if document is None:
        raise web.HTTPNotFound
    if _unchanged(request, document):
        response = web.Response(status=304)
    else:
        response = web.Response(body=document.body, headers={"Content-Type": document.content_type})
    response.etag = document.etag
    response.last_modified = document.last_modified
    return response


def _unchanged(request: web.Request, document: SampleDocument) -> bool:
    """Say whether the client has the document; an ETag outranks a date (RFC 9110, 13.2.2)."""
    if request.if_none_match is not None:
        return any(tag.value in {"*", document.etag} for tag in request.if_none_match)
    since = request.if_modified_since
    return since is not None and document.last_modified <= since
