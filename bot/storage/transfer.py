"""Writes everything that a database holds into one file."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TypeDecorator,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from bot.domain.addresses import without_credentials
from bot.storage.archive import ArchiveWriter, Header, Row, Section
from bot.storage.database import Database
from bot.storage.dialect import be_patient
from bot.storage.revisions import revisions
from bot.storage.schema import feeds, metadata

# So many rows are in memory at once. The longest, entries, have some 5 kB.
BATCH = 500

# Columns that may hold credentials in an address.
ADDRESSES = frozenset({feeds.c.url, feeds.c.named_url})

# The first that fits says how a column's values are written. Booleans are no Integer there.
KIND_OF: Sequence[tuple[type[TypeEngine[Any]], str]] = (
    (JSON, "json"),
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (DateTime, "time"),
    (Date, "day"),
    (LargeBinary, "bytes"),
    (String, "text"),
    (Text, "text"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What an export or a restore moved: rows by table, and whether secrets were among it."""

    rows: Mapping[str, int]
    secrets: bool

    @property
    def total(self) -> int:
        """How many rows there were."""
        return sum(self.rows.values())


def no_progress(_count: int) -> None:
    """Let nobody be told how far it has come."""


async def export_database(
    database: Database,
    path: Path,
    *,
    now: datetime,
    with_secrets: bool = False,
    on_rows: Callable[[int], None] = no_progress,
) -> Moved:
    """Write all that the database holds at one moment into a file, while others go on.

    The file appears when it is whole. ``on_rows`` is told of each batch's rows. Raises
    InputError where it cannot be written, StorageError where the schema is not the newest.
    """
    await database.check()
    rows: dict[str, int] = {}
    async with database.read() as connection:
        await be_patient(connection)
        schema, _ = await connection.run_sync(revisions)
        made = now.astimezone(UTC).isoformat()
        header = Header(schema=schema or "", created_at=made, secrets=with_secrets)
        with ArchiveWriter(path, header) as writer:
            for source in metadata.sorted_tables:
                columns = _exported(source, with_secrets=with_secrets)
                if columns:
                    rows[source.name] = await _write(connection, writer, source, columns, on_rows)
    return Moved(rows=rows, secrets=with_secrets)


def _exported(source: Table, *, with_secrets: bool) -> list[Column[Any]]:
    """Return the table's columns to be exported; none where it cannot do without its secrets.

    A table or a column is secret where its ``info`` says ``{"secret": True}``.
    """
    if with_secrets:
        return list(source.columns)
    secret = [c for c in source.columns if c.info.get("secret")]
    if source.info.get("secret") or not all(c.nullable for c in secret):
        return []
    return [c for c in source.columns if c not in secret]


async def _write(
    connection: AsyncConnection,
    writer: ArchiveWriter,
    source: Table,
    columns: Sequence[Column[Any]],
    on_rows: Callable[[int], None],
) -> int:
    writer.begin(Section(table=source.name, columns={c.name: kind_of(c) for c in columns}))
    statement = select(*columns).order_by(*source.primary_key.columns)
    withheld = [] if writer.header.secrets else _places_of_addresses(columns)
    count = 0
    async with connection.stream(statement.execution_options(yield_per=BATCH)) as result:
        async for batch in result.partitions():
            rows = [_withhold(row, withheld) for row in batch] if withheld else batch
            # Compressing would hold up every heartbeat on the event loop.
            await asyncio.to_thread(writer.add, rows)
            on_rows(len(rows))
            count += len(rows)
    return count


def kind_of(found: Column[Any]) -> str:
    """Return how an export writes the column's values; raises TypeError for a new type."""
    kind: TypeEngine[Any] | type[TypeEngine[Any]] = found.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    for known, name in KIND_OF:
        if isinstance(kind, known):
            return name
    raise TypeError(f"no export for {found}: {found.type!r}")


def _places_of_addresses(columns: Sequence[Column[Any]]) -> list[int]:
    return [place for place, found in enumerate(columns) if found in ADDRESSES]


def _withhold(row: Sequence[Any], places: Sequence[int]) -> Row:
    """Return the row, its addresses without credentials but still different from each other."""
    values = list(row)
    for index in places:
        shown = without_credentials(values[index])
        if shown != values[index]:
            # A fragment, which no server sees, with the row's id, which comes first.
            values[index] = f"{shown}#{values[0]}"
    return values
