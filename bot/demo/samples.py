"""The bundled sample feeds: which there are, and their documents as of a moment."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined
from pydantic import TypeAdapter

from bot.domain.errors import NotFoundError
from bot.domain.model import Issue, Outlet

SAMPLES = files("bot.demo") / "samples"

# Hexadecimal digits of SHA-256 kept as an ETag: 64 bits tell a few documents apart.
ETAG_LENGTH = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleFeed:
    """A sample feed at its address. ``zone`` is the IANA zone that its dates are written in.

    ``language`` is an ISO 639-1 code, ``outlet`` the id of one of ``sample_outlets()``.
    """

    url: str
    path: str
    name: str
    outlet: str
    language: str
    content_type: str
    zone: str = "UTC"
    encoding: str = "utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleDocument:
    """A feed document as it is served. ``etag`` is the opaque tag without its quotes."""

    body: bytes
    content_type: str
    etag: str
    last_modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleEvent:
    """A thing that happened in the sample world, and the issue that it belongs to."""

    id: str
    issue: Issue
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleTruth:
    """What an entry of the sample feeds is, for tests to compare with.

    ``url`` and ``duplicate_of`` are canonical addresses, ``feed`` is the path of the feed,
    ``event`` the id of a ``SampleEvent`` or ``none``; ``relevance`` is 2 (core),
    1 (peripheral) or 0.
    """

    url: str
    feed: str
    event: str
    relevance: int
    issue: Issue | None = None
    duplicate_of: str | None = None


def load_sample_feeds(base_url: str) -> tuple[SampleFeed, ...]:
    """Return the sample feeds as a server at ``base_url`` (no slash at its end) has them."""
    rows = [{**row, "url": base_url + row["path"]} for row in _tables("feeds.toml", "feed")]
    return TypeAdapter(tuple[SampleFeed, ...]).validate_python(rows)


def sample_outlets() -> tuple[Outlet, ...]:
    """Return the cards of the fictional outlets that publish the sample feeds."""
    return TypeAdapter(tuple[Outlet, ...]).validate_python(_tables("outlets.toml", "outlet"))


def sample_events() -> tuple[SampleEvent, ...]:
    """Return the events that the sample feeds report."""
    return TypeAdapter(tuple[SampleEvent, ...]).validate_python(_tables("truth.toml", "event"))


def sample_truth() -> tuple[SampleTruth, ...]:
    """Return what every sample entry is, feed by feed, the newest entry first."""
    return TypeAdapter(tuple[SampleTruth, ...]).validate_python(_tables("truth.toml", "entry"))


def render_sample(path: str, now: datetime) -> SampleDocument:
    """Return the document at ``path`` with its dates counted back from ``now`` (aware).

    Seconds of ``now`` are dropped: a document, and with it the ETag, is the same for a
    whole minute. Raises ``NotFoundError`` where no feed has the path.
    """
    feed = next((feed for feed in load_sample_feeds("") if feed.path == path), None)
    if feed is None:
        raise NotFoundError(f"There is no sample feed at {path}; see bot/demo/samples/feeds.toml.")
    start = now.astimezone(UTC).replace(second=0, microsecond=0)
    template = _environment().from_string(_text(path.removeprefix("/")))
    body = template.render(_clock(start, ZoneInfo(feed.zone))).encode(feed.encoding)
    return SampleDocument(
        body=body,
        content_type=feed.content_type,
        etag=sha256(body).hexdigest()[:ETAG_LENGTH],
        last_modified=start,
    )


def _clock(start: datetime, zone: ZoneInfo) -> dict[str, Callable[..., str]]:
    """Return the date functions of the templates: hours and minutes back from ``start``.

    Feeds in the wild write offsets, zone names or no zone at all; so do the samples.
    """

    def local(hours: int, minutes: int) -> datetime:
        return (start - timedelta(hours=hours, minutes=minutes)).astimezone(zone)

    def rfc822(*, hours: int, minutes: int = 0) -> str:
        return format_datetime(local(hours, minutes))

    def rfc822_named(*, hours: int, minutes: int = 0) -> str:
        moment = local(hours, minutes)
        return f"{_without_offset(moment)} {moment.tzname()}"

    def rfc822_bare(*, hours: int, minutes: int = 0) -> str:
        return _without_offset(local(hours, minutes))

    def iso(*, hours: int, minutes: int = 0) -> str:
        return local(hours, minutes).isoformat()

    def iso_bare(*, hours: int, minutes: int = 0) -> str:
        return local(hours, minutes).replace(tzinfo=None).isoformat()

    functions = (rfc822, rfc822_named, rfc822_bare, iso, iso_bare)
    return {function.__name__: function for function in functions}


def _without_offset(moment: datetime) -> str:
    return format_datetime(moment).rpartition(" ")[0]


@cache
def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, autoescape=True, keep_trailing_newline=True)


def _tables(name: str, key: str) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = tomllib.loads(_text(name))[key]
    return tables


def _text(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")
