"""Whatever is told, Slack takes it, shows it as it is, and calls nobody."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from bot.domain.model import (
    DigestItem,
    DigestSentence,
    Issue,
    ItemKind,
    Language,
    Source,
)
from bot.platforms.slack.blocks import cut, escape
from bot.platforms.slack.fallback import FALLBACK_LIMIT
from bot.platforms.slack.render import MESSAGE_LIMIT, Message, mark, render_digest, shorten
from bot.rendering.texts import load_texts
from tests.builders import NOW
from tests.fakes.slack_blocks import problem_with, units
from tests.platforms.slack.conftest import LOCALES
from tests.platforms.slack.stories import digest, pieces, said, story

TEXTS = load_texts(LOCALES)

HOSTILE = (
    "@everyone @here <!channel> <!here|x> <@U0STRAIT> <#C1|general> <!subteam^S1> @channel",
    "*bold* _italic_ ~strike~ `code` ```block``` > quote :tada: &lt;&amp; <https://evil.example|ok>",
    "```<script>alert(1)</script>``` [x](javascript:alert(1)) \\ \" ' {text} {} %s",
    "\u200b\u200d\u202e\x1b[31m\x00\ud800 zero width",
    "독도 竹島 日韓首脳会談で共同声明を発表、経済協力の枠組みに合意" * 30,
    "🇯🇵🇰🇷👨‍👩‍👧🏳️‍🌈" * 60,
    "a" * 5000,
    '"' * 5000,
    " ",
    "",
)
words = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=200),
    st.builds(lambda a, b: a + b, st.sampled_from(HOSTILE), st.text(max_size=40)),
)
urls = st.one_of(
    words,
    st.builds(lambda rest: f"https://news.example/{rest}", words),
    st.just("https://news.example/" + "a" * 3000),
)


@st.composite
def sources(draw: st.DrawFn, number: int) -> Source:
    return Source(
        number=number,
        entry_id=number,
        outlet_name=draw(words),
        country=draw(st.sampled_from(["KR", "JP", "US", None, "<!channel>"])),
        language=draw(st.sampled_from(["ko", "ja", "en", "", "<@U1>"])),
        title=draw(words),
        url=draw(urls),
        published_at=NOW - timedelta(minutes=number),
    )


@st.composite
def items(draw: st.DrawFn) -> DigestItem:
    count = draw(st.integers(min_value=0, max_value=4))
    reports = tuple(draw(sources(number)) for number in range(1, count + 1))
    # The widest story repeats its reports: generating 80 of them is what takes long.
    widened = tuple(
        replace(report, number=number)
        for number, report in enumerate(
            reports * draw(st.sampled_from([1, 1, 1, 1, 1, 25])), start=1
        )
    )
    told = draw(st.lists(words, max_size=4))
    return DigestItem(
        story_id=draw(st.integers(min_value=1, max_value=2**62)),
        story_version=1,
        kind=draw(st.sampled_from(ItemKind)),
        headline=draw(words),
        language=draw(st.sampled_from(["en", "ja", "ko", "xx"])),
        issue=draw(st.sampled_from(Issue)),
        sentences=tuple(DigestSentence(text=text, sources=(1, 2)) for text in told),
        sources=widened,
        first_seen_at=NOW,
        last_seen_at=NOW,
        method="extractive",
    )


def check_message(message: Message) -> None:
    """Assert that Slack takes the message, and sees no markup or mention in it."""
    assert problem_with(list(message.blocks)) is None
    together = json.dumps(message.blocks, ensure_ascii=False, separators=(",", ":"))
    assert units(together) <= MESSAGE_LIMIT
    assert len(message.blocks) <= 50
    assert 0 < units(message.text) <= FALLBACK_LIMIT
    json.loads(message.payload)
    message.payload.encode()
    for piece in pieces(message.blocks):
        assert piece.get("type") not in {"mrkdwn", "markdown", "user", "broadcast", "channel"}
        assert piece.get("emoji") in {None, False}
    for word in ("<!", "<@", "<#", "@everyone", "@here", "@channel"):
        assert word not in message.payload, word
    assert "<" not in message.text
    assert ">" not in message.text


@settings(
    max_examples=100,
    verbosity=Verbosity.quiet,
    deadline=None,
    # A story of many long reports takes minutes to shrink and is no clearer for it.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(items(), min_size=5, max_size=5),
    st.sampled_from(Language),
    words,
    st.booleans(),
)
def test_any_story_is_inside_every_limit(
    told: list[DigestItem], language: Language, title: str, titles: bool
) -> None:
    """500 stories: long, CJK, emoji, markup, mentions; in digests and as answers."""
    made = digest(*told, language=language, title=title)
    texts = TEXTS[language]
    messages = render_digest(made, texts, titles=titles)
    for message in (*messages, *(() if titles else shorten(made, texts, most=2))):
        check_message(message)
    shown = said(messages)
    assert all(texts.say("slack.story", id=str(item.story_id)) in shown for item in told)


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_words_are_shown_as_they_are(text: str) -> None:
    """A reader sees the feed's own words, markup characters included."""
    hostile = replace(story(), headline=text, sentences=(DigestSentence(text=text, sources=()),))
    shown = said(render_digest(digest(hostile), TEXTS["en"])).replace("\u200b", "")
    assert shown.count(text) == 2


def test_only_safe_addresses_become_links() -> None:
    """A script's address is no link, nor one that hides its host or is endless."""
    bad = ("javascript:alert(1)//", "https://known.example@evil.example/", "data:text/html,")
    endless = "https://news.example/" + "a" * 1200
    made = digest(*(story(n, url=url) for n, url in enumerate((*bad, endless), 1)), story(9))
    messages = render_digest(made, TEXTS["en"])
    found = {p["url"] for m in messages for p in pieces(m.blocks) if p.get("type") == "link"}
    assert found == {f"https://news.example/{n}" for n in (1, 2, 3)}


def test_a_digest_is_told_in_order() -> None:
    """Heading first; each story with its marks, its sides and the number to ask for it by."""
    [message] = render_digest(digest(story(1), story(2)), TEXTS["en"])
    assert message.blocks[0]["type"] == "header"
    assert message.blocks[-1]["type"] == "context"
    shown = said([message])
    order = ["Topic", "2 stories", "1. Headline 1", "story 41", "Sentence of 1.¹\u202f²"]
    order += ["Tokyo", "Elsewhere", "Seoul", "2. Headline 2", "Made by extraction"]
    places = [shown.index(word) for word in order if word not in {"Tokyo", "Elsewhere", "Seoul"}]
    assert places == sorted(places)
    assert all(word in shown for word in order)


def test_a_long_digest_is_divided_between_stories() -> None:
    """Every message says which part it is; no story is in two, none is missing."""
    told = [story(n, reports=12, url="https://news.example/" + "a" * 150) for n in range(1, 13)]
    messages = render_digest(digest(*told), TEXTS["en"])
    assert len(messages) > 1
    for message in messages:
        check_message(message)
    for number, item in enumerate(told, 1):
        held = [said([m]) for m in messages if f"{number}. {item.headline}\n" in said([m])]
        assert len(held) == 1
        assert all(f"Outlet {n}" in held[0] for n in range(1, 13))
    parts = [f"({n}/{len(messages)})" for n in range(1, len(messages) + 1)]
    assert all(part in message.text for part, message in zip(parts, messages, strict=True))
    assert [m.blocks[0]["type"] for m in messages] == ["header"] + ["context"] * (len(messages) - 1)


def test_a_story_with_too_many_reports_says_how_many_more() -> None:
    """Its words stay whole; the reports that it cites are kept before others."""
    wide = story(reports=200, url="https://news.example/" + "a" * 100)
    [message] = render_digest(digest(wide), TEXTS["en"])
    check_message(message)
    shown = said([message])
    assert "Sentence of 1." in shown
    listed = sum(
        f"\n{mark(n)}\u00a0" in shown or f" · {mark(n)}\u00a0" in shown for n in range(1, 201)
    )
    assert all(f"{mark(n)}\u00a0" in shown for n in range(1, listed + 1))
    assert f"and {200 - listed} more" in shown
    assert listed > 20


def test_a_quiet_day_is_told() -> None:
    """Nothing happened, and the message says so."""
    [message] = render_digest(digest(), TEXTS["en"])
    assert "A quiet day" in said([message])
    assert "A quiet day" in message.text
    check_message(message)


def test_one_story_lists_each_report_with_its_title() -> None:
    """Asked for alone, a story has room for what each outlet wrote."""
    [message] = render_digest(digest(story()), TEXTS["en"], titles=True)
    assert all(f"Title {n}" in said([message]) for n in (1, 2, 3))


def test_an_answer_leaves_out_what_it_has_no_room_for() -> None:
    """The first stories are kept, and the reader is told of the others."""
    told = [story(n, reports=30, url="https://news.example/" + "a" * 150) for n in range(1, 11)]
    messages = shorten(digest(*told), TEXTS["en"], most=2)
    assert len(messages) == 2
    shown = said(messages)
    kept = sum(f"{n}. Headline {n}\n" in shown for n in range(1, 11))
    assert f"{10 - kept} more left out" in shown
    assert "1. Headline 1\n" in shown


def test_every_language_is_rendered() -> None:
    """The words around the stories are the reader's."""
    marks: Callable[[Language], str] = lambda lang: TEXTS[lang].say("story.new")  # noqa: E731
    for language in Language:
        [message] = render_digest(digest(story(), language=language), TEXTS[language])
        assert marks(language) in said([message])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(1, 50))
def test_a_cut_text_is_short_enough_for_slack(text: str, limit: int) -> None:
    """Slack's clients count emoji twice; no emoji is cut in half."""
    short = cut(text, limit)
    assert units(short) <= limit
    assert short == text or short.endswith("…")


@given(st.text())
def test_escaped_text_holds_no_control_sequence(text: str) -> None:
    """``<``, ``>`` and ``&`` are the only characters that Slack reads as control."""
    escaped = escape(text)
    assert not set(escaped) & {"<", ">"}
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace(
        "\u200b", ""
    ) == text.replace("\u200b", "")
