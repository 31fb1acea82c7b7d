"""``poll``: asks the feeds now, and reads what they brought."""

from typing import Annotated

import typer

from bot.app import App, FeedResult, ReadTotals
from bot.cli.output import print_table, progress, say
from bot.cli.session import with_app

# What a feed that could be read answers; if none does, the poll has failed.
ANSWERED = frozenset({"read", "unchanged"})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `python -m bot poll --once`")(poll)


def poll(
    once: Annotated[bool, typer.Option("--once", help="Every feed now, due or not.")] = False,
) -> None:
    """Refresh the feeds that are due, read what is new, and show how each feed answered."""
    results = with_app(lambda app: _poll(app, only_due=not once))
    if results and not any(result.status in ANSWERED for result in results):
        raise typer.Exit(1)


async def _poll(app: App, *, only_due: bool) -> list[FeedResult]:
    results: list[FeedResult] = []
    with progress() as bar:
        task = bar.add_task("Polling feeds", total=None)

        def on_result(result: FeedResult) -> None:
            results.append(result)
            bar.advance(task)

        await app.polling.refresh(
            only_due=only_due,
            on_start=lambda total: bar.update(task, total=total),
            on_result=on_result,
        )
    totals = await read_with_progress(app)
    print_results(results)
    say(f"{totals.read} entries read, {totals.relevant} of them matter.")
    return results


async def read_with_progress(app: App) -> ReadTotals:
    """Read what is unread, showing how far it has come."""
    with progress() as bar:
        task = bar.add_task("Reading entries", total=None)
        return await app.read(lambda count: bar.advance(task, count))


def print_results(results: list[FeedResult]) -> None:
    """Print how each feed answered, those with a problem last."""
    rows = [
        (result.feed.name, result.status, result.new, result.changed, result.problem)
        for result in sorted(results, key=lambda r: (r.problem is not None, r.feed.name))
    ]
    print_table(("feed", "answer", "new", "changed", "problem"), rows)
