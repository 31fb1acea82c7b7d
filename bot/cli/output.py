"""Tables that people can read on a terminal, and plain lines for scripts elsewhere.

What prints them is imported when something is printed: a service prints nothing.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

# What comes from feeds must not move the cursor, colour the screen or reverse the text.
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


@cache
def out() -> Console:
    """Return standard output."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """Return standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    # Markup and emoji codes are off: paths, titles and sentences of errors are text.
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def write_utf8() -> None:
    """Write UTF-8 whatever the locale says: titles are Japanese and Korean."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def safe(value: object) -> str:
    """Return the value as one line of harmless text."""
    return UNSAFE.sub(" ", "" if value is None else str(value)).strip()


def say(text: str, *, style: str | None = None) -> None:
    """Print lines on standard error, on a terminal in a style.

    They are not wrapped, so that paths can be copied.
    """
    style = style if err().is_terminal else None
    for line in text.split("\n"):
        err().print(safe(line), soft_wrap=True, style=style)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; where the output is no terminal, lines of tab-separated values."""
    cells = [[safe(value) for value in row] for row in rows]
    if not out().is_terminal:
        for line in (columns, *cells):
            print("\t".join(line))
        return
    from rich.table import Table

    table = Table(*columns, header_style="bold", box=None, pad_edge=False)
    for row in cells:
        table.add_row(*row)
    out().print(table, soft_wrap=False)


def print_json(value: Any) -> None:
    """Print data as JSON, in one line a value where it is piped."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if out().is_terminal else None))


def progress() -> Progress:
    """Return a progress bar on standard error, shown on a terminal only."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
        disable=not err().is_terminal,
    )
