"""The file of an export: compressed lines of JSON that check themselves.

    {"strait-export": 1, "schema": "0001", "created_at": "…", "secrets": false}
    {"table": "feeds", "columns": {"id": "int", "url": "text", …}}
    [1, "https://…", …]
    …
    {"rows": {"feeds": 1, …}, "sha256": "…"}

The last line counts the rows and has the hash of every line before it, so that a file that
was cut short or changed is found out. docs/export.md describes it for other programs.
"""

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.domain.errors import InputError

FORMAT = 1
MARK = "strait-export"

# Far above the longest row, which is a digest of many stories; it bounds the memory.
MAX_LINE = 64 * 1024 * 1024

# A file of ours compresses to about a fourth; better levels take far longer for a few percent.
LEVEL = 6

Row = list[Any]


def _same(value: Any) -> Any:
    return value


# Kind of a column → from Python to JSON, and back.
KINDS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "text": (_same, _same),
    "int": (_same, _same),
    "bool": (_same, _same),
    "float": (_same, float),
    "json": (_same, _same),
    "time": (lambda value: value.astimezone(UTC).isoformat(), datetime.fromisoformat),
    "day": (lambda value: value.isoformat(), date.fromisoformat),
    "bytes": (
        lambda value: b64encode(value).decode(),
        lambda value: b64decode(value, validate=True),
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What an export says of itself: its schema's revision, and whether it holds secrets."""

    schema: str
    created_at: str
    secrets: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A table's rows follow: the kind of each column, in the order of the rows' values."""

    table: str
    columns: Mapping[str, str]


class ArchiveWriter:
    """Writes an export beside its place and puts it there when it is whole.

    The file is readable by its owner alone. Where the body raises, nothing is left.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self.header = header
        self._rows: Counter[str] = Counter()
        self._hash = hashlib.sha256()
        self._section = Section(table="", columns={})

    def __enter__(self) -> Self:
        with _told(self._path, "written"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # mkstemp makes it readable by its owner alone.
            number, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        self._part = Path(name)
        self._file = os.fdopen(number, "wb")
        # No name and no time of its own: the same rows make the same bytes.
        self._gzip = gzip.GzipFile("", "wb", LEVEL, self._file, mtime=0)
        header = {MARK: FORMAT, "schema": self.header.schema}
        rest = {"created_at": self.header.created_at, "secrets": self.header.secrets}
        self._line(header | rest)
        return self

    def begin(self, section: Section) -> None:
        """Begin a table's rows."""
        self._section = section
        self._rows[section.table] = 0
        self._line({"table": section.table, "columns": dict(section.columns)})

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows of the table that was begun last."""
        encode = [KINDS[kind][0] for kind in self._section.columns.values()]
        for row in rows:
            pairs = zip(encode, row, strict=True)
            self._line([None if value is None else to_json(value) for to_json, value in pairs])
        self._rows[self._section.table] += len(rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                with _told(self._path, "written"):
                    self._finish()
        finally:
            # Closing writes what is left, which a full disk refuses a second time.
            with suppress(OSError):
                self._gzip.close()
            with suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)

    def _finish(self) -> None:
        digest = self._hash.hexdigest()
        self._line({"rows": dict(self._rows), "sha256": digest})
        self._gzip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._part.replace(self._path)

    def _line(self, value: Any) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._hash.update(line)
        with _told(self._path, "written"):
            self._gzip.write(line)


def read_header(path: Path) -> Header:
    """Return what an export says of itself; raises InputError for another file."""
    with _opened(path) as lines:
        return _header(path, _parsed(path, next(lines, b"")))


def check(path: Path) -> tuple[Header, dict[str, int]]:
    """Read the whole file; returns its header, and how many rows each table has.

    Raises InputError where it is no export, is damaged or was cut short, or where a newer
    version of Strait made it.
    """
    counts: Counter[str] = Counter()
    for section, rows in batches(path, size=1_000):
        counts[section.table] += len(rows)
    return read_header(path), dict(counts)


def batches(path: Path, *, size: int) -> Iterator[tuple[Section, list[Row]]]:
    """Give the file's rows, so many at once, each decoded by its column's kind.

    A table without rows comes once, with none. Raises InputError as ``check`` does, at the
    latest after the last row: who saves them must wait for that.
    """
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    section: Section | None = None
    waiting: list[Row] = []
    with _opened(path) as lines:
        first = next(lines, b"")
        _header(path, _parsed(path, first))
        digest.update(first)
        for line in lines:
            value = _parsed(path, line)
            if isinstance(value, dict) and "sha256" in value:
                if section is not None:
                    yield section, waiting
                _check_end(path, value, digest.hexdigest(), counts, list(islice(lines, 1)))
                return
            digest.update(line)
            if isinstance(value, dict):
                if section is not None:
                    yield section, waiting
                section, waiting = _section(path, value), []
                counts[section.table] += 0
                continue
            if section is None:
                raise _damaged(path)
            waiting.append(_row(path, section, value))
            counts[section.table] += 1
            if len(waiting) == size:
                yield section, waiting
                waiting = []
    raise InputError(f"{path} was cut short: nothing was restored; take another export.")


def _check_end(
    path: Path,
    end: Mapping[str, Any],
    digest: str,
    counts: Mapping[str, int],
    rest: Sequence[bytes],
) -> None:
    if end.get("sha256") != digest or end.get("rows") != dict(counts) or rest:
        raise _damaged(path)


def _header(path: Path, value: Any) -> Header:
    if not isinstance(value, dict) or MARK not in value:
        raise InputError(f"{path} is no export of Strait: `export FILE` makes one.")
    if value[MARK] != FORMAT:
        raise InputError(
            f"{path} was made by a newer version of Strait (format {value[MARK]}; this version "
            f"reads {FORMAT}): restore it with that version."
        )
    try:
        return Header(
            schema=str(value["schema"]),
            created_at=str(value["created_at"]),
            secrets=bool(value["secrets"]),
        )
    except KeyError as error:
        raise _damaged(path) from error


def _section(path: Path, value: Mapping[str, Any]) -> Section:
    columns = value.get("columns")
    if not isinstance(columns, dict) or not columns or not set(columns.values()) <= set(KINDS):
        raise _damaged(path)
    return Section(table=str(value.get("table")), columns=columns)


def _row(path: Path, section: Section, value: Any) -> Row:
    try:
        pairs = zip(section.columns.values(), value, strict=True)
        return [None if v is None else KINDS[kind][1](v) for kind, v in pairs]
    except (ValueError, TypeError) as error:
        raise _damaged(path) from error


def _parsed(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        if len(line) >= MAX_LINE or line.endswith(b"\n"):
            raise _damaged(path) from error
        raise InputError(f"{path} is no export of Strait, or was cut short.") from error


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    with _told(path, "read"), gzip.open(path) as file:
        yield _lines(path, file)


def _lines(path: Path, file: gzip.GzipFile) -> Iterator[bytes]:
    try:
        while line := file.readline(MAX_LINE):
            yield line
    except EOFError as error:
        raise InputError(
            f"{path} was cut short: nothing was restored; take another export."
        ) from error
    except gzip.BadGzipFile as error:
        if file.tell() == 0:
            raise InputError(f"{path} is no export of Strait: `export FILE` makes one.") from error
        raise _damaged(path) from error
    except zlib.error as error:
        raise _damaged(path) from error


@contextmanager
def _told(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{path} cannot be {done}: {error.strerror or error}.") from error


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged: nothing was restored; take another export.")
