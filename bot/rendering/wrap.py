"""Wrapping by terminal cells: wide characters count two, and Japanese breaks between them."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

# Kana, Han and full-width forms may break anywhere; Hangul, like Latin, breaks at spaces.
WIDE = r"\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60"

# What must not end a line and what must not begin one (JIS X 4051, the common characters).
OPENING = r"(「『【(〈《〔\["
CLOSING = r")」』】)〉》〕\]、。,.・:;!?ー々ゝゞっゃゅょッャュョァィゥェォぁぃぅぇぉ"

# What stays together: a separating dot, a word or one wide character with its brackets and
# stops, and the space after it.
UNIT = re.compile(rf"(?:· )?[{OPENING}]*(?:[^\s{WIDE}]+|[{WIDE}])[{CLOSING}]*\s*")


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> Iterator[str]:
    """Yield lines of at most ``width`` cells; ``first`` and ``rest`` are put before them.

    A prefix counts towards the width. A word that is wider than a line is cut.
    """
    line = first
    empty = True
    for unit in _units(text, max(2, width - max(cell_len(first), cell_len(rest)))):
        if not empty and cell_len(line + unit.rstrip()) > width:
            yield line.rstrip()
            line = rest
        line += unit
        empty = False
    yield line.rstrip()


def _units(text: str, width: int) -> Iterator[str]:
    for match in UNIT.finditer(text):
        unit = match.group()
        if cell_len(unit.rstrip()) <= width:
            yield unit
        else:
            yield from chop_cells(unit, width)
