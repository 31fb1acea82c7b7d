"""From the bytes of a feed document to entries. Slow input is stopped in ``parsing``."""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import feedparser

from bot.domain.model import ParsedEntry, ParsedFeed
from bot.feeds import json_feed, unreadable
from bot.feeds.charset import decode
from bot.feeds.document import (
    Document,
    Kind,
    declares_entities,
    first_items,
    has_too_many_attributes,
    inspect,
)
from bot.feeds.items import MAX_TITLE_LENGTH, RawItem, Reader, language_code
from bot.feeds.text import plain_text
from bot.feeds.urls import shown_url

# The newest items of a feed that are read: the largest captured feed has 100.
MAX_ENTRIES = 1_000


def parse_feed(
    body: bytes, *, content_type: str | None, url: str, zone: str | None, now: datetime
) -> ParsedFeed:
    """Read a feed document: RSS, RDF, Atom or JSON Feed, in any encoding.

    ``url`` is where it came from, for relative links; ``zone`` the IANA zone of its
    zoneless dates. Never raises for what the document holds: ``problem`` says, in the
    user's words, why there are no entries.
    """
    document = inspect(decode(body, content_type))
    reader = Reader(base=url, zone=zone, now=now)
    match document.kind:
        case Kind.XML_FEED:
            return _xml_feed(document, reader)
        case Kind.JSON:
            return _json_feed(document.text, reader)
        case Kind.HTML:
            return _failed(unreadable.WEB_PAGE, url)
        case Kind.EMPTY:
            return _failed(unreadable.EMPTY, url)
        case Kind.OTHER:
            return _failed(unreadable.NOT_A_FEED, url)


def _failed(problem: str, url: str) -> ParsedFeed:
    return ParsedFeed(problem=problem.format(host=shown_url(url)))


def _xml_feed(document: Document, reader: Reader) -> ParsedFeed:
    if declares_entities(document):
        return _failed(unreadable.ENTITIES, reader.base)
    # Nothing that stands before the feed reaches the parser, no DOCTYPE above all.
    text = first_items(document.text[document.root :], MAX_ENTRIES)
    if has_too_many_attributes(text):
        return _failed(unreadable.ATTRIBUTES, reader.base)
    parsed = _feedparser(text)
    items = [_raw_item(entry) for entry in parsed.entries[:MAX_ENTRIES]]
    title = plain_text(_string(parsed.feed, "title"), limit=MAX_TITLE_LENGTH)
    entries = reader.entries(items, feed_title=title)
    unread = unreadable.BROKEN if parsed.bozo else unreadable.NO_ENTRIES
    return ParsedFeed(
        title=title,
        language=language_code(_string(parsed.feed, "language")),
        entries=entries,
        problem=_problem(entries, items, unread.format(host=shown_url(reader.base))),
        ttl=_minutes(_string(parsed.feed, "ttl")),
    )


def _problem(
    entries: tuple[ParsedEntry, ...], items: list[RawItem], without_items: str
) -> str | None:
    if entries:
        return None
    return unreadable.UNLINKED if items else without_items


def _feedparser(text: str) -> Any:
    # It is not told the feed's address: guids, which it would resolve like links, must not
    # change with the address. Our own cleaning follows: its own takes half of its time.
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", errors="replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _raw_item(entry: Mapping[str, Any]) -> RawItem:
    contents = entry.get("content") or ()
    detail = entry.get("title_detail") or {}
    source = entry.get("source") or {}
    return RawItem(
        guid=_string(entry, "id") or None,
        links=[_string(entry, key) for key in ("feedburner_origlink", "link")],
        title=_string(entry, "title"),
        texts=[_string(entry, "summary"), *(_string(content, "value") for content in contents)],
        dates=[_string(entry, key) for key in ("published", "created", "updated")],
        language=_string(entry, "language") or _string(detail, "language") or None,
        source=_string(source, "title") or None,
    )


def _string(mapping: Mapping[str, Any], key: str) -> str:
    # What stands under the key itself: feedparser's own look-up has aliases that warn.
    value = dict.get(mapping, key) if isinstance(mapping, dict) else None
    return value if isinstance(value, str) else ""


def _minutes(text: str) -> timedelta | None:
    # RSS 2.0: ttl is a number of minutes. A day is the longest wait that is honoured.
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) <= len("10080") else 0
    return timedelta(minutes=minutes) if minutes else None


def _json_feed(text: str, reader: Reader) -> ParsedFeed:
    document = json_feed.read_json(text)
    if document is None:
        return _failed(unreadable.NOT_A_FEED, reader.base)
    raw = (json_feed.raw_item(item) for item in document["items"][:MAX_ENTRIES])
    items = [item for item in raw if item is not None]
    title = plain_text(json_feed.feed_text(document, "title"), limit=MAX_TITLE_LENGTH)
    entries = reader.entries(items, feed_title=title)
    return ParsedFeed(
        title=title,
        language=language_code(json_feed.feed_text(document, "language")),
        entries=entries,
        problem=_problem(entries, items, unreadable.NO_ENTRIES),
    )
