"""``why``."""

from typing import Annotated

import typer

from bot.app import App
from bot.cli.output import print_json, safe
from bot.cli.session import with_app
from bot.domain.explanation import Why
from bot.domain.model import Language
from bot.rendering.why import WhyWriter
from bot.rendering.why_json import why_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `python -m bot why https://www.example.com/article`")(why)


def why(
    asked: Annotated[
        list[str],
        typer.Argument(
            metavar="URL|ID",
            help="A report's address or entry:34; a story's id as 12 or story:12.",
            show_default=False,
        ),
    ],
    *,
    lang: Annotated[Language | None, typer.Option("--lang", help="The answer's language.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Say why a report was read as it was, and in which digests it was told, or why not."""

    async def use(app: App) -> tuple[Why, list[str]]:
        # The console belongs to the operator: all workspaces' subscriptions are told of.
        found = await app.desk.why(" ".join(asked), scope=None)
        writer = WhyWriter(
            texts=app.texts[lang or app.settings.digest.language],
            zone=app.settings.digest.zone,
            now=app.clock(),
            shows_workspace=True,
        )
        return found, list(writer.lines(found))

    found, lines = with_app(use)
    if as_json:
        print_json(why_json(found))
        return
    for line in lines:
        # Indents show what belongs to what.
        print(" " * (len(line) - len(line.lstrip())) + safe(line))
