"""What comes from feeds is harmless before any format sees it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.safe import clean, defuse, safe_url


@given(st.text(alphabet=st.characters()), st.integers(min_value=1, max_value=50))
def test_clean_text_is_one_short_visible_line(text: str, limit: int) -> None:
    """Whatever comes in, no control, format or surrogate character comes out."""
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    cleaned.encode()
    bad = [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert set(bad) <= {"\u200c", "\u200d"}
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x9b2Jgone", "2Jgone"),
        ("\x1b]0;title\x07shell", "]0;titleshell"),
        ("abc\u202ecba", "abccba"),
        ("one\r\ntwo\u2028three\x00", "one two three"),
        ("hid\u200bden\ufeff", "hidden"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("가족 👨\u200d👩\u200d👧 日本", "가족 👨\u200d👩\u200d👧 日本"),
    ],
)
def test_tricks_vanish_and_words_stay(text: str, seen: str) -> None:
    """Escape sequences, overrides and invisible text go; emoji and all scripts stay."""
    assert clean(text) == seen


def test_a_cut_is_shown() -> None:
    """A reader sees that a text goes on."""
    assert clean("a" * 50, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    "mention",
    [
        "@everyone",
        "@here",
        "<@123>",
        "<@!123>",
        "<@&9>",
        "<#42>",
        "<!channel>",
        "<!subteam^S1>",
        "@someone",
    ],
)
def test_mentions_are_defused_readably(mention: str) -> None:
    """The mention no longer stands in the text, and a reader sees the same words."""
    said = defuse(f"news for {mention} today")
    assert mention not in said
    assert said.replace("\u200b", "") == f"news for {mention} today"


@pytest.mark.parametrize("text", ["a < b", "3 @ 4", "plain"])
def test_what_mentions_nobody_is_left_alone(text: str) -> None:
    """Nothing is put into a text that has no mention."""
    assert defuse(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "//news.example/",
        "/relative",
        "",
        "https://",
        "https://known.example@evil.example/",
        "https://[broken/",
        "https:\\\\evil.example",
    ],
)
def test_only_plain_web_addresses_become_links(url: str) -> None:
    """Scripts, files, fragments and deceiving addresses are no links."""
    assert safe_url(url) is None


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://news.example/a?b=1&c=2#d", "https://news.example/a?b=1&c=2#d"),
        ("HTTP://news.example/%ED%95%9C", "http://news.example/%ED%95%9C"),
        ("https://news.example/한", "https://news.example/%ED%95%9C"),
        (
            "https://n.example/a b(c)[d]<e>\"'`*@f;g",
            "https://n.example/a%20b%28c%29%5Bd%5D%3Ce%3E%22%27%60%2A%40f%3Bg",
        ),
    ],
)
def test_addresses_lose_everything_that_could_be_markup(url: str, safe: str) -> None:
    """What is percent-encoded is the same address, and closes no bracket or quote."""
    assert safe_url(url) == safe


@given(st.text(alphabet=st.characters()))
def test_a_safe_address_is_ascii_without_brackets(rest: str) -> None:
    """Whatever the feed appended: no space, quote, bracket, mention or control character."""
    url = safe_url(f"https://news.example/{rest}")
    if url is not None:
        assert url.isascii()
        assert url.isprintable()
        assert not set(url) & set(" <>\"'`()[]{}@\\^|;*")
