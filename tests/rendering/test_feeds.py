"""Digests as Atom and JSON Feed: valid, read back by a reader, nothing hostile alive."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import feedparser
import pytest

from bot.domain.model import CorrectionNote, Digest, Language
from bot.rendering.feeds import (
    ATOM,
    atom_of,
    feed_entry,
    feed_head,
    json_feed_of,
    render_atom,
    render_json_feed,
    urn,
)
from bot.rendering.texts import Texts
from tests.rendering.conftest import UNTIL

HOSTILE = (
    "<script>alert(1)</script>",
    "]]><b onclick=x>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "\x00\x0b\ufffe<!-- -->",
)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.parametrize("language", Language)
def test_a_reader_reads_the_atom_feed(
    language: Language, digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """Feedparser finds no fault, and the entry with its title, dates and content."""
    parsed = feedparser.parse(atom_of(digest_in(language), texts[language]).encode())
    assert not parsed.bozo
    assert parsed.version == "atom10"
    [entry] = parsed.entries
    assert entry.id.startswith("urn:uuid:")
    assert entry.published_parsed[:5] == UNTIL.utctimetuple()[:5]
    assert entry.content[0].type == "text/html"
    assert parsed.feed.language == language.value


def test_the_atom_feed_has_what_the_rfc_demands(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: exactly one id, title and updated each, and an author."""
    feed = ET.fromstring(atom_of(digest_in(Language.EN), texts["en"]))  # noqa: S314 - our own
    [entry] = feed.findall(f"{{{ATOM}}}entry")
    for part in (feed, entry):
        for name in ("id", "title", "updated"):
            [found] = part.findall(f"{{{ATOM}}}{name}")
            assert found.text
        assert RFC3339.fullmatch(part.findtext(f"{{{ATOM}}}updated") or "")
    assert feed.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name")
    content = entry.find(f"{{{ATOM}}}content")
    assert content is not None
    assert content.get("type") == "html"
    assert len(content) == 0


def test_the_json_feed_has_what_its_specification_demands(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """JSON Feed 1.1: version, title, items; each item an id that is a string, and content."""
    document = json.loads(json_feed_of(digest_in(Language.KO), texts["ko"]))
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(document["title"], str)
    assert document["language"] == "ko"
    [item] = document["items"]
    assert all(isinstance(item[name], str) for name in ("id", "content_html", "content_text"))
    for name in ("date_published", "date_modified"):
        assert RFC3339.fullmatch(item[name])
    assert set(item) <= {
        "id", "url", "title", "content_html", "content_text", "summary", "date_published",
        "date_modified", "authors", "tags", "language",
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_alive(
    text: str, with_text: Callable[[str], Digest], texts: dict[str, Texts]
) -> None:
    """Whatever a feed says is text: no element, no handler, no address but a web address."""
    digest = with_text(text)
    atom = feedparser.parse(atom_of(digest, texts["en"]).encode(), sanitize_html=False)
    assert not atom.bozo
    [item] = json.loads(json_feed_of(digest, texts["en"]))["items"]
    for html in (atom.entries[0].content[0].value, item["content_html"]):
        tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!][a-zA-Z0-9]*)", html))
        assert tags <= {"p", "h3", "em", "strong", "ul", "li", "a"}
        for address in re.findall(r'href="([^"]*)"', html):
            assert address.startswith(("http://", "https://"))
        assert not re.search(r"<[^>]*\son\w+=", html)


def test_a_correction_updates_the_entry_and_keeps_its_id(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """Readers show a changed entry anew, and never a second one."""
    digest = digest_in(Language.EN)
    at = UNTIL + timedelta(hours=5)
    note = CorrectionNote(at=at, reason="The number was wrong.")
    mended = replace(digest, items=(replace(digest.items[0], correction=note), *digest.items[1:]))
    before, after = (feed_entry(d, texts["en"], entry_id="urn:x") for d in (digest, mended))
    assert (before.id, before.published_at) == (after.id, after.published_at)
    assert (before.updated_at, after.updated_at) == (UNTIL, at)
    assert "The number was wrong." in after.html


def test_the_newest_entry_comes_first_and_the_feed_is_as_new(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """In both forms, in whatever order the entries come."""
    digest = digest_in(Language.EN)
    entries = [
        feed_entry(
            replace(digest, slot_at=UNTIL + timedelta(days=n)), texts["en"], entry_id=urn(str(n))
        )
        for n in (1, 3, 2)
    ]
    head = feed_head(digest, url="https://strait.example/feeds/japan-korea.atom")
    parsed = feedparser.parse(render_atom(head, entries).encode())
    assert [e.id for e in parsed.entries] == [urn("3"), urn("2"), urn("1")]
    assert datetime.fromisoformat(parsed.feed.updated) == UNTIL + timedelta(days=3)
    document = json.loads(render_json_feed(head, entries))
    assert [item["id"] for item in document["items"]] == [urn("3"), urn("2"), urn("1")]
    assert document["feed_url"] == head.url


def test_a_feed_without_entries_is_valid(
    digest_in: Callable[[Language], Digest],
) -> None:
    """Before the first digest there is something to subscribe to."""
    head = feed_head(digest_in(Language.EN))
    assert not feedparser.parse(render_atom(head, []).encode()).bozo
    assert json.loads(render_json_feed(head, []))["items"] == []
