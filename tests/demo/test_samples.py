"""The bundled sample feeds are what they promise: rich, right in form, and never stale."""

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import feedparser
import pytest

from bot.demo.samples import (
    SampleFeed,
    SampleTruth,
    load_sample_feeds,
    render_sample,
    sample_events,
    sample_outlets,
    sample_truth,
)
from bot.domain.errors import NotFoundError

NOW = datetime(2026, 3, 4, 5, 6, 40, tzinfo=UTC)
FEEDS = load_sample_feeds("http://127.0.0.1:8000")
TRUTH = sample_truth()
ZONE_NAMES = {"JST": "+0900", "KST": "+0900"}
DATE_WORDS = re.compile(
    r"\b20[2-9]\d\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[월화수목금토일]요일|[月火水木金土日]曜"
)


@dataclass(frozen=True)
class Item:
    url: str
    title: str
    date: str
    text: str
    guid: str | None


def per_feed() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.path)


@cache
def items_of(feed: SampleFeed) -> tuple[Item, ...]:
    document = render_sample(feed.path, NOW)
    if feed.path.endswith(".json"):
        return tuple(json_item(item) for item in json.loads(document.body)["items"])
    headers = {"content-type": document.content_type}
    parsed = feedparser.parse(document.body, response_headers=headers)
    return tuple(xml_item(entry) for entry in parsed.entries)


def json_item(item: dict[str, str]) -> Item:
    text = item.get("content_text") or item.get("content_html") or ""
    return Item(item["url"], item["title"], item["date_published"], text, item["id"])


def xml_item(entry: feedparser.FeedParserDict) -> Item:
    texts = [part.value for part in entry.get("content", [])] + [entry.get("summary", "")]
    date = entry.get("published") or entry["updated"]
    return Item(entry.link, entry.title, date, max(texts, key=len), entry.get("id"))


def canonical(url: str) -> str:
    """Return the address without what only tracks the reader."""
    return re.sub(r"[?&](?:utm_\w+|fbclid)=[^&]*", "", url)


def moment(text: str, zone: str) -> datetime:
    """Return the date as its publisher meant it; feedparser reads JST and KST nine hours wrong."""
    if text[0].isdigit():
        read = datetime.fromisoformat(text)
    else:
        for name, offset in ZONE_NAMES.items():
            text = text.replace(name, offset)
        read = parsedate_to_datetime(text)
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))


def all_items() -> list[tuple[SampleFeed, Item]]:
    return [(feed, item) for feed in FEEDS for item in items_of(feed)]


def template_text(feed: SampleFeed) -> str:
    path = files("bot.demo") / "samples" / feed.path.removeprefix("/")
    return path.read_text(encoding="utf-8")


@per_feed()
def test_every_entry_is_in_the_truth(feed: SampleFeed) -> None:
    """A feed parses to just the entries, in their order, that the truth lists for it."""
    told = [truth.url for truth in TRUTH if truth.feed == feed.path]
    assert told
    assert [canonical(item.url) for item in items_of(feed)] == told


@per_feed()
def test_every_entry_has_a_title_and_a_text(feed: SampleFeed) -> None:
    """Nothing in a sample feed is empty, and a text says more than its title."""
    for item in items_of(feed):
        assert item.title
        assert len(item.text) > len(item.title)


@per_feed()
def test_dates_move_with_the_clock(feed: SampleFeed) -> None:
    """Every entry is of the last five days, none of the future, and the newest is first."""
    moments = [moment(item.date, feed.zone) for item in items_of(feed)]
    assert all(NOW - timedelta(days=5) < at < NOW for at in moments)
    assert moments == sorted(moments, reverse=True)


@per_feed()
def test_offsets_hold_when_the_zone_changes_its_clocks(feed: SampleFeed) -> None:
    """An entry of three hours ago is so in the hours after summer time has begun, too."""
    start = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)
    document = render_sample(feed.path, start).body.decode(feed.encoding)
    hours, minutes = re.findall(r"hours=(\d+)(?:, minutes=(\d+))?", template_text(feed))[0]
    newest = start - timedelta(hours=int(hours), minutes=int(minutes or 0))
    assert f"{newest.astimezone(ZoneInfo(feed.zone)):%H:%M}:00" in document


@pytest.mark.parametrize(
    "feed", [f for f in FEEDS if not f.path.endswith(".json")], ids=lambda feed: feed.path
)
def test_xml_documents_are_well_formed(feed: SampleFeed) -> None:
    """Strict readers take the documents too: no feed depends on a forgiving parser."""
    text = render_sample(feed.path, NOW).body.decode(feed.encoding)
    declaration, _, rest = text.partition("?>")
    assert f'encoding="{feed.encoding}"' in declaration.lower()
    assert len(ET.fromstring(rest.strip())) > 0  # noqa: S314 - the project's own documents


@per_feed()
def test_the_feed_says_that_it_is_a_sample(feed: SampleFeed) -> None:
    """Nobody can take a sample for a publisher's feed."""
    assert "Sample feed bundled with Strait" in template_text(feed)


def test_the_demo_is_rich() -> None:
    """The counts that the demo, its pictures and the end-to-end tests rely on."""
    core = [truth for truth in TRUTH if truth.relevance == 2]
    unrelated = [truth for truth in TRUTH if truth.relevance == 0]
    assert len(FEEDS) >= 14
    assert len(TRUTH) >= 170
    assert len({truth.event for truth in core}) == len(sample_events()) >= 25
    assert len(unrelated) >= 60
    assert sum(truth.duplicate_of is not None for truth in TRUTH) >= 10


def test_formats_languages_and_encodings_are_mixed() -> None:
    """RSS 2.0, RSS 1.0, Atom and JSON Feed; three languages; one EUC-KR and one Shift_JIS."""
    formats = Counter(document_format(feed) for feed in FEEDS)
    assert set(formats) == {"rss20", "rss10", "atom10", "json"}
    assert formats["rss20"] >= 4
    assert {feed.language for feed in FEEDS} == {"en", "ja", "ko"}
    encodings = Counter(feed.encoding for feed in FEEDS)
    assert (encodings["euc-kr"], encodings["shift_jis"]) == (1, 1)
    assert encodings["utf-8"] == len(FEEDS) - 2


def document_format(feed: SampleFeed) -> str:
    if feed.path.endswith(".json"):
        return "json"
    version: str = feedparser.parse(render_sample(feed.path, NOW).body).version
    return version


@pytest.mark.parametrize("encoding", ["euc-kr", "shift_jis"])
def test_legacy_encodings_keep_the_titles(encoding: str) -> None:
    """A reader of the encoded document gets the titles that the template has."""
    feed = next(feed for feed in FEEDS if feed.encoding == encoding)
    assert b"\xef\xbf\xbd" not in render_sample(feed.path, NOW).body
    written = re.findall(r"<item>\s*<title>(.*)</title>", template_text(feed))
    assert [item.title for item in items_of(feed)] == written


# The one event that a single outlet reports, to show how such a story is labelled.
SINGLE = "coast-guard-line"


def test_every_event_has_several_reports_by_several_outlets() -> None:
    """No event but one is a single source, copies not counted."""
    outlets = {feed.path: feed.outlet for feed in FEEDS}
    assert len(own_reports(SINGLE)) == 1
    for event in sample_events():
        reports = own_reports(event.id)
        if event.id == SINGLE:
            continue
        assert len(reports) >= 3, event.id
        assert len({outlets[truth.feed] for truth in reports}) >= 3, event.id
        assert {truth.issue for truth in reports} == {event.issue}


def own_reports(event: str) -> list[SampleTruth]:
    return [truth for truth in TRUTH if truth.event == event and truth.duplicate_of is None]


def test_today_is_balanced() -> None:
    """The last 24 hours hold 9 to 13 events of many issues, seen from Korea and from Japan."""
    countries: dict[str, set[str]] = {}
    homes = {outlet.id: outlet.country for outlet in sample_outlets()}
    truths = {truth.url: truth for truth in TRUTH}
    for feed, item in all_items():
        truth = truths[canonical(item.url)]
        if truth.relevance == 2 and NOW - moment(item.date, feed.zone) < timedelta(hours=24):
            countries.setdefault(truth.event, set()).add(homes[feed.outlet])
    issues = {event.issue for event in sample_events() if event.id in countries}
    countries.pop(SINGLE)
    assert 9 <= len(countries) <= 12
    assert len(issues) >= 9
    assert all({"KR", "JP"} <= seen for seen in countries.values())


def test_a_copy_follows_its_original() -> None:
    """A copy names an entry of the same event that is no copy itself and is older."""
    truths = {truth.url: truth for truth in TRUTH}
    dates = {canonical(item.url): moment(item.date, feed.zone) for feed, item in all_items()}
    for truth in TRUTH:
        if truth.duplicate_of is not None:
            original = truths[truth.duplicate_of]
            assert original.event == truth.event
            assert original.duplicate_of is None
            assert dates[original.url] < dates[truth.url]


def test_the_truth_is_of_one_piece() -> None:
    """Addresses are unique and canonical, and every event and issue is a known one."""
    urls = [truth.url for truth in TRUTH]
    assert len(urls) == len(set(urls))
    assert all(canonical(url) == url for url in urls)
    assert {t.event for t in TRUTH} - {"none"} == {event.id for event in sample_events()}
    assert all((truth.issue is None) == (truth.relevance == 0) for truth in TRUTH)


def test_every_entry_lives_on_its_outlets_domain() -> None:
    """Outlets are recognised by the address of an entry; all domains are reserved ones."""
    domains = {outlet.id: outlet.domains for outlet in sample_outlets()}
    for feed, item in all_items():
        host = item.url.split("/")[2]
        assert host.endswith(".example")
        assert host in domains[feed.outlet]


def test_the_quirks_of_real_feeds_are_there() -> None:
    """Tracking, missing guids, relative links, zone names, naive dates, chains, markup."""
    items = [item for _, item in all_items()]
    templates = "\n".join(template_text(feed) for feed in FEEDS)
    assert any("utm_source=" in item.url for item in items)
    assert any("fbclid=" in item.url for item in items)
    assert any(item.guid is None for item in items)
    assert any(item.title.endswith(" - Seoul Courier") for item in items)
    assert any(item.title.startswith("[속보]") for item in items)
    assert any(item.title.endswith("(종합)") for item in items)
    for mark in ("<![CDATA[", "content:encoded", 'href="/', "rfc822_named(", "_bare("):
        assert mark in templates


def test_one_entry_is_hostile() -> None:
    """Exactly one entry tries a script, a mass mention, a disguised link and an injection."""
    hostile = [item for _, item in all_items() if "<script" in item.text]
    assert len(hostile) == 1
    assert "@everyone" in hostile[0].title
    assert "Ignore all previous instructions" in hostile[0].text


def test_no_text_names_a_day() -> None:
    """The events are timeless: no recent year and no weekday in what is read."""
    for _, item in all_items():
        assert not DATE_WORDS.search(item.title + " " + re.sub(r"<[^>]+>", " ", item.text)), item


def test_only_whole_minutes_change_a_document() -> None:
    """The ETag is the document's: the same within a minute, another one after it."""
    path = FEEDS[0].path
    first = render_sample(path, NOW)
    assert render_sample(path, NOW + timedelta(seconds=15)) == first
    assert render_sample(path, NOW + timedelta(minutes=1)).etag != first.etag
    assert first.last_modified == NOW.replace(second=0)


def test_an_unknown_sample_is_refused() -> None:
    """A path that is not in the index is an error that names it, also beside the templates."""
    for path in ("/absent.xml", "/truth.toml", "/../samples.py"):
        with pytest.raises(NotFoundError, match=path):
            render_sample(path, NOW)


def test_every_template_is_in_the_index() -> None:
    """A template that nobody serves is a mistake."""
    folder = files("bot.demo") / "samples"
    found = {f"/{entry.name}" for entry in folder.iterdir() if not entry.name.endswith(".toml")}
    index = tomllib.loads((folder / "feeds.toml").read_text(encoding="utf-8"))
    assert found == {row["path"] for row in index["feed"]}
    assert {feed.url for feed in FEEDS} == {f"http://127.0.0.1:8000{path}" for path in found}
