"""``digest``, ``news`` and ``story``."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

import typer

from bot.app import App, render_discord, render_slack
from bot.cli.output import out, print_json, print_table, safe
from bot.cli.session import with_app
from bot.commands.news import News, StoryDetail, find_topic, latest_news, parse_since, story_detail
from bot.domain.model import Digest, Entry, Language, Story
from bot.rendering.feeds import atom_of, json_feed_of
from bot.rendering.html import render_html
from bot.rendering.json import evidence_json, render_json
from bot.rendering.markdown import render_markdown
from bot.rendering.text import render_console, render_text
from bot.rendering.texts import Texts
from bot.rendering.view import view_digest

Topic = Annotated[str, typer.Argument(help="A topic, such as japan-korea.", show_default=False)]
Since = Annotated[str, typer.Option("--since", help="How far back: 24h, 3d, 2w.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=50, help="At most so many stories.")]


class Format(StrEnum):
    """How a digest is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    DISCORD = "discord"
    SLACK = "slack"
    ATOM = "atom"
    JSON_FEED = "jsonfeed"


RENDERERS = {
    Format.TEXT: render_text,
    Format.MARKDOWN: render_markdown,
    Format.HTML: render_html,
    Format.JSON: render_json,
    Format.DISCORD: render_discord,
    Format.SLACK: render_slack,
    Format.ATOM: atom_of,
    Format.JSON_FEED: json_feed_of,
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: `python -m bot digest japan-korea --since 24h --lang ko`")(digest)
    app.command(epilog="Example: `python -m bot news japan-korea --since 3d --json`")(news)
    app.command(epilog="Example: `python -m bot story 12`")(story)


def digest(
    topic: Topic,
    since: Since = "24h",
    lang: Annotated[Language | None, typer.Option("--lang", help="The digest's language.")] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,  # noqa: A002
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=50, help="At most so many stories.")
    ] = None,
) -> None:
    """Compose a topic's digest from the stored entries and print it."""
    period = parse_since(since)

    async def use(app: App) -> None:
        language = lang or app.settings.digest.language
        made = await app.digest(topic, since=period, language=language, limit=limit)
        print_digest(made, app.texts[language], format)

    with_app(use)


def print_digest(made: Digest, texts: Texts, form: Format) -> None:
    """Print a digest; on a terminal, text has colours and links."""
    if form is Format.TEXT and out().is_terminal:
        out().print(render_console(made, texts))
    else:
        print(RENDERERS[form](made, texts))


def news(topic: Topic, since: Since = "24h", limit: Limit = 10, as_json: AsJson = False) -> None:
    """List a topic's stories, the weightiest first."""
    period = parse_since(since)

    async def use(app: App) -> News:
        found = find_topic(app.settings.topics, topic)
        return await latest_news(app.database, found, since=period, limit=limit, now=app.clock())

    answer = with_app(use)
    if as_json:
        print_json([story_json(story) for story in answer.stories])
        return
    rows = [(s.id, _headline(s), s.issue, _outlets(s), _local(s)) for s in answer.stories]
    print_table(("id", "story", "issue", "outlets", "last report"), rows)


def story(
    story_id: Annotated[int, typer.Argument(help="A story's id, from `news`.", show_default=False)],
    as_json: AsJson = False,
    format: Annotated[  # noqa: A002
        Format | None, typer.Option("--format", help="As a digest of this story alone.")
    ] = None,
    lang: Annotated[Language | None, typer.Option("--lang", help="The summary's language.")] = None,
) -> None:
    """Show a story: both sides, its reports, why they are in it, how its summaries were made."""
    if format is not None:

        async def print_page(app: App) -> None:
            page = await app.desk.story(story_id, language=lang)
            print_digest(page, app.texts[page.language], format)

        with_app(print_page)
        return

    async def use(app: App) -> tuple[StoryDetail, Digest | None, Texts]:
        detail = await story_detail(app.database, story_id)
        # A topic that is no longer configured has no sides.
        known = detail.story.topic in app.settings.topics
        shown = await app.desk.story(detail.story.id) if known else None
        return detail, shown, app.texts[app.settings.digest.language]

    detail, shown, texts = with_app(use)
    if as_json:
        beside = evidence_json(shown.items[0], shown) if shown else {}
        print_json({**detail_json(detail), **beside})
    else:
        _print_story(detail, _beside(shown, texts) if shown else ())


def _beside(shown: Digest, texts: Texts) -> Iterator[str]:
    """Yield, a line each, the story's status and what stands beside its summary."""
    view = view_digest(shown, texts).items[0]
    yield view.status
    yield from (f"{side.name}: {side.line}" for side in view.sides if side.line)
    for one in view.perspectives:
        yield f"{one.name}: {one.sentence.text}"
    yield from view.notes


def detail_json(detail: StoryDetail) -> dict[str, object]:
    """Return a story with its summaries, how each was made, and its corrections."""
    return story_json(detail.story) | {
        "summaries": [
            {
                "language": language,
                "method": summary.method,
                "headline": summary.headline,
                "sentences": [s.text for s in summary.sentences],
            }
            for language, summary in detail.summaries.items()
        ],
        "corrections": [
            {"kind": made.kind, "at": made.made_at.isoformat(), "reason": made.reason}
            for made in detail.corrections
        ],
    }


def story_json(told: Story) -> dict[str, object]:
    """Return a story in the shape that scripts read; times are ISO 8601 in UTC."""
    return {
        "id": told.id,
        "topic": told.topic,
        "headline": told.headline,
        "issue": told.issue,
        "first_seen_at": told.first_seen_at.isoformat(),
        "last_seen_at": told.last_seen_at.isoformat(),
        "earlier": [{"id": ref.id, "headline": ref.headline} for ref in told.earlier],
        "reports": [report_json(entry) for entry in told.entries],
    }


def report_json(entry: Entry) -> dict[str, object]:
    """Return a report in the shape that scripts read; times are ISO 8601 in UTC."""
    return {
        "outlet": entry.outlet_name,
        "country": entry.country,
        "language": entry.language,
        "title": entry.title,
        "url": entry.url,
        "published_at": entry.published_at.isoformat(),
    }


def _print_story(detail: StoryDetail, beside: Iterable[str]) -> None:
    told = detail.story
    print(f"{told.id}  {safe(told.headline)}")
    print(f"{told.issue}; {len(told.entries)} reports, {_local(told)}")
    for line in filter(None, beside):
        print(f"  {safe(line)}")
    for language, summary in detail.summaries.items():
        print(f"summary in {language}: {safe(summary.method)}")
    for made in detail.corrections:
        print(f"{made.kind} on {made.made_at:%Y-%m-%d %H:%M} UTC: {safe(made.reason)}")
    for entry in told.entries:
        print(f"\n{safe(entry.outlet_name)} ({entry.country or '?'}): {safe(entry.title)}")
        print(f"  {safe(entry.url)}")
        reading = detail.readings.get(entry.id)
        if reading is not None:
            print(f"  why: {safe('; '.join(reading.reasons))} ({reading.relevance:.2f})")


def _headline(told: Story) -> str:
    """Return a story's headline with the id of the story that it follows, where there is one."""
    return f"{told.headline} (earlier: {told.earlier[0].id})" if told.earlier else told.headline


def _outlets(told: Story) -> str:
    return ", ".join(dict.fromkeys(entry.outlet_name for entry in told.entries))


def _local(told: Story) -> str:
    return told.last_seen_at.astimezone().strftime("%Y-%m-%d %H:%M %Z")
