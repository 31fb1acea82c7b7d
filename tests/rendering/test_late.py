"""A digest that is late says so, first of all, in every format and language."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from bot.domain.model import Digest, Language
from bot.platforms.discord.payload import freeze
from bot.platforms.discord.render import digest_pages
from bot.platforms.slack.blocks import size
from bot.platforms.slack.render import MESSAGE_LIMIT, render_digest
from bot.rendering.html import render_html
from bot.rendering.json import render_json
from bot.rendering.markdown import render_markdown
from bot.rendering.text import render_console, render_text
from bot.rendering.texts import Texts
from bot.rendering.view import view_digest

Render = Callable[[Digest, Texts], str]


def in_console(digest: Digest, texts: Texts) -> str:
    stream = io.StringIO()
    Console(file=stream, width=400).print(render_console(digest, texts))
    return stream.getvalue()


def in_discord(digest: Digest, texts: Texts) -> str:
    return freeze(digest_pages(digest, texts)[0])


def in_discord_plain(digest: Digest, texts: Texts) -> str:
    return digest_pages(digest, texts)[0].plain


def in_slack(digest: Digest, texts: Texts) -> str:
    return json.dumps(render_digest(digest, texts)[0].blocks, ensure_ascii=False)


def in_slack_plain(digest: Digest, texts: Texts) -> str:
    return render_digest(digest, texts)[0].text


FORMATS: tuple[Render, ...] = (
    lambda digest, texts: render_text(digest, texts, width=400),
    render_markdown,
    render_html,
    in_console,
    in_discord,
    in_discord_plain,
    in_slack,
    in_slack_plain,
)
NAMES = ("text", "markdown", "html", "console", "discord", "discord plain", "slack", "slack plain")


@pytest.fixture(params=list(Language))
def late_digest(request: pytest.FixtureRequest, digest_in: Callable[[Language], Digest]) -> Digest:
    digest = digest_in(request.param)
    return replace(digest, late=True, slot_at=digest.until - timedelta(hours=3), slots_skipped=2)


@pytest.mark.parametrize("render", FORMATS, ids=NAMES)
def test_a_late_digest_says_so(
    render: Render, late_digest: Digest, texts: dict[str, Texts]
) -> None:
    """When it was due, and how many before it were skipped; an ordinary one says nothing."""
    spoken = texts[late_digest.language]
    said = view_digest(late_digest, spoken).late
    assert "15:00" in said
    assert "2" in said
    plain = said.split("(")[0].rstrip("。.")
    assert plain in render(late_digest, spoken).replace("\\", "")
    on_time = replace(late_digest, late=False)
    assert view_digest(on_time, spoken).late == ""
    assert plain not in render(on_time, spoken).replace("\\", "")


def test_the_reader_learns_of_the_day_too(
    digest_in: Callable[[Language], Digest], texts: dict[str, Texts]
) -> None:
    """Where it was due on another day than it came."""
    digest = digest_in(Language.EN)
    late = replace(digest, late=True, slot_at=digest.until - timedelta(days=2))
    assert view_digest(late, texts["en"]).late == (
        "Late: this digest was due at Nov 21, 18:00, when the bot was down or held up."
    )


def test_scripts_learn_it_too(late_digest: Digest, texts: dict[str, Texts]) -> None:
    """As data."""
    document = json.loads(render_json(late_digest, texts[late_digest.language]))
    assert (document["late"], document["slots_skipped"]) == (True, 2)


def test_a_late_digest_still_fits_slack(late_digest: Digest, texts: dict[str, Texts]) -> None:
    """However many stories it tells."""
    long = replace(late_digest, items=late_digest.items * 10)
    for message in render_digest(long, texts[late_digest.language], titles=True):
        assert size(message.blocks) <= MESSAGE_LIMIT
