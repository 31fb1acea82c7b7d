"""``search``."""

from typing import Annotated

import typer

from bot.app import App
from bot.cli.digest import report_json, story_json
from bot.cli.output import print_json, print_table, progress, say
from bot.cli.session import with_app
from bot.commands.search import SearchOptions, SearchResult
from bot.domain.model import Entry
from bot.domain.search import FoundGroup

When = "A duration (7d, 4w) or a day (2026-11-01)."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: `python -m bot search "岸田 訪韓" --since 30d --lang ko`')(search)


def search(
    query: Annotated[
        list[str],
        typer.Argument(
            help='Words; "a phrase", -unwanted, either OR or, begin* also work.',
            show_default=False,
        ),
    ],
    *,
    topic: Annotated[str | None, typer.Option("--topic", help="Stories of a topic alone.")] = None,
    since: Annotated[str | None, typer.Option("--since", help=f"From then on. {When}")] = None,
    until: Annotated[str | None, typer.Option("--until", help=f"Up to then. {When}")] = None,
    issue: Annotated[
        str | None, typer.Option("--issue", help="Stories of an issue: courts, yasukuni …")
    ] = None,
    outlet: Annotated[
        str | None, typer.Option("--outlet", help="Reports of an outlet, by id or name.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Reports of outlets of a country: KR, JP …")
    ] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Reports in a language: en, ja, ko …")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=50, help="At most so many stories.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Search the stored reports in every language: 岸田 also finds Kishida and 기시다."""
    options = SearchOptions(
        topic=topic,
        since=since,
        until=until,
        issue=issue,
        outlet=outlet,
        country=country,
        language=lang,
    )

    async def use(app: App) -> SearchResult:
        with progress() as bar:
            task = bar.add_task("Indexing entries", total=None)
            await app.index(lambda count: bar.advance(task, count))
        return await app.desk.search(" ".join(query), options, limit=limit)

    result = with_app(use)
    if as_json:
        print_json(_json(result))
        return
    print_table(
        ("story", "headline", "issue", "last report", "outlet", "report", "address"),
        [row for found in result.groups for row in _rows(found)],
    )
    if not result.groups:
        say("Nothing was found: try fewer words, or another spelling.")
    elif result.left_out:
        say(f"{result.left_out} more were left out: narrow the search, or raise --limit.")


def _rows(found: FoundGroup) -> list[tuple[object, ...]]:
    """Return a line for each report that matches; the story stands in the first."""
    first = ("–", "(in no story)", "", _local(found.reports[0]))
    if story := found.story:
        first = (str(story.id), story.headline, story.issue.value, _local(story.entries[-1]))
    return [
        (*(first if place == 0 else ("", "", "", "")), e.outlet_name, e.title, e.url)
        for place, e in enumerate(found.reports)
    ]


def _local(entry: Entry) -> str:
    return entry.published_at.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def _json(result: SearchResult) -> dict[str, object]:
    return {
        "query": result.query.text,
        "left_out": result.left_out,
        "found": [
            {
                "story": story_json(found.story) if found.story else None,
                "matches": [report_json(entry) for entry in found.reports],
            }
            for found in result.groups
        ],
    }
