"""Digests as a feed for readers: Atom (RFC 4287) and JSON Feed 1.1, an entry for each digest.

What a feed gave us is text: it stands escaped in the entry's HTML, which is escaped once more
in the Atom document, and only http and https addresses become links.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from bot.domain.model import Digest
from bot.rendering.html import environment
from bot.rendering.text import render_text
from bot.rendering.texts import Texts
from bot.rendering.view import view_digest

ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
JSON_FEED = "https://jsonfeed.org/version/1.1"
AUTHOR = "Strait"

# What no XML document may hold, however it is written (XML 1.0, 2.2: Char).
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("", ATOM)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEntry:
    """A digest as an entry. ``id`` stays the same when it is corrected; ``updated_at`` moves."""

    id: str
    title: str
    html: str
    text: str
    language: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedHead:
    """What a feed says of itself; ``url`` is its own address, where it is known."""

    id: str
    title: str
    language: str
    url: str | None = None


def urn(*names: str) -> str:
    """Return a URN that the same names always give (RFC 4122, by SHA-1)."""
    return uuid5(NAMESPACE_URL, "strait:" + ":".join(names)).urn


def feed_head(digest: Digest, *names: str, url: str | None = None) -> FeedHead:
    """Return the head of the feed that a digest belongs to; ``names`` tell it from others."""
    return FeedHead(
        id=urn("feed", *names, digest.topic, digest.language.value),
        title=digest.topic_title,
        language=digest.language.value,
        url=url,
    )


def feed_entry(
    digest: Digest, texts: Texts, *, entry_id: str, updated_at: datetime | None = None
) -> FeedEntry:
    """Return a digest as an entry; its corrections are what may have updated it."""
    view = view_digest(digest, texts)
    published = digest.slot_at or digest.until
    changes = [item.correction.at for item in digest.items if item.correction is not None]
    return FeedEntry(
        id=entry_id,
        title=view.heading,
        html=environment().get_template("feed_entry.html.j2").render(view=view).strip(),
        text=render_text(digest, texts),
        language=digest.language.value,
        published_at=published,
        updated_at=updated_at or max([published, *changes]),
    )


def render_atom(head: FeedHead, entries: Sequence[FeedEntry]) -> str:
    """Return the feed as an Atom document, the newest entry first."""
    ordered = _newest_first(entries)
    feed = ET.Element(f"{{{ATOM}}}feed", {XML_LANG: head.language})
    _add(feed, "id", head.id)
    _add(feed, "title", head.title)
    _add(feed, "updated", _time(max((e.updated_at for e in ordered), default=EPOCH)))
    _add(_add(feed, "author"), "name", AUTHOR)
    _add(feed, "generator", AUTHOR)
    if head.url:
        _add(feed, "link", rel="self", type="application/atom+xml", href=head.url)
    for entry in ordered:
        _add_entry(feed, entry)
    ET.indent(feed)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(feed, encoding='unicode')}\n"


def render_json_feed(head: FeedHead, entries: Sequence[FeedEntry]) -> str:
    """Return the feed as a JSON Feed document, the newest entry first."""
    address = {"feed_url": head.url} if head.url else {}
    document = {
        "version": JSON_FEED,
        "title": head.title,
        **address,
        "language": head.language,
        "authors": [{"name": AUTHOR}],
        "items": [
            {
                "id": entry.id,
                "title": entry.title,
                "content_html": entry.html,
                "content_text": entry.text,
                "date_published": _time(entry.published_at),
                "date_modified": _time(entry.updated_at),
                "language": entry.language,
            }
            for entry in _newest_first(entries)
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def atom_of(digest: Digest, texts: Texts) -> str:
    """Return a feed that holds this digest alone."""
    return render_atom(feed_head(digest), [feed_entry(digest, texts, entry_id=_own_id(digest))])


def json_feed_of(digest: Digest, texts: Texts) -> str:
    """Return a feed that holds this digest alone."""
    entry = feed_entry(digest, texts, entry_id=_own_id(digest))
    return render_json_feed(feed_head(digest), [entry])


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _own_id(digest: Digest) -> str:
    return urn("digest", digest.topic, digest.language.value, _time(digest.until))


def _newest_first(entries: Sequence[FeedEntry]) -> list[FeedEntry]:
    return sorted(entries, key=lambda entry: (entry.published_at, entry.id), reverse=True)


def _add_entry(feed: ET.Element, entry: FeedEntry) -> None:
    added = _add(feed, "entry")
    added.set(XML_LANG, entry.language)
    _add(added, "id", entry.id)
    _add(added, "title", entry.title)
    _add(added, "published", _time(entry.published_at))
    _add(added, "updated", _time(entry.updated_at))
    _add(added, "content", entry.html, type="html")
    _add(added, "summary", entry.text, type="text")


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    added = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    added.text = None if text is None else NO_XML.sub("", text)
    return added


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
