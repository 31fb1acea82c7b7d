"""``run``: the bot itself."""

import asyncio
from os import environ
from typing import Annotated

import structlog
import typer

from bot.app.core import build_app
from bot.app.roles import SHOWN_ROLES, Role, enabled_roles, parse_roles, reads_content
from bot.app.service import serve
from bot.cli.session import settings
from bot.cli.signals import end_on_signals
from bot.settings import Settings
from bot.settings.hosting import EPHEMERAL_DISK, EPHEMERAL_MEND, loses_its_disk

log = structlog.get_logger()


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `python -m bot run --roles poll,read,write,send`")(run)


def run(
    roles: Annotated[
        str | None,
        typer.Option(
            "--roles",
            help=f"What this process does: some of {SHOWN_ROLES}. "
            "Without it, everything that the environment enables.",
        ),
    ] = None,
) -> None:
    """Run the bot: poll, read, and send digests when they are due. Ctrl-C ends it."""
    loaded = settings(whole=roles is None or reads_content(roles))
    environment = loaded.environment
    chosen = enabled_roles(environment) if roles is None else parse_roles(roles, environment)
    if loses_its_disk(environ, loaded.database_url):
        log.error(EPHEMERAL_DISK)
        log.error(EPHEMERAL_MEND)
    asyncio.run(_run(loaded, chosen))


async def _run(loaded: Settings, roles: frozenset[Role]) -> None:
    stop = asyncio.Event()
    end_on_signals(stop)
    async with build_app(loaded) as app:
        await serve(app, stop, roles=roles)
