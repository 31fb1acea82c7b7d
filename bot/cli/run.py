"""``run``: the bot itself."""

import asyncio
from typing import Annotated

import typer

from bot.app.core import build_app
from bot.app.roles import SHOWN_ROLES, Role, enabled_roles, parse_roles
from bot.app.service import serve
from bot.cli.session import settings
from bot.cli.signals import end_on_signals
from bot.settings import Settings


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
    loaded = settings()
    environment = loaded.environment
    chosen = enabled_roles(environment) if roles is None else parse_roles(roles, environment)
    asyncio.run(_run(loaded, chosen))


async def _run(loaded: Settings, roles: frozenset[Role]) -> None:
    stop = asyncio.Event()
    end_on_signals(stop)
    async with build_app(loaded) as app:
        await serve(app, stop, roles=roles)
