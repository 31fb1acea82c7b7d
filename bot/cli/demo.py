"""``demo``: the whole way on the bundled sample feeds, without token or network."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.app import App, FeedResult, open_demo, told_before, write_page
from bot.cli.digest import Format, print_digest
from bot.cli.logs import configure_logs
from bot.cli.output import say
from bot.cli.poll import print_results, read_with_progress
from bot.cli.session import settings
from bot.commands.news import parse_since
from bot.domain.model import Digest, Language
from bot.rendering.html import render_html

TOPIC = "japan-korea"

# One more than digests have: the last one is told by a single outlet.
STORIES = 11

# When the demo's reader read the topic last: what has grown since is an update.
READ_AGO = timedelta(hours=17, minutes=40)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `python -m bot demo --lang ja`")(demo)


def demo(
    lang: Annotated[Language, typer.Option("--lang", help="The digest's language.")] = Language.EN,
    since: Annotated[str, typer.Option("--since", help="How far back: 24h, 3d.")] = "24h",
    page: Annotated[
        Path, typer.Option("--page", help="Where the digest is written as a page.")
    ] = Path("out/japan-korea.html"),
) -> None:
    """Poll the bundled sample feeds over HTTP, read them, and print today's digest."""
    period = parse_since(since)
    settings()  # tells mistakes of the configuration before anything is polled
    configure_logs("WARNING")

    async def session() -> None:
        async with open_demo() as app:
            await _poll(app)
            told = await told_before(app, TOPIC, ago=READ_AGO)
            made = await app.digest(TOPIC, since=period, language=lang, limit=STORIES, told=told)
            print_digest(made, app.texts[lang], Format.TEXT)
            _write_page(page, made, app)

    asyncio.run(session())


async def _poll(app: App) -> None:
    results: list[FeedResult] = []
    await app.polling.refresh(only_due=False, on_result=results.append)
    totals = await read_with_progress(app)
    print_results(results)
    say(f"{totals.read} entries read, {totals.relevant} of them matter.\n")


def _write_page(page: Path, made: Digest, app: App) -> None:
    write_page(page, render_html(made, app.texts[made.language]))
    say(f"\nThe same digest as a page: {page.resolve()}")
