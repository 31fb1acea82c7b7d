import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import ParsedFeed
from bot.feeds.items import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH
from bot.feeds.parse import MAX_ENTRIES, parse_feed
from bot.feeds.unreadable import NO_ENTRIES
from tests.feeds.documents import feed_of, item, rss

NOW = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
URL = "https://wire.example/feeds/rss.xml"


def read(document: str | bytes, **changes: Any) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    options: dict[str, Any] = {"content_type": None, "url": URL, "zone": None, "now": NOW}
    return parse_feed(body, **options | changes)


ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ja-JP"><title>晴海新聞</title>
<entry><id>tag:harumi.example,2026:1</id><title type="html">&lt;b&gt;外相&lt;/b&gt;会談</title>
<link rel="enclosure" href="https://harumi.example/1.mp3"/><link href="/news/1"/>
<updated>2026-03-16T11:30:00+09:00</updated><published>2026-03-16T11:00:00+09:00</published>
<summary>短い要約</summary><content type="html">&lt;p&gt;長い本文がここにある。&lt;/p&gt;</content>
</entry></feed>"""

RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>瀬戸内</title></channel>
<item rdf:about="https://seto.example/1"><title>会談</title><link>https://seto.example/1</link>
<dc:date>2026-03-16T11:00+09:00</dc:date></item></rdf:RDF>"""

JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Namsan & Herald",
    "language": "ko-KR",
    "items": [
        {
            "id": 7,
            "url": "https://namsan.example/7?utm_source=json",
            "title": "5 < 6",
            "content_html": "<p>회담이 열렸다.</p>",
            "date_published": "2026-03-16T11:00:00+09:00",
        },
        "not an item",
    ],
}


def test_rss_is_read() -> None:
    """Title, canonical link, guid, text, date in UTC, and how long it may be kept."""
    extra = "<description>&lt;p&gt;They met.&lt;/p&gt;</description>"
    date = "<pubDate>Mon, 16 Mar 2026 11:00:00 KST</pubDate>"
    feed = read(rss(item(extra=extra + date), channel="<language>en-us</language><ttl>30</ttl>"))
    (entry,) = feed.entries
    assert (feed.title, feed.language, feed.ttl) == ("Harbour Wire", "en", timedelta(minutes=30))
    assert (entry.guid, entry.url) == ("wire-1", "https://wire.example/1")
    assert (entry.title, entry.text) == ("Ministers meet again, day 1", "They met.")
    assert entry.published_at == NOW - timedelta(hours=1)
    assert feed.problem is None


def test_atom_is_read() -> None:
    """The alternate link counts, the longer text, and the date of publication."""
    (entry,) = read(ATOM).entries
    assert entry.url == "https://wire.example/news/1"
    assert (entry.title, entry.text) == ("外相会談", "長い本文がここにある。")
    assert (entry.language, entry.published_at) == ("ja", NOW - timedelta(hours=1))


def test_rdf_is_read() -> None:
    """RSS 1.0 keeps its items beside the channel."""
    feed = read(RDF)
    (entry,) = feed.entries
    assert (feed.title, entry.url) == ("瀬戸内", "https://seto.example/1")
    assert entry.published_at == NOW - timedelta(hours=1)


def test_json_feed_is_read() -> None:
    """Numbers as ids are allowed, plain titles are no markup, other values are left out."""
    feed = read(json.dumps(JSON_FEED), content_type="application/feed+json")
    (entry,) = feed.entries
    assert (feed.title, feed.language) == ("Namsan & Herald", "ko")
    assert (entry.guid, entry.url) == ("7", "https://namsan.example/7")
    assert (entry.title, entry.text) == ("5 < 6", "회담이 열렸다.")


def test_an_encoding_declared_wrongly_is_seen_through() -> None:
    """A Korean feed that claims UTF-8 and is EUC-KR is read all the same."""
    text = rss(
        item(title="한일 외교장관 회담, 셔틀외교 재개 합의"),
        declaration='<?xml version="1.0" encoding="utf-8"?>',
    )
    (entry,) = read(text.encode("euc-kr")).entries
    assert entry.title == "한일 외교장관 회담, 셔틀외교 재개 합의"


def test_a_zoneless_date_is_in_the_feeds_zone() -> None:
    """And one that would lie in the future is now."""
    document = rss(item(extra="<pubDate>2026-03-16 11:00:00</pubDate>"))
    assert read(document, zone="Asia/Seoul").entries[0].published_at == NOW - timedelta(hours=1)
    assert read(document, zone=None).entries[0].published_at == NOW


def test_a_missing_or_absurd_date_is_none() -> None:
    """The poller decides what to make of it."""
    assert read(rss(item())).entries[0].published_at is None
    absurd = rss(item(extra="<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"))
    assert read(absurd).entries[0].published_at is None


def test_an_item_without_guid_has_its_address() -> None:
    """Without tracking, so that the next poll knows it again."""
    link = "<title>A</title><link>https://wire.example/a?fbclid=1&amp;id=2</link>"
    assert read(rss(link)).entries[0].guid == "https://wire.example/a?id=2"


def test_repeated_guids_are_told_apart_whatever_their_order() -> None:
    """Several addresses under one guid are several entries; the same twice is one."""
    items = [
        f"<title>{name}</title><link>https://wire.example/{name}</link><guid>same</guid>"
        for name in ("a", "b", "b")
    ]
    forwards = {entry.guid for entry in read(rss(*items)).entries}
    backwards = {entry.guid for entry in read(rss(*items[::-1])).entries}
    assert forwards == backwards == {"https://wire.example/a", "https://wire.example/b"}


def test_a_guid_does_not_change_with_the_feeds_address() -> None:
    """A feed that moves to https or another host does not tell everything anew."""
    document = rss("<title>A</title><link>/a</link><guid>a-1</guid>")
    moved = read(document, url="https://other.example/rss")
    assert read(document).entries[0].guid == moved.entries[0].guid == "a-1"
    assert moved.entries[0].url == "https://other.example/a"


def test_an_endless_guid_becomes_its_digest() -> None:
    """It stays the same from poll to poll, and bounded."""
    document = rss(f"<title>A</title><link>https://wire.example/a</link><guid>{'x' * 9000}</guid>")
    first, second = read(document).entries[0].guid, read(document).entries[0].guid
    assert first == second
    assert len(first) < 100


def test_an_aggregators_item_names_its_outlet() -> None:
    """Google News adds the outlet to the headline, which names it a second time."""
    source = '<source url="https://hanbit.example">Hanbit Ilbo</source>'
    (entry,) = read(rss(item(title="Leaders meet - Hanbit Ilbo", extra=source))).entries
    assert (entry.title, entry.outlet_name) == ("Leaders meet", "Hanbit Ilbo")


def test_a_feeds_own_name_is_no_part_of_its_headlines() -> None:
    """Many sites end each headline with their name; a headline that is the name stays."""
    for signed in ("Leaders meet | Harbour Wire", "Leaders meet – Harbour Wire"):
        assert read(rss(item(title=signed))).entries[0].title == "Leaders meet"
    assert read(rss(item(title="Harbour Wire"))).entries[0].title == "Harbour Wire"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", ""])
def test_an_item_that_cannot_be_linked_to_is_left_out(link: str) -> None:
    """The others stay; where there are none, the reason is given."""
    bad = f"<title>A</title><link>{link}</link><guid isPermaLink='false'>1</guid>"
    assert len(read(rss(bad, item())).entries) == 1
    assert "nothing to link to" in (read(rss(bad)).problem or "")


def test_an_item_without_a_title_is_named_by_its_text() -> None:
    """Its beginning, as long as a headline."""
    words = "They met in Seoul and agreed to meet again. " * 9
    (entry,) = read(rss(f"<link>/1</link><description>{words}</description>")).entries
    assert entry.title.startswith("They met in Seoul")
    assert len(entry.title) <= 100


def test_a_truncated_feed_gives_what_it_has() -> None:
    """A connection that breaks off costs the last item, not the others."""
    body = feed_of([1, 2, 3])
    entries = read(body[: body.rindex(b"<title>") - 3]).entries
    assert [entry.guid for entry in entries][:2] == ["wire-1", "wire-2"]


def test_sizes_are_bounded() -> None:
    """Items, titles and texts, each by its own cap."""
    feed = read(feed_of(range(MAX_ENTRIES + 50)))
    assert [feed.entries[0].guid, feed.entries[-1].guid] == ["wire-0", f"wire-{MAX_ENTRIES - 1}"]
    long = item(title="word " * 9000, extra=f"<description>{'word ' * 90_000}</description>")
    (entry,) = read(rss(long)).entries
    assert len(entry.title) <= MAX_TITLE_LENGTH
    assert len(entry.text) <= MAX_TEXT_LENGTH


def test_what_stands_behind_the_last_item_is_still_read() -> None:
    """Cutting the items of a long feed leaves the feed well-formed."""
    items = [item(number) for number in range(MAX_ENTRIES + 1)]
    document = rss(*items).replace("</channel>", "<ttl>5</ttl></channel>")
    assert read(document).ttl == timedelta(minutes=5)


def test_a_long_atom_feed_with_prefixes_is_cut_and_stays_whole() -> None:
    """Its items carry the namespace's prefix, and what follows them is still there."""
    entry = '<a:entry><a:title>A</a:title><a:link href="/{0}"/><a:id>e-{0}</a:id></a:entry>'
    body = "".join(entry.format(number) for number in range(MAX_ENTRIES + 9))
    xmlns = 'xmlns:a="http://www.w3.org/2005/Atom"'
    feed = read(f"<a:feed {xmlns}>{body}<a:title>Harbour Wire</a:title></a:feed>")
    assert (len(feed.entries), feed.title) == (MAX_ENTRIES, "Harbour Wire")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<!DOCTYPE html><html><head><title>News</title></head></html>", "a web page, not a feed"),
        ("<html><body><p>rss</p></body></html>", "a web page, not a feed"),
        ("", "an empty document"),
        (" \n", "an empty document"),
        ("<!-- nothing -->", "an empty document"),
        ("a" * 5_000_000, "no feed"),
        ('{"error": "not found"}', "no feed"),
        ('{"version": "https://jsonfeed.org/version/1.1"', "no feed"),
        ("[" * 100_000, "no feed"),
        ("%PDF-1.7 \x00\x01", "no feed"),
        ("<rss><channel><<<</channel>", "a broken feed"),
    ],
)
def test_what_is_no_feed_is_named(document: str, words: str) -> None:
    """The user reads what the address answers, and where."""
    feed = read(document)
    assert feed.entries == ()
    assert words in (feed.problem or "")
    assert "https://wire.example/feeds/rss.xml" in (feed.problem or "")


def test_a_feed_without_items_is_no_broken_feed() -> None:
    """A quiet search has none; that is told apart from what needs mending."""
    assert read(rss()).problem == NO_ENTRIES
    assert read(json.dumps({**JSON_FEED, "items": []})).problem == NO_ENTRIES


def test_a_problem_does_not_repeat_a_password() -> None:
    """The address is named without user, password and query."""
    problem = read("", url="https://reader:secret@wire.example/rss?key=hidden").problem or ""
    assert "wire.example" in problem
    assert "secret" not in problem
    assert "hidden" not in problem


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 9))


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE rss [<!ENTITY e0 "lol">{BOMB}]>',
        '<!DOCTYPE rss [<!ENTITY e8 SYSTEM "file:///etc/passwd">]>',
        '<!doctype rss SYSTEM "x" [ ]>',
        "<?x\n<!ENTITY ?><!-- ?> <!DOCTYPE rss [<!ENTITY e8 'x'>]> -->",
    ],
)
def test_entity_declarations_are_refused(prolog: str) -> None:
    """Neither bombs nor files; nothing that stands before the feed reaches a parser."""
    feed = read(f'<?xml version="1.0"?>{prolog}' + rss(item(title="&e8;"), declaration=""))
    assert "declares entities" in (feed.problem or "")


def test_a_bare_doctype_is_legal() -> None:
    """RSS 0.91 has one."""
    doctype = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    )
    assert len(read(doctype + rss(item(), declaration="")).entries) == 1


def test_thousands_of_attributes_are_refused() -> None:
    """The parser would take time in their square."""
    attributes = " ".join(f'a{number}="x"' for number in range(20_000))
    feed = read(rss(item()).replace("<item>", f"<item {attributes}>"))
    assert "thousands of attributes" in (feed.problem or "")


def test_a_warning_before_the_feed_is_overlooked() -> None:
    """A publisher's script that complains on top still serves its feed."""
    document = "<br />\n<b>Warning</b>: cache on line 7\n" + rss(item())
    assert len(read(document).entries) == 1


@given(st.binary(max_size=400))
def test_any_bytes_give_entries_or_a_reason(body: bytes) -> None:
    """No document is an error."""
    for document in (body, b"<rss><channel><item>" + body, b'{"version":' + body):
        feed = read(document)
        assert feed.entries or feed.problem


@pytest.mark.evaluation
def test_every_captured_feed_has_entries_or_a_reason(evaluation_data: Path) -> None:
    """Real documents: 49 of them, and what they held, less one repeated and 22 unlinked items."""
    feeds = [read(path.read_bytes()) for path in sorted((evaluation_data / "feeds/real").iterdir())]
    assert all(feed.entries or feed.problem for feed in feeds)
    assert sum(len(feed.entries) for feed in feeds) == 1101


@pytest.mark.evaluation
def test_odd_feeds_are_no_errors(evaluation_data: Path) -> None:
    """The parser's own collection of illformed and oddly encoded documents."""
    paths = sorted((evaluation_data / "feeds/odd").rglob("*.xml"))
    assert paths
    for path in paths:
        feed = read(path.read_bytes())
        assert feed.entries or feed.problem, path


@pytest.mark.evaluation
def test_the_feed_cases_are_right(evaluation_data: Path) -> None:
    """43 encodings and 24 dates."""
    lines = (evaluation_data / "feed_cases.jsonl").read_text("utf-8").splitlines()
    wrong = [case for case in map(json.loads, lines) if not _is_right(case)]
    assert lines
    assert wrong == []


def _is_right(case: dict[str, Any]) -> bool:
    if case["kind"] == "charset":
        body = base64.b64decode(case["body"])
        feed = read(body, content_type=case["content_type"])
        return (feed.title, feed.entries[0].title) == (case["title"], case["title"])
    expected = datetime.fromisoformat(case["expected"])
    date = f"<pubDate>{case['text']}</pubDate>"
    feed = read(rss(item(extra=date)), zone=case["zone"], now=expected + timedelta(days=1))
    return feed.entries[0].published_at == expected
