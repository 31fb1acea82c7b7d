"""Feeds, what fetching one comes to, and what its document holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar


class Terms(StrEnum):
    """What of an outlet's reports is used: all, headline and link, or nothing."""

    FULL = "full"
    HEADLINE = "headline"
    EXCLUDED = "excluded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """Who publishes: an outlet card of ``config/outlets.toml``.

    ``country`` is an ISO 3166-1 alpha-2 code; ``languages`` are ISO 639-1 codes.
    ``domains`` recognise the outlet of an entry by its address.
    Outlets of one ``owner`` count as one publisher.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    id: str
    name: str
    country: str
    languages: tuple[str, ...]
    domains: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    owner: str | None = None
    terms: Terms = Terms.FULL


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """An address that is polled. ``zone`` is the IANA zone of its zoneless dates."""

    id: int
    url: str
    name: str
    outlet: str | None = None
    language: str | None = None
    country: str | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """What is remembered of a feed between polls. Validators are kept byte-exact."""

    feed_id: int
    etag: str | None = None
    last_modified: str | None = None
    next_check_at: datetime | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    failures: int = 0
    problem: str | None = None
    gone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """The feed answered with a document. ``url`` is where it came from after redirects."""

    url: str
    body: bytes
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotModified:
    """The feed has not changed; validators may have been renewed all the same."""

    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """The feed says that it will not come back (HTTP 410)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """The feed has a new address for good (301, 308); ``outcome`` is what it answered there."""

    url: str
    outcome: Fetched | NotModified


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchFailed:
    """The feed could not be had. ``problem`` is said to the user: what happened, and the mend."""

    problem: str
    retry_after: timedelta | None = None


FetchOutcome = Fetched | NotModified | Gone | Moved | FetchFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedEntry:
    """One item of a feed document, cleaned: plain text, canonical URL, aware UTC date.

    ``guid`` is the feed's own identifier or, where it gives none, the canonical URL;
    ``text`` is the longest text the item carries, without markup.
    """

    guid: str
    url: str
    title: str
    text: str = ""
    published_at: datetime | None = None
    language: str | None = None
    outlet_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedFeed:
    """A feed document, read. ``problem`` says why there are no entries, in the user's words."""

    title: str = ""
    language: str | None = None
    entries: tuple[ParsedEntry, ...] = ()
    problem: str | None = None
    ttl: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSpec:
    """A feed as ``config/feeds.toml`` or ``feeds add`` names it, before it is stored."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    url: str
    name: str
    outlet: str | None = None
    language: str | None = None
    zone: str | None = None
