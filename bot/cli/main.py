"""The command line as a whole: commands, errors, exit codes."""

import asyncio
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import typer

from bot.cli.imports import import_structlog
from bot.cli.output import say, write_utf8
from bot.domain.errors import ConfigError, StraitError

# Exit codes: 0 done, 1 failed for a reason that is told, 2 wrong usage or configuration,
# 130 interrupted (128 + SIGINT, as shells count).
FAILED, MISUSED, INTERRUPTED = 1, 2, 130

EPILOG = "Documentation: docs/ in the repository. Exit codes: 0 done, 1 failed, 2 wrong usage."

# Each command, in the order of the help, and the module of this package that registers it.
COMMANDS = {
    "run": "run",
    "poll": "poll",
    "digest": "digest",
    "news": "digest",
    "story": "digest",
    "search": "search",
    "why": "why",
    "correct": "correct",
    "timeline": "timeline",
    "calendar": "calendar",
    "feeds": "feeds",
    "subscriptions": "subscriptions",
    "replay": "files",
    "summarize": "files",
    "migrate": "care",
    "doctor": "care",
    "export": "transfer",
    "restore": "transfer",
    "demo": "demo",
}


def make_app(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line for these arguments.

    Where they begin with a command, its module alone is imported: a process that only
    sends starts in half the time. Otherwise (help, a typing error) all of them are.
    """
    app = typer.Typer(
        name="strait",
        help="A news digest bot about Japan–Korea relations for Slack and Discord.",
        epilog=EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        # A command stays a command even where its module has no other.
        callback=lambda: None,
    )
    asked = COMMANDS.get(arguments[0]) if arguments else None
    for module in dict.fromkeys([asked] if asked else COMMANDS.values()):
        import_module(f"bot.cli.{module}").register(app)
    return app


def main() -> NoReturn:
    """Run the command of ``sys.argv``; a mistake is told in one sentence, not a traceback."""
    write_utf8()
    # What imports make stays: looking through it for garbage took a tenth of the start.
    gc.disable()
    import_structlog()
    app = make_app(sys.argv[1:])
    gc.freeze()
    gc.enable()
    try:
        app(standalone_mode=True)
    except ConfigError as error:
        _fail(str(error), MISUSED)
    except StraitError as error:
        _fail(str(error), FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(FAILED)
    sys.exit(0)


def _fail(sentence: str, code: int) -> NoReturn:
    say(sentence, style="red")
    sys.exit(code)
