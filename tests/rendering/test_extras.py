"""Pre-briefs and corrections in every form: said, within limits, and harmless."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.app.payloads import render_discord, render_slack
from bot.domain.model import (
    CorrectionNote,
    CorrectionNotice,
    Digest,
    Issue,
    Language,
    PastStory,
    Prebrief,
)
from bot.rendering.feeds import atom_of, json_feed_of
from bot.rendering.html import render_html
from bot.rendering.json import render_json
from bot.rendering.markdown import render_markdown
from bot.rendering.text import render_text
from bot.rendering.texts import Texts
from tests.fakes.discord_rest import COMPONENT_LIMIT, TEXT_LIMIT, texts_of, walk
from tests.fakes.slack_blocks import problem_with
from tests.rendering.conftest import UNTIL

RENDERERS = {
    "text": render_text,
    "markdown": render_markdown,
    "html": render_html,
    "json": render_json,
    "discord": render_discord,
    "slack": render_slack,
    "atom": atom_of,
    "jsonfeed": json_feed_of,
}
NOTE = CorrectionNote(at=UNTIL - timedelta(days=1), reason="The police said seven.")


def brief(text: str = "", url: str = "https://news.example/1", *, links: int = 1) -> Prebrief:
    return Prebrief(
        occasion="dokdo-day",
        day=date(2026, 10, 25),
        title=text or "Dokdo Day in South Korea",
        lines=(text or "Citizens mark an ordinance of 1900.", text or "Japan disputes the claim."),
        issue=Issue.TERRITORY,
        year_ago=tuple(
            PastStory(
                story_id=n,
                headline=text or f"Schools hold events {n}",
                outlet_name=text or "Hanbit Ilbo",
                url=url,
                day=date(2025, 10, 24),
            )
            for n in range(1, links + 1)
        ),
    )


def with_extras(digest: Digest, *, text: str = "", url: str = "https://news.example/1") -> Digest:
    notice = CorrectionNotice(story_id=4, headline=text or "Ten were hurt", note=NOTE)
    if text:
        notice = replace(notice, note=replace(NOTE, reason=text))
    return replace(digest, prebriefs=(brief(text, url, links=3),), corrections=(notice,))


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("language", Language)
def test_every_form_says_what_comes_and_what_was_wrong(
    form: str,
    language: Language,
    digest_in: Callable[[Language], Digest],
    texts: dict[str, Texts],
) -> None:
    """The day with both lines and the links, and the correction with its reason."""
    said = RENDERERS[form](with_extras(digest_in(language)), texts[language])
    plain = re.sub(r"\\(?=[^\w\s\"])", "", said)
    for part in (
        "Dokdo Day in South Korea",
        "Citizens mark an ordinance of 1900.",
        "Japan disputes the claim.",
        "Schools hold events 1",
        "https://news.example/1",
        "Ten were hurt",
        "The police said seven.",
    ):
        assert part in plain, part


def test_a_quiet_day_has_its_pre_brief_too(quiet_digest: Digest, texts: dict[str, Texts]) -> None:
    """No story, but tomorrow is a day."""
    for form, render in RENDERERS.items():
        assert "Dokdo Day" in render(with_extras(quiet_digest), texts["en"]), form


def test_a_corrected_story_shows_its_note(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """Beside the story, in every form; a withdrawn one says nothing else."""
    digest = digest_in(Language.EN)
    first, second, third = digest.items
    gone = replace(
        second, headline="", sentences=(), sources=(), correction=replace(NOTE, withdrawn=True)
    )
    told = replace(digest, items=(replace(first, correction=NOTE), gone, third))
    for form in set(RENDERERS) - {"json"}:
        said = re.sub(r"\\(?=[^\w\s\"])", "", RENDERERS[form](told, texts["en"]))
        assert "Corrected on Nov 22: The police said seven." in said, form
        assert "Withdrawn on Nov 22" in said, form
        assert "This story was withdrawn" in said, form
        assert second.headline not in said, form
    stories = json.loads(render_json(told, texts["en"]))["stories"]
    assert [story["correction"] for story in stories] == [
        {"at": "2026-11-22T09:00:00Z", "reason": "The police said seven.", "withdrawn": False},
        {"at": "2026-11-22T09:00:00Z", "reason": "The police said seven.", "withdrawn": True},
        None,
    ]


def test_the_longest_extras_stay_within_the_platforms_limits(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """Titles and lines as long as the calendar allows, endless addresses, ten corrections."""
    digest = digest_in(Language.EN)
    url = "https://news.example/" + "a" * 2500
    long = replace(brief(url=url, links=3), title="T*" * 40, lines=("L_" * 120, "M`" * 120))
    notice = CorrectionNotice(
        story_id=1, headline="H*" * 150, note=replace(NOTE, reason="R_" * 150)
    )
    full = replace(digest, prebriefs=(long,) * 3, corrections=(notice,) * 10)
    for line in render_discord(full, texts["en"]).splitlines():
        message = json.loads(line)
        parts = walk(message["components"])
        assert len(parts) <= COMPONENT_LIMIT
        assert sum(map(len, texts_of(message["components"]))) <= TEXT_LIMIT
        assert len(message["plain"]) <= 2000
    for line in render_slack(full, texts["en"]).splitlines():
        assert problem_with(json.loads(line)["blocks"]) is None


HOSTILE = (
    "<script>alert(1)</script>",
    "@everyone <!channel> <@U1>",
    "[a](javascript:alert(1)) **b** `c`",
    "\x1b[31mred\u202e",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_in_an_extra_is_alive(
    text: str, digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """A headline of a year ago comes from a feed, a reason from a person."""
    digest = with_extras(digest_in(Language.EN), text=text, url="javascript:alert(1)")
    html = render_html(digest, texts["en"])
    assert "<script>" not in html
    assert 'href="javascript' not in html
    assert "\x1b" not in render_text(digest, texts["en"])
    for form in ("markdown", "discord", "text"):
        said = RENDERERS[form](digest, texts["en"])
        assert "@everyone" not in said
        assert form == "text" or not re.search(r"(?<!\\)\]\(javascript", said)
    assert "<!channel>" not in render_slack(digest, texts["en"]).split('"blocks"')[0]
