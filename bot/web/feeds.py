"""The public feeds of digests: ``/feeds/TOPIC.atom`` and ``.json``, and one for each language."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

# japan-korea.atom, or japan-korea.ko.json where a topic has digests in several languages.
NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,79})(?:\.(en|ja|ko))?\.(atom|json)")

TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}

# A digest comes once a day, and a correction is to be seen soon.
MAX_AGE_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A feed that is asked for: its topic, its language (None: the first), its form."""

    topic: str
    language: str | None
    form: str


# Returns the document; None where there is no such public feed.
ReadFeed = Callable[[Wanted], Awaitable[str | None]]


def add_feeds(app: web.Application, read: ReadFeed) -> None:
    """Serve public feeds; anything else under the path is not found."""

    async def feed(request: web.Request) -> web.StreamResponse:
        match = NAME.fullmatch(request.match_info["name"])
        wanted = Wanted(topic=match[1], language=match[2], form=match[3]) if match else None
        document = await read(wanted) if wanted else None
        if wanted is None or document is None:
            return web.json_response({"error": "not found"}, status=HTTPStatus.NOT_FOUND)
        tag = hashlib.sha256(document.encode()).hexdigest()[:32]
        headers = {"Cache-Control": f"public, max-age={MAX_AGE_SECONDS}", "ETag": f'"{tag}"'}
        known = request.if_none_match or ()
        if any(one.value in {tag, "*"} for one in known):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(
            text=document, content_type=TYPES[wanted.form], charset="utf-8", headers=headers
        )

    app.router.add_get("/feeds/{name}", feed)
