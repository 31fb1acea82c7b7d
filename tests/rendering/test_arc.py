"""The week's arc in every format: charts, counts, and nothing of a feed alive in it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.model import Digest, Issue, IssueWeek, Language
from bot.platforms.discord.render import CONTENT_LIMIT, TEXT_LIMIT, digest_pages
from bot.platforms.slack.blocks import size
from bot.platforms.slack.render import MESSAGE_LIMIT, render_digest
from bot.rendering.arc import sparkline, view_arc
from bot.rendering.html import render_html
from bot.rendering.json import render_json
from bot.rendering.markdown import render_markdown
from bot.rendering.text import render_text
from bot.rendering.texts import Texts


def week(issue: Issue = Issue.COURTS, **changes: Any) -> IssueWeek:
    values: dict[str, Any] = {
        "issue": issue,
        "stories": 2,
        "reports": 5,
        "by_day": (0, 1, 0, 4, 0, 0, 0),
        "cooperation": 1,
        "friction": 3,
        "main_story_id": 7,
        "headline": "Court orders payment",
        "language": "en",
        "url": "https://h.example/7",
    }
    return IssueWeek(**values | changes)


@pytest.fixture
def weekly(digest_in: Callable[[Language], Digest]) -> Digest:
    return replace(digest_in(Language.EN), arc=(week(), week(Issue.TRADE, friction=0)))


def test_a_sparkline_has_a_character_a_day() -> None:
    """The highest for the most, a low bar for little, a dot for nothing."""
    assert sparkline((0, 1, 8, 4), 8) == "·▂█▅"


def test_text_and_markdown_tell_each_issue(weekly: Digest, texts: dict[str, Texts]) -> None:
    """Its chart, its counts, its temperature and its main story."""
    for written in (render_text(weekly, texts["en"]), render_markdown(weekly, texts["en"])):
        assert "The week by issue" in written
        assert "Courts ·▃·█···" in written
        assert "2 stories, 5 reports" in written
        assert "Court orders payment" in written
    assert "temperature \N{MINUS SIGN}0.5 (1 cooperation, 3 friction)" in render_text(
        weekly, texts["en"], width=200
    )


def test_the_page_draws_a_bar_a_day(weekly: Digest, texts: dict[str, Texts]) -> None:
    """As SVG in the page, which loads nothing."""
    page = render_html(weekly, texts["en"])
    section = page[page.index('<section class="arc"') : page.index("<article")]
    assert section.count("<rect") == 4
    assert 'href="https://h.example/7"' in section
    assert "<rect" not in render_html(replace(weekly, arc=(), items=()), texts["en"])


def test_json_has_the_numbers(weekly: Digest, texts: dict[str, Texts]) -> None:
    """For scripts, without any drawing."""
    [first, _] = json.loads(render_json(weekly, texts["en"]))["week"]
    assert first == {
        "issue": "courts",
        "issue_name": "Courts",
        "stories": 2,
        "reports": 5,
        "by_day": [0, 1, 0, 4, 0, 0, 0],
        "temperature": -0.5,
        "cooperation": 1,
        "friction": 3,
        "main_story": 7,
        "headline": "Court orders payment",
        "language": "en",
        "url": "https://h.example/7",
    }


@pytest.mark.parametrize("language", list(Language))
def test_chat_messages_stay_within_their_limits(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts], language: Language
) -> None:
    """With every issue in the week and headlines of any length."""
    arc = tuple(week(issue, headline="*w*" * 300) for issue in Issue)
    digest, spoken = replace(digest_in(language), arc=arc), texts[language]
    pages = digest_pages(digest, spoken)
    assert spoken.say("arc.title") in pages[0].heading
    for page in pages:
        told = [page.heading, page.footer, *(text for story in page.stories for text in story)]
        assert sum(map(len, told)) <= TEXT_LIMIT
        assert len(page.plain) <= CONTENT_LIMIT
    messages = render_digest(digest, spoken)
    assert spoken.say("arc.title") in messages[0].payload
    assert all(size(message.blocks) <= MESSAGE_LIMIT for message in messages)


def test_what_a_feed_says_is_shown_as_it_is(weekly: Digest, texts: dict[str, Texts]) -> None:
    """A headline is no markup, and an address that is none is no link."""
    evil = week(headline='<img src=x onerror="x"> [a](http://b) @everyone', url="javascript:x()")
    digest = replace(weekly, arc=(evil,))
    view = view_arc(digest, texts["en"])
    assert view is not None
    assert view.issues[0].url is None
    assert "<img" not in render_html(digest, texts["en"])
    assert "[a](" not in render_markdown(digest, texts["en"])
    assert "@everyone" not in digest_pages(digest, texts["en"])[0].heading


def test_a_quiet_day_tells_what_the_filters_left_out(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """In one line, in each language; what breaks says so."""
    quiet = replace(digest_in(Language.EN), items=(), stories_outside=4)
    assert "Nothing for your filters; 4 stories outside of them." in render_text(
        quiet, texts["en"], width=200
    )
    assert "4件" in render_text(quiet, texts["ja"])
    assert "4건" in render_text(quiet, texts["ko"])
    breaking = replace(digest_in(Language.EN), breaking=True)
    assert "Breaking: reported by several" in render_text(breaking, texts["en"])


def test_what_only_touches_the_topic_is_marked(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """Beside its headline, in every format."""
    digest = digest_in(Language.EN)
    marked = replace(digest, items=(replace(digest.items[0], peripheral=True),))
    for written in (
        render_text(marked, texts["en"]),
        render_markdown(marked, texts["en"]),
        render_html(marked, texts["en"]),
        str(digest_pages(marked, texts["en"])),
        render_digest(marked, texts["en"])[0].payload,
    ):
        assert "On the margin" in written
