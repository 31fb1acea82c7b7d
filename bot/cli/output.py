"""Tables that people can read on a terminal, and plain lines for scripts elsewhere."""

import io
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

# What comes from feeds must not move the cursor, colour the screen or reverse the text.
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")

# Markup and emoji codes are off: paths, titles and sentences of errors are text.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


def write_utf8() -> None:
    """Write UTF-8 whatever the locale says: titles are Japanese and Korean."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def safe(value: object) -> str:
    """Return the value as one line of harmless text."""
    return UNSAFE.sub(" ", "" if value is None else str(value)).strip()


def say(text: str, *, style: str | None = None) -> None:
    """Print lines on standard error. They are not wrapped, so that paths can be copied."""
    for line in text.split("\n"):
        err.print(safe(line), soft_wrap=True, style=style)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; where the output is no terminal, lines of tab-separated values."""
    cells = [[safe(value) for value in row] for row in rows]
    if not out.is_terminal:
        for line in (columns, *cells):
            print("\t".join(line))
        return
    table = Table(*columns, header_style="bold", box=None, pad_edge=False)
    for row in cells:
        table.add_row(*row)
    out.print(table, soft_wrap=False)


def print_json(value: Any) -> None:
    """Print data as JSON, in one line a value where it is piped."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if out.is_terminal else None))


def progress() -> Progress:
    """Return a progress bar on standard error, shown on a terminal only."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
