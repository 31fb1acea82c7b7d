"""``export`` and ``restore``: backups, and moves between SQLite and Postgres."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.app import export_to, restore_from
from bot.cli.output import progress, say
from bot.cli.session import settings

WITHOUT_SECRETS = "Secrets were left out: tokens of workspaces, credentials in feeds' addresses."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: `python -m bot export backup.jsonl.gz`")(export)
    app.command(
        epilog="Example: `DATABASE_URL=postgres://… python -m bot restore backup.jsonl.gz`"
    )(restore)


def export(
    file: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)],
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Tokens and credentials too.")
    ] = False,
) -> None:
    """Write all that the database holds into one file, while the bot runs."""
    with progress() as bar:
        task = bar.add_task("Writing rows", total=None)
        moved = asyncio.run(
            export_to(
                settings(),
                file,
                with_secrets=with_secrets,
                on_rows=lambda count: bar.advance(task, count),
            )
        )
    say(f"{file}: {moved.total} rows of {len(moved.rows)} tables.")
    if not with_secrets:
        say(f"{WITHOUT_SECRETS} --with-secrets takes them along.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `export` wrote.", dir_okay=False)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose what the database holds already.")
    ] = False,
) -> None:
    """Put all that an export holds into the database of DATABASE_URL: whole, or nothing."""
    with progress() as bar:
        task = bar.add_task("Restoring rows", total=None)
        moved = asyncio.run(
            restore_from(
                settings(),
                file,
                replace=replace,
                on_rows=lambda count: bar.advance(task, count),
            )
        )
    say(f"{moved.total} rows of {len(moved.rows)} tables restored from {file}.")
    if not moved.secrets:
        say(f"{WITHOUT_SECRETS} Give them again where they are missed.")
