"""The command line as a whole: commands, errors, exit codes."""

import asyncio
import sys
from typing import NoReturn

import typer

from bot.cli import care, demo, digest, feeds, files, run, transfer
from bot.cli.output import err, say, write_utf8
from bot.domain.errors import ConfigError, StraitError

# Exit codes: 0 done, 1 failed for a reason that is told, 2 wrong usage or configuration,
# 130 interrupted (128 + SIGINT, as shells count).
FAILED, MISUSED, INTERRUPTED = 1, 2, 130

EPILOG = "Documentation: docs/ in the repository. Exit codes: 0 done, 1 failed, 2 wrong usage."

app = typer.Typer(
    name="strait",
    help="A news digest bot about Japan–Korea relations for Slack and Discord.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
run.register(app)
digest.register(app)
feeds.register(app)
files.register(app)
care.register(app)
transfer.register(app)
demo.register(app)


def main() -> NoReturn:
    """Run the command of ``sys.argv``; a mistake is told in one sentence, not a traceback."""
    write_utf8()
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
    say(sentence, style="red" if err.is_terminal else None)
    sys.exit(code)
