"""What a digest looks like on Discord, and the limits that it never breaks."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import discord
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.domain.model import (
    Digest,
    DigestItem,
    DigestSentence,
    Issue,
    ItemKind,
    Language,
    Source,
)
from bot.platforms.discord.markup import units
from bot.platforms.discord.payload import bodies, freeze
from bot.platforms.discord.render import Page, digest_pages, story_pages, to_view
from bot.rendering.texts import Texts, load_texts
from tests.fakes.discord_rest import texts_of, walk
from tests.rendering.conftest import LOCALES, UNTIL, a_digest, hostile

TEXTS = load_texts(LOCALES)
KEY = "4294967296-1795000000-17"

NASTY = [
    "@everyone @here <@1234> <@&5678> <#91011> <!channel> </digest:12> <id:guide>",
    "**bold** __under__ ~~gone~~ ||spoiler|| `code` ```block``` > quote\n# heading\n- list",
    "[click](https://evil.example) <https://evil.example> https://evil.example discord.gg/evil",
    "<:smile:1> :smile: <t:1:R> \u202eesrever \u200b\ufeff\x00\x1b[31m",
    "日韓首脳会談で両政府が合意、年２回の相互訪問を定例化へ",
    "한일 정상, 셔틀외교 정착 위해 연 2회 상호 방문 합의",
    "🇯🇵🤝🇰🇷 👩‍👩‍👧‍👦" * 40,
    "\\" * 300,
    "*" * 2000,
    "@a" * 1000,
    "word " * 500,
    "",
]

words = st.one_of(st.sampled_from(NASTY), st.text(max_size=400))
urls = st.one_of(
    st.just("https://news.example/a?b=c"),
    st.builds(lambda n: "https://news.example/" + "x" * n, st.integers(0, 3000)),
    words,
)


def source_of(number: int, text: str, url: str, country: str) -> Source:
    return Source(
        number=number,
        entry_id=number,
        outlet_name=text,
        country=country,
        language="ko",
        title=text,
        url=url,
        published_at=UNTIL - timedelta(hours=number),
    )


@st.composite
def stories(draw: st.DrawFn, story_id: int = 1) -> DigestItem:
    count = draw(st.integers(1, 30))
    countries = st.sampled_from(["KR", "JP", "SG", ""])
    sources = [
        source_of(number, draw(words), draw(urls), draw(countries))
        for number in range(1, count + 1)
    ]
    sentences = draw(st.lists(words, max_size=6))
    return DigestItem(
        story_id=story_id,
        story_version=1,
        kind=draw(st.sampled_from(ItemKind)),
        headline=draw(words),
        language=draw(st.sampled_from(["en", "ja", "ko"])),
        issue=draw(st.sampled_from(Issue)),
        sentences=tuple(DigestSentence(text=s, sources=(1, count)) for s in sentences),
        sources=tuple(sources),
        first_seen_at=UNTIL,
        last_seen_at=UNTIL,
        method="extractive",
    )


digests = st.builds(
    lambda items, language, title: replace(
        a_digest(language), items=tuple(items), topic_title=title
    ),
    st.lists(stories(), max_size=12),
    st.sampled_from(Language),
    words,
)


def texts_for(digest: Digest) -> Texts:
    return TEXTS[digest.language]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(digests)
@example(replace(a_digest(Language.EN), items=a_digest(Language.EN).items * 40))
def test_every_message_is_within_discords_limits(digest: Digest) -> None:
    """40 components, 4000 characters, 2000 of plain content, 25 of nonce; no story is lost."""
    hold(digest)


def test_500_stories_are_within_discords_limits() -> None:
    """As many as a server reads in months, of every size and kind."""
    chance = random.Random(20261123)
    for _ in range(50):
        items = tuple(some_story(chance) for _ in range(10))
        language = chance.choice(list(Language))
        hold(replace(a_digest(language), items=items))


def some_story(chance: random.Random) -> DigestItem:
    """Return a story made of fragments that are long, CJK, emoji, markup and mentions."""

    def text() -> str:
        return " ".join(chance.choices(NASTY, k=chance.randint(1, 4)))[: chance.randint(1, 900)]

    sources = tuple(
        source_of(n, text(), f"https://news.example/{'x' * chance.randint(1, 1500)}", "KR")
        for n in range(1, chance.randint(2, 25))
    )
    [usual] = hostile(text()).items
    sentences = [DigestSentence(text=text(), sources=(1,)) for _ in range(chance.randint(0, 6))]
    return replace(usual, headline=text(), sources=sources, sentences=tuple(sentences))


def hold(digest: Digest) -> None:
    """Assert the limits of every message of the digest."""
    told = 0
    for page in digest_pages(digest, texts_for(digest)):
        posts = bodies(freeze(page), KEY)
        assert posts.layout is not None
        texts = texts_of(posts.layout["components"])
        assert len(walk(posts.layout["components"])) <= 40
        assert sum(map(units, texts)) <= 4000
        assert all(texts)
        assert 0 < units(posts.plain["content"]) <= 2000
        assert len(posts.layout["nonce"]) <= 25
        told += len(page.stories)
    assert told == len(digest.items)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(stories())
def test_a_story_is_one_message_within_the_limits(item: DigestItem) -> None:
    """However many reports it has."""
    [page] = story_pages(replace(a_digest(Language.KO), items=(item,)), TEXTS["ko"])
    view = to_view(page)
    assert view.content_length() <= 4000
    assert view.total_children_count <= 40


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.sampled_from([nasty[:60] for nasty in NASTY]), st.text(max_size=60)))
def test_nothing_from_a_feed_becomes_markup(text: str) -> None:
    """What Discord reads as markup in a hostile digest is what it reads in a harmless one."""
    for shape in (digest_pages, story_pages):
        [told], [harmless] = shape(hostile(text), TEXTS["en"]), shape(hostile("x"), TEXTS["en"])
        for mine, usual in zip(everything(told), everything(harmless), strict=True):
            assert markup(mine) == markup(usual)
            assert not MENTION.search(mine)


# Discord looks for these before it looks at backslashes.
MENTION = re.compile(r"@(everyone|here)|<[@#]")

# Our own: links to percent-encoded addresses, and moments.
LINK = re.compile(r"\[([^\[\]]+)\]\(<https://news\.example/[^<>\s()]*>\)")
MOMENT = re.compile(r"<t:\d+:R>")


def everything(page: Page) -> list[str]:
    return [page.heading, *(text for story in page.stories for text in story), page.plain]


def markup(text: str) -> list[str]:
    """Return what Discord reads as markup, in order: a backslash makes the next sign text."""
    bare = re.sub(r"\\[^0-9A-Za-z\s]", "x", MOMENT.sub("", LINK.sub(r"\1", text)))
    anywhere = r"[*_~|`\[\]<>]|https?://|\w\.\w+/|:\w+:"
    return re.findall(rf"^(?:#+|-#|[-*+>]|\d+\.)(?= )|{anywhere}", bare, re.MULTILINE)


def test_a_digest_reads_well() -> None:
    """The texts of a realistic digest, as Markdown."""
    [page] = digest_pages(a_digest(Language.EN), TEXTS["en"])
    assert page.heading.splitlines()[:2] == [
        "## Japan–Korea relations",
        "**Monday, November 23, 2026**",
    ]
    told, reported = page.stories[1]
    assert told.splitlines() == [
        "### 2\\. Three navies finish an autumn drill south of Jeju",
        "-# **Update** · Security · <t:1795399200:R> · `/story 2`",
        "Ships of the three countries ended a four-day exercise in international waters.¹\u202f²",
    ]
    korean, english = (f"https://news.example/{at}?ref=rss&day=23" for at in ("ko/2", "en/1"))
    post = "Tokyo Morning Post"
    assert reported.splitlines() == [
        f"🇰🇷 **Seoul** ²\u202f[Hanbit Ilbo](<{korean}>) · 10:00 “한미일 가을 해상훈련 종료”",
        f"🇯🇵 **Tokyo** ¹\u202f[{post}](<{english}>) · 11:00 “Autumn drill of three navies ends”",
    ]


def test_plain_text_has_every_headline_and_a_source() -> None:
    """What readers get where the layout is refused."""
    digest = a_digest(Language.KO)
    [page] = digest_pages(digest, TEXTS["ko"])
    for item in digest.items:
        assert item.headline in page.plain
    assert page.plain.count("](<https://news.example/") == len(digest.items)


def test_a_long_digest_is_split_between_stories() -> None:
    """Each message says which part it is; the heading is whole in the first only."""
    many = replace(a_digest(Language.EN), items=a_digest(Language.EN).items * 5)
    pages = digest_pages(many, TEXTS["en"])
    assert len(pages) > 1
    for part, page in enumerate(pages, 1):
        assert f"Part {part} of {len(pages)}" in page.footer
    assert "November" in pages[0].heading
    assert "November" not in pages[1].heading
    assert sum(len(page.stories) for page in pages) == 15


def test_a_story_that_is_too_long_shortens_its_sources_first() -> None:
    """The summary stays; the reader is told how many sources there are more."""
    [item] = hostile("x").items
    sources = tuple(
        source_of(n, "Outlet", "https://e.example/" + "x" * 700, "KR") for n in range(1, 9)
    )
    long = replace(item, sources=sources, sentences=(DigestSentence(text="Kept.", sources=(1,)),))
    [page] = digest_pages(replace(a_digest(Language.EN), items=(long,)), TEXTS["en"])
    [told, reported] = page.stories[0]
    assert "Kept." in told
    assert "more sources" in reported


def test_a_quiet_day_is_one_short_message(quiet: Digest) -> None:
    """Readers see that the bot is alive."""
    [page] = digest_pages(quiet, TEXTS["en"])
    assert "A quiet day" in page.heading
    assert page.stories == ()
    assert to_view(page).total_children_count <= 40


@pytest.fixture
def quiet() -> Digest:
    return replace(a_digest(Language.EN), items=(), stories_left_out=0)


def test_a_payload_is_plain_json(make_json: Callable[[], str]) -> None:
    """The outbox keeps text only; reading it needs no library."""
    kept = json.loads(make_json())
    assert set(kept) == {"components", "plain"}
    assert kept["components"][0]["type"] == discord.ComponentType.container.value


@pytest.fixture
def make_json() -> Callable[[], str]:
    [page] = digest_pages(a_digest(Language.JA), TEXTS["ja"])
    return lambda: freeze(page)
