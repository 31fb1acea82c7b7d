"""``migrate``, ``doctor`` and ``prune``: set-up and care."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from os import environ
from typing import Annotated

import typer

from bot.app import open_database, prune_now
from bot.cli.output import print_json, print_table, say
from bot.cli.session import settings, with_app
from bot.diagnosis import Finding, Verdict, diagnose
from bot.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: `python -m bot migrate`")(migrate)
    app.command(epilog="Example: `python -m bot doctor --json`")(doctor)
    app.command(epilog="Example: `python -m bot prune --json`")(prune)


def migrate() -> None:
    """Bring the database's schema up to date."""
    before, after = asyncio.run(_migrate(settings()))
    changed = "nothing to do" if before == after else f"from {before or 'nothing'} to {after}"
    say(f"Schema {after}: {changed}.")


async def _migrate(loaded: Settings) -> tuple[str | None, str]:
    database = open_database(loaded)
    try:
        return await database.migrate()
    finally:
        await database.close()


def doctor(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Say what is configured, what is missing, and how to get it. Changes nothing."""
    findings = asyncio.run(_diagnose(settings()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [(f.subject, f.verdict, f.detail, f.mend) for f in findings]
        print_table(("subject", "", "found", "what to do"), rows)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


async def _diagnose(loaded: Settings) -> list[Finding]:
    database = open_database(loaded, create=False)
    try:
        return await diagnose(loaded, database, environ, now=datetime.now(UTC))
    finally:
        await database.close()


def prune(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Drop what settings.toml [retention] says is too old; the bot does so daily by itself."""
    pruned = asdict(with_app(prune_now))
    if as_json:
        print_json(pruned)
    else:
        print_table(("dropped", "count"), [(n.replace("_", " "), c) for n, c in pruned.items()])
