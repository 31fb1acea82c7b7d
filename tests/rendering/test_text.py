"""The digest on a terminal."""

import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bot.domain.model import Digest, Language
from bot.rendering.text import render_console, render_text
from bot.rendering.texts import Texts

# What rich itself writes: colours and hyperlinks.
OWN_SEQUENCES = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;[^;]*;[^\x1b]*\x1b\\")


def console_output(digest: Digest, texts: Texts) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, legacy_windows=False)
    console.print(render_console(digest, texts))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_reader_sees_the_whole_story(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """Title, what it was made from, then each story with marks, labels and grouped sources."""
    text = render_text(digest_in(Language.EN), texts["en"])
    for part in (
        "Japan–Korea relations · Monday, November 23, 2026\n",
        "English edition · As of 18:00 Korean Standard Time\n",
        "3 stories from 43 reports of 14 outlets, 3 more left out\n",
        "1. Leaders agree to meet twice a year as shuttle diplomacy resumes\n",
        "   New · Summits and diplomacy · 2 hours ago\n",
        "at least twice a year.\n   [1][2] Officials",
        "   Seoul · 3 outlets, first Cheongpa Broadcasting (12:00)\n   [1] Namsan Herald — ",
        "— Seoul and Tokyo settle on two summits a year · 15:30\n",
        "       https://news.example/en/1?ref=rss&day=23\n",
        "\n   Tokyo · 2 outlets, first Tokyo Morning Post (13:45)\n   [2] 晴海新聞 — ",
        "\n   Elsewhere\n   [6] Harbour Wire — ",
        "   Update · Security · 7 hours ago\n",
        "Made by extraction: every sentence comes from the sources cited",
    ):
        assert part in text


def test_a_story_of_one_outlet_says_so(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """Only the third story has a single outlet."""
    text = render_text(digest_in(Language.EN), texts["en"])
    assert text.count("Single source") == 1
    assert "15 hours ago · Single source\n   In Japanese: no report in English yet" in text


def test_two_reports_of_one_outlet_are_still_one_source(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """A story counts outlets, not reports."""
    digest = digest_in(Language.EN)
    first, second = digest.items[1].sources
    same = replace(second, outlet_name=first.outlet_name)
    item = replace(digest.items[1], sources=(first, same))
    assert "Single source" in render_text(replace(digest, items=(item,)), texts["en"])


def test_a_report_in_the_readers_language_is_not_denied(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """The note that there is none stands only where it is true."""
    digest = digest_in(Language.EN)
    item = replace(digest.items[0], language="ko")
    text = render_text(replace(digest, items=(item,)), texts["en"])
    assert "In Korean\n" in text
    assert "no report" not in text


def test_foreign_titles_name_their_language(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """The tag is there for other languages and absent for the reader's own."""
    text = render_text(digest_in(Language.JA), texts["ja"])
    assert "summits a year (英語)" in " ".join(text.split())
    assert "(日本語)" not in text


@pytest.mark.parametrize("unknown", ["", "und"])
def test_a_report_of_unknown_language_has_no_tag(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest], unknown: str
) -> None:
    """Nothing is said of what is not known."""
    digest = digest_in(Language.EN)
    (source,) = digest.items[2].sources
    item = replace(digest.items[2], sources=(replace(source, language=unknown),))
    text = render_text(replace(digest, items=(item,)), texts["en"])
    assert "半年 住民が記念の催し · 03:00" in text


def test_a_quiet_day_is_one_honest_line(texts: dict[str, Texts], quiet_digest: Digest) -> None:
    """It says how much was read where that is known, and claims no sources."""
    lines = render_text(quiet_digest, texts["en"]).splitlines()
    assert lines[2:] == ["A quiet day: no story to tell in 43 reports of 14 outlets."]
    unread = replace(quiet_digest, entries_read=0, outlets_read=0)
    assert render_text(unread, texts["en"]).splitlines()[2:] == [
        "A quiet day: nothing new to tell."
    ]


def test_a_summary_by_a_model_is_not_called_an_extract(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """One such story is enough to change the closing line."""
    digest = digest_in(Language.EN)
    first, *others = digest.items
    mixed = replace(digest, items=(replace(first, method="llm"), *others))
    text = render_text(mixed, texts["en"])
    assert "language model" in text
    assert "none was rewritten" not in text


def test_a_headline_alone_is_not_called_a_summary(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """A look-up shows stories that nobody has summarized yet: neither a model nor an extract."""
    digest = digest_in(Language.EN)
    bare = [replace(item, sentences=(), method="headline") for item in digest.items]
    none = render_text(replace(digest, items=tuple(bare)), texts["en"])
    assert "language model" not in none
    assert "Made by extraction" not in none
    some = render_text(replace(digest, items=(digest.items[0], *bare[1:])), texts["en"])
    assert "language model" not in some
    assert "Made by extraction" in some


@pytest.mark.parametrize("width", [40, 72, 88])
@pytest.mark.parametrize("language", list(Language))
def test_lines_fit_and_addresses_stay_whole(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest], language: Language, width: int
) -> None:
    """Only a line that is one address may be wider than the terminal."""
    digest = digest_in(language)
    lines = render_text(digest, texts[language], width=width).splitlines()
    urls = {source.url for item in digest.items for source in item.sources}
    assert urls <= {line.strip() for line in lines}
    assert all(cell_len(line) <= width for line in lines if line.strip() not in urls)


@given(st.text(alphabet=st.one_of(st.sampled_from("\x1b[31m\x9b\u202e@<!#\n "), st.characters())))
def test_no_control_character_reaches_the_terminal(
    texts: dict[str, Texts], with_text: Callable[[str], Digest], text: str
) -> None:
    """Neither as text nor in colour, whatever a feed says."""
    digest = with_text(text)
    for output in (
        render_text(digest, texts["en"]),
        OWN_SEQUENCES.sub("", console_output(digest, texts["en"])),
    ):
        controls = {c for c in output if unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
        assert controls <= {"\n", "\u200b", "\u200c", "\u200d"}


@pytest.mark.parametrize("mention", ["@everyone", "@here", "<@123>", "<!channel>"])
def test_nobody_is_mentioned(
    texts: dict[str, Texts], with_text: Callable[[str], Digest], mention: str
) -> None:
    """The text may be pasted into a chat."""
    assert mention not in render_text(with_text(mention), texts["en"])


def test_console_markup_in_a_title_is_shown_as_it_is(
    texts: dict[str, Texts], with_text: Callable[[str], Digest]
) -> None:
    """Nor do emoji codes or links of rich's own markup work."""
    trick = "[bold red]x[/] [link=https://evil.example]y[/link] :bomb:"
    assert trick in OWN_SEQUENCES.sub("", console_output(with_text(trick), texts["en"]))
    assert "\x1b]8;;https://evil.example" not in console_output(with_text(trick), texts["en"])


def test_titles_and_marks_are_links_in_colour(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """A terminal with hyperlinks opens the report from its mark and from its title."""
    output = console_output(digest_in(Language.EN), texts["en"])
    link = r"\x1b\]8;id=\d+;https://news\.example/en/1\?ref=rss&day=23\x1b\\[^\x1b]*\x1b\[4m"
    assert re.search(link + r"\[1\]", output)
    assert re.search(link + "Seoul and Tokyo settle", output)
    assert "Leaders agree to meet" in output
