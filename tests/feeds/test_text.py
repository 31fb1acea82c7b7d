import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.text import fold, plain_text, shorten


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One Two three"),
        ("<b>日</b>韓<i>会談</i>", "日韓会談"),
        ("<ruby>竹島<rp>(</rp><rt>たけしま</rt><rp>)</rp></ruby>の日", "竹島の日"),
        ("Q&amp;A &#8212; caf&eacute;", "Q&A — café"),
        ("AT&T, R&D; 5 < 6 > 4", "AT&T, R&D; 5 < 6 > 4"),
        ("a<script>steal()</script>b<style>p{}</style>c<!-- d -->e", "a b ce"),
        ("a<script>never closed", "a"),
        ("<div hidden>shown<template>not</template></div>", "shown"),
        ("&lt;p&gt;escaped twice&lt;/p&gt; &amp;quot;x&amp;quot;", 'escaped twice "x"'),
        ("<속보> 한일 정상", "<속보> 한일 정상"),
        ("<![CDATA[inside]]>", "inside"),
        ("a\u202eb\u200bc\x00d\ufeffe\u2066f", "abcdef"),
        ("  a\n\t\u3000b\xa0 ", "a b"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_only_what_a_reader_would_see_is_left(markup: str, text: str) -> None:
    """Tags, scripts, comments, entities and invisible characters are gone; words stay."""
    assert plain_text(markup, limit=200) == text


@given(st.text())
def test_no_text_holds_controls_or_overrides(markup: str) -> None:
    """One line, nothing that turns the reading direction, nothing that is no character."""
    text = plain_text(markup, limit=100)
    assert len(text) <= 100
    assert text == " ".join(text.split())
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs"}
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """Nothing that is removed brings forth something else to remove."""
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("piece", ["<a ", '<a href="', "</", "<!--", "<?", "<![CDATA[", "&", "<"])
def test_endless_openings_end(piece: str) -> None:
    """What makes html.parser quadratic is taken away before it: this returns at all."""
    assert len(plain_text("words " + piece * 20_000, limit=50)) <= 50


def test_a_long_text_is_cut_at_a_word() -> None:
    """The cut shows; Japanese, which has no spaces, is cut anywhere."""
    assert shorten("one two three four", 14) == "one two three…"
    assert shorten("一二三四五六七八九十", 5) == "一二三四…"
    assert shorten("short", 5) == "short"
