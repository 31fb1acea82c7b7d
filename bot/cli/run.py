"""``run``: the bot itself."""

import asyncio
import signal
from typing import Annotated

import typer

from bot.app import serve
from bot.app.core import App
from bot.app.roles import SHOWN_ROLES, Role, enabled_roles, parse_roles
from bot.cli.session import open_session, settings


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
    open_session(loaded, lambda app: _run(app, chosen))


async def _run(app: App, roles: frozenset[Role]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            continue
    await serve(app, stop, roles=roles)
