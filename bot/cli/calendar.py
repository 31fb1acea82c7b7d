"""``calendar``: the days to come that digests tell of beforehand."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli.output import print_json, print_table
from bot.cli.session import settings
from bot.commands.news import find_topic
from bot.domain.calendar import Occurrence, occurrences
from bot.domain.model import Language
from bot.rendering.texts import load_texts


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `python -m bot calendar japan-korea --days 60 --lang ko`")(
        calendar
    )


def calendar(
    topic: Annotated[str, typer.Argument(help="A topic, such as japan-korea.")],
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How far ahead.")] = 90,
    lang: Annotated[Language | None, typer.Option("--lang", help="Language of the titles.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """List the days of the calendar to come, which digests tell of the day before."""
    loaded = settings()
    wanted = find_topic(loaded.topics, topic)
    today = datetime.now(ZoneInfo(loaded.digest.zone)).date()
    mine = [one for one in loaded.calendar if wanted.id in one.topics]
    coming = occurrences(mine, first=today, last=today + timedelta(days=days))
    if as_json:
        print_json([_json(one) for one in coming])
        return
    language = lang or loaded.digest.language
    texts = load_texts(loaded.locales)[language]
    rows = [
        (
            f"{one.day}{' (about)' if one.occasion.approximate else ''}",
            (one.day - today).days,
            one.occasion.title[language.value],
            texts.issue(one.issue),
            one.occasion.id,
        )
        for one in coming
    ]
    print_table(("day", "in days", "occasion", "issue", "id"), rows)


def _json(one: Occurrence) -> dict[str, object]:
    return {
        "id": one.occasion.id,
        "day": one.day.isoformat(),
        "approximate": one.occasion.approximate,
        "issue": one.occasion.issue,
        "title": dict(one.occasion.title),
        "brief": {language: list(lines) for language, lines in one.occasion.brief.items()},
    }
