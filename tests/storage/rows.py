"""Fills whatever tables a database has with rows of every kind of value."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    Table,
    column,
    insert,
    select,
    table,
    update,
)
from sqlalchemy.types import TypeEngine

from bot.storage.restore import DERIVED, TYPE_OF
from bot.storage.transfer import kind_of

# What migrations and the bot read must mean something; the rest may be anything.
PLAUSIBLE: Mapping[str, Sequence[Any]] = {
    "kind": ("daily", "weekly", "weekdays"),
    "hour": tuple(range(24)),
    "minute": tuple(range(60)),
    "weekday": (None, 0, 3, 6),
    "zone": ("Asia/Seoul", "Asia/Tokyo", "UTC"),
    "language": ("en", "ja", "ko"),
    "platform": ("slack", "discord", "console"),
    "topics": (["japan-korea"], ["japan-korea", "trade"]),
    "schedule": ("daily 08:00", "weekly monday 09:30"),
    "taste": (None, {"version": 1, "length": "brief", "filters": {"issues": ["courts"]}}),
}

TEXTS = (
    "",
    "plain",
    "日韓首脳会談で「未来志向」を確認",
    "한일 정상회담 🇯🇵🤝🇰🇷",
    "👩‍👩‍👧‍👦 e\u0301 ﷽",
    "'); DROP TABLE entries; --",
    'quotes " and \\ backslashes \t\r\n',
    "NULL",
    "\\N",
)
JSONS: Sequence[Any] = (
    [],
    {},
    ["理由", "이유", "\u0001"],
    {"z": 1, "a": [1.5, True, None, {"深い": "깊은"}], "big": 2**53 + 1},
    "text",
    0,
)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Snapshot:
    """A table's rows, as dicts in a settled order."""

    columns: Mapping[str, str]
    rows: list[dict[str, Any]]

    def of(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows with these columns only."""
        return [{name: row[name] for name in names} for row in self.rows]


def reflected(connection: Connection) -> list[Table]:
    """Return the tables that hold what cannot be made again, parents first."""
    found = MetaData()
    found.reflect(connection)
    return [
        t
        for t in found.sorted_tables
        if t.name != "alembic_version" and not t.name.startswith(DERIVED)
    ]


def fill(connection: Connection, *, seed: int, each: int = 6) -> None:
    """Put rows into every table, each referring to rows of the tables before it."""
    choice = random.Random(seed)
    for found in reflected(connection):
        rows = list(_rows(connection, found, choice, each))
        own = [c.name for c in found.columns if _is_own(found, c)]
        connection.execute(insert(_light(found)), [row | dict.fromkeys(own) for row in rows])
        # References to rows of the same table, some of which came later.
        for name in own:
            for row in rows:
                change = update(found).where(found.c.id == row["id"])
                connection.execute(change.values({name: row[name]}))


def snapshot(connection: Connection) -> dict[str, Snapshot]:
    """Return all that the database holds."""
    held = {}
    for found in reflected(connection):
        light = _light(found)
        rows = [dict(row._mapping) for row in connection.execute(select(light))]
        kinds = {c.name: kind_of(c) for c in found.columns}
        held[found.name] = Snapshot(columns=kinds, rows=sorted(rows, key=repr))
    return held


def _light(found: Table) -> Any:
    return table(found.name, *(column(c.name, _type(c)) for c in found.columns))


def _type(found: Column[Any]) -> TypeEngine[Any]:
    kind = kind_of(found)
    return JSON(none_as_null=bool(found.nullable)) if kind == "json" else TYPE_OF[kind]


def _rows(
    connection: Connection, found: Table, choice: random.Random, each: int
) -> Iterator[dict[str, Any]]:
    keys = {c.name: _keys(connection, found, c) for c in found.columns}
    for number in range(1, each + 1):
        yield {
            c.name: _reference(c, keys[c.name], number)
            if keys[c.name] is not None
            else _value(c, number, choice)
            for c in found.columns
        }


def _is_own(found: Table, own: Column[Any]) -> bool:
    return any(key.column.table is found for key in own.foreign_keys)


def _keys(connection: Connection, found: Table, own: Column[Any]) -> list[Any] | None:
    """Return the values that a reference may have; None where the column is none."""
    for key in own.foreign_keys:
        other = key.column.table
        if _is_own(found, own):
            return []
        light = _light(other)
        return sorted(connection.scalars(select(light.c[key.column.name])))
    return None


def _reference(own: Column[Any], keys: list[Any] | None, number: int) -> Any:
    if not keys:
        # A row of the same table, one that comes later too.
        return None if own.nullable and number % 2 else number + (1 if number == 2 else 0)
    if own.nullable and not own.primary_key and number % 3 == 0:
        return None
    return keys[(number - 1) % len(keys)]


def _value(own: Column[Any], number: int, choice: random.Random) -> Any:
    kind = kind_of(own)
    if own.nullable and choice.random() < 0.3:
        return None
    if own.primary_key and kind == "int":
        return number
    if own.name in PLAUSIBLE:
        return choice.choice(PLAUSIBLE[own.name])
    return _of_kind(kind, getattr(own.type, "length", None), number, choice)


def _of_kind(kind: str, length: int | None, number: int, choice: random.Random) -> Any:
    # Texts are unique by their numbers, and within the column's length.
    micros = timedelta(microseconds=choice.randrange(1_000_000))
    return {
        "text": f"{number}{choice.choice(TEXTS)}"[: length or 200],
        "int": choice.choice([0, 1, 2**31 - 1, -5]),
        "float": choice.choice([0.0, 0.1, 1 / 3, 1e-300, -2.5e10]),
        "bool": choice.random() < 0.5,
        "time": EPOCH + timedelta(minutes=number) + micros,
        "day": date(2026, 1, 1) + timedelta(days=number),
        "bytes": bytes([number]) + choice.randbytes(15),
        "json": choice.choice(JSONS),
    }[kind]
