"""``timeline``: the chronology of a topic and the temperature of its issues."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.app import App
from bot.cli.output import print_table, say
from bot.cli.session import with_app
from bot.commands.news import find_topic
from bot.commands.timeline import Timeline, parse_issue, parse_period
from bot.commands.timeline import timeline as tell_timeline
from bot.domain.errors import InputError
from bot.domain.model import Language
from bot.rendering.chart import render_png, render_svg
from bot.rendering.texts import Texts
from bot.rendering.timeline import render_csv, render_json, render_markdown


class Format(StrEnum):
    """How the chronology is printed."""

    TABLE = "table"
    MARKDOWN = "md"
    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: `python -m bot timeline japan-korea --from 2026-09-01 --chart chart.svg`"
    )(timeline)


def timeline(
    topic: Annotated[str, typer.Argument(help="A topic, such as japan-korea.")],
    issue: Annotated[str | None, typer.Option("--issue", help="Only this issue.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day, YYYY-MM-DD; 90 days back.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD; today.")] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TABLE,  # noqa: A002
    lang: Annotated[Language | None, typer.Option("--lang", help="Language of the titles.")] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Draw the temperature: FILE.svg or FILE.png.")
    ] = None,
) -> None:
    """Print a topic's stories as a dated chronology, and draw cooperation against friction."""
    if chart is not None and chart.suffix not in {".svg", ".png"}:
        raise InputError(f'"{chart}" is no chart: name it FILE.svg or FILE.png.')
    only = parse_issue(issue) if issue else None

    async def use(app: App) -> tuple[Timeline, Texts]:
        taste = app.settings.digest
        language = lang or taste.language
        found = await tell_timeline(
            app.database,
            find_topic(app.settings.topics, topic),
            parse_period(first, last, today=app.today(taste.zone)),
            issue=only,
            language=language,
            zone=taste.zone,
            words=app.tone_words,
        )
        return found, app.texts[language]

    found, texts = with_app(use)
    _print(found, texts, format)
    if chart is not None:
        _draw(chart, found, texts)


def _print(found: Timeline, texts: Texts, form: Format) -> None:
    match form:
        case Format.JSON:
            print(render_json(found.topic.id, found.happenings, found.points), end="")
        case Format.CSV:
            print(render_csv(found.happenings), end="")
        case Format.MARKDOWN:
            title = texts.say(
                "timeline.title",
                topic=_title(found, texts),
                first=found.period.first.isoformat(),
                last=found.period.last.isoformat(),
            )
            print(render_markdown(title, found.happenings, found.points, texts), end="")
        case Format.TABLE:
            rows = [
                (line.day, line.story_id, texts.issue(line.issue), line.tone, line.headline)
                for line in found.happenings
            ]
            print_table(("date", "story", "issue", "tone", "headline"), rows)


def _draw(chart: Path, found: Timeline, texts: Texts) -> None:
    title = _title(found, texts)
    try:
        if chart.suffix == ".png":
            chart.write_bytes(render_png(title, found.points, texts))
        else:
            chart.write_text(render_svg(title, found.points, texts), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{chart} cannot be written ({error.strerror}).") from error
    say(f"{chart}: {len(found.points)} points.")


def _title(found: Timeline, texts: Texts) -> str:
    return found.topic.title.get(texts.language, found.topic.id)
