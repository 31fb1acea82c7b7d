"""The table that every bench prints: what was measured, beside its floor and its must."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured number. ``floor`` is what a simple baseline reaches, ``must`` our aim.

    ``lower_is_better`` holds for times and sizes: their ``must`` is an upper bound.
    """

    measure: str
    value: float
    floor: float | None = None
    must: float | None = None
    note: str = ""
    lower_is_better: bool = False

    @property
    def verdict(self) -> str:
        """``ok`` or ``short`` where there is a must, else nothing."""
        if self.must is None:
            return ""
        reached = self.value <= self.must if self.lower_is_better else self.value >= self.must
        return "ok" if reached else "short"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def print_table(rows: Iterable[Row], *, title: str = "Quality") -> None:
    """Print the rows as one table, in the order given."""
    table = Table(title=title, title_justify="left")
    for heading in ("measure", "value", "floor", "must", "", "note"):
        table.add_column(
            heading, justify="right" if heading in {"value", "floor", "must"} else "left"
        )
    for row in rows:
        cells = (_shown(row.value), _shown(row.floor), _shown(row.must))
        table.add_row(row.measure, *cells, row.verdict, row.note)
    Console().print(table)
