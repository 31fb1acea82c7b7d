"""The digest as Markdown, read back by a CommonMark parser."""

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.domain.model import Digest, Language
from bot.rendering.markdown import escape, render_markdown
from bot.rendering.safe import clean, defuse
from bot.rendering.texts import Texts

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

SPECIALS = "\\`*_{}[]()<>#+-.!|~&$:=^@/ \n\t1;a"
HOSTILE = st.text(alphabet=st.one_of(st.sampled_from(SPECIALS), st.characters()))

# Everything a digest is made of.
OWN_MARKUP = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "hr",
    "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "softbreak",
    "em_open", "em_close", "strong_open", "strong_close", "link_open", "link_close",
}  # fmt: skip


def tokens(markdown: str) -> Iterator[Token]:
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or []


def shown(markdown: str) -> str:
    return "".join(token.content for token in tokens(markdown) if token.type == "text")


PLAIN = {"paragraph_open", "paragraph_close", "inline", "text"}


@given(HOSTILE.map(clean).filter(bool))
def test_escaped_text_shows_exactly_itself(text: str) -> None:
    """At the start of a line, within one, and as the text of a link, nothing is markup."""
    for before, after in (
        ("", ""),
        ("so ", " on"),
        ("# ", ""),
        ("- ", ""),
        ("[", "](<https://a.example>)"),
    ):
        kinds = {token.type for token in tokens(before + escape(text) + after)}
        assert kinds <= OWN_MARKUP
        expected = before.removeprefix("# ").removeprefix("- ") + defuse(text) + after
        if before != "[":
            assert shown(before + escape(text) + after) == expected
        else:
            assert shown(before + escape(text) + after) == defuse(text)


@pytest.mark.parametrize(
    "line",
    ["- a", "+ a", "-", "1. a", "23) a", "---", "===", "# a", "> a", "```", "~~~", "***", "| a |",
     "&copy; a", "<b>a</b>", "![a](b)", "[a]: b", "`a`", "*a*", "__a__", "~~a~~", "a\\"],
)  # fmt: skip
def test_nothing_starts_a_block(line: str) -> None:
    """Lists, rules, headings, quotes, code and tables stay the words that they are."""
    assert {token.type for token in tokens(escape(line))} <= PLAIN
    assert shown(escape(line)) == line


@given(HOSTILE)
def test_a_hostile_feed_changes_no_structure(
    texts: dict[str, Texts], with_text: Callable[[str], Digest], text: str
) -> None:
    """The same headings and lists stand there, and every link is a web address."""
    found = list(tokens(render_markdown(with_text(text), texts["en"])))
    assert {token.type for token in found} <= OWN_MARKUP
    assert sum(token.type == "heading_open" for token in found) == 2
    # Three sources, a perspective, and four remarks: silence, terms, numbers, an earlier story.
    assert sum(token.type == "list_item_open" for token in found) == 3 + 1 + 4
    links = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    assert all(link.startswith(("https://", "http://")) for link in links)


@pytest.mark.parametrize(
    "trick",
    [
        "https://evil.example",
        "www.evil.example",
        "WWW.evil.example",
        "someone@evil.example",
        "$x^2$",
        "||spoiler||",
    ],
)
def test_extensions_of_forges_and_chats_find_nothing(trick: str) -> None:
    """Bare addresses, mathematics and spoilers stay words."""
    escaped = escape(f"see {trick} now")
    assert trick not in escaped
    assert not re.search(r"(?<!\\)://|www\.|@\w", escaped, re.IGNORECASE)


@pytest.mark.parametrize("mention", ["@everyone", "@here", "<@123>", "<!channel>", "@octocat"])
def test_nobody_is_mentioned(
    texts: dict[str, Texts], with_text: Callable[[str], Digest], mention: str
) -> None:
    """Neither in the source nor in what is shown of it."""
    markdown = render_markdown(with_text(mention), texts["en"])
    assert mention not in markdown
    assert mention not in shown(markdown)


def test_marks_and_titles_lead_to_the_reports(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """A citation mark opens what it cites."""
    markdown = render_markdown(digest_in(Language.EN), texts["en"])
    assert "twice a year. [\\[1\\]](<https://news.example/en/1?ref=rss&day=23>)" in markdown
    assert (
        "- \\[1\\] Namsan Herald — [Seoul and Tokyo settle on two summits a year]"
        "(<https://news.example/en/1?ref=rss&day=23>) · 15:30\n"
    ) in markdown


def test_sources_stand_under_their_sides(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """Seoul, then Tokyo, then elsewhere; a side without reports is not named."""
    markdown = render_markdown(digest_in(Language.KO), texts["ko"])
    sides = re.findall(r"^\*\*(서울|도쿄|그 외)\*\*(?: · .*)?$", markdown, re.MULTILINE)
    assert sides == ["서울", "도쿄", "그 외", "서울", "도쿄", "도쿄"]


def test_a_quiet_day_is_one_line(texts: dict[str, Texts], quiet_digest: Digest) -> None:
    """After the heading, nothing but the sentence."""
    blocks = render_markdown(quiet_digest, texts["ja"]).strip().split("\n\n")
    assert len(blocks) == 3
    assert blocks[2].startswith("静かな一日です。")
