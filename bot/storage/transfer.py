"""Moves everything between databases: SQLite to Postgres, back, or to a new place."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Insert,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TypeDecorator,
    column,
    delete,
    exists,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from bot.domain.addresses import without_credentials
from bot.domain.errors import InputError
from bot.storage import archive, migrate
from bot.storage.archive import ArchiveWriter, Header, Row, Section
from bot.storage.database import Database
from bot.storage.dialect import be_patient
from bot.storage.problems import place
from bot.storage.schema import feeds, metadata
from bot.storage.types import Text as CleanText
from bot.storage.types import UtcDateTime

# So many rows are in memory at once. The longest, entries, have some 5 kB.
BATCH = 500

# Tables that each database has in a form of its own, made from the others: they are left out
# of exports, and made anew by the bot after a restore.
DERIVED = ("search_index", "search_words")

# A table that `migrate` may have filled already: a database with nothing else is empty.
ALWAYS_FILLED = "facts"

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
TYPE_OF: Mapping[str, TypeEngine[Any]] = {
    "bool": Boolean(),
    "int": BigInteger(),
    "float": Float(),
    "time": UtcDateTime(),
    "day": Date(),
    "bytes": LargeBinary(),
    "text": CleanText(),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What an export or a restore moved: rows by table, and whether secrets were among it."""

    rows: Mapping[str, int]
    secrets: bool

    @property
    def total(self) -> int:
        """How many rows there were."""
        return sum(self.rows.values())


def _nothing(_count: int) -> None:
    pass


async def export_database(
    database: Database,
    path: Path,
    *,
    now: datetime,
    with_secrets: bool = False,
    on_rows: Callable[[int], None] = _nothing,
) -> Moved:
    """Write all that the database holds at one moment into a file, while others go on.

    The file appears when it is whole. ``on_rows`` is told of each batch's rows. Raises
    InputError where it cannot be written, StorageError where the schema is not the newest.
    """
    await database.check()
    rows: dict[str, int] = {}
    async with database.read() as connection:
        await be_patient(connection)
        schema, _ = await connection.run_sync(migrate.revisions)
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


async def restore_database(
    database: Database,
    path: Path,
    *,
    replace: bool = False,
    on_rows: Callable[[int], None] = _nothing,
) -> Moved:
    """Put all that an export holds into the database: whole, or nothing where it fails.

    The export may be of an older version: it is brought up to date. What the database holds
    is kept from being lost unless ``replace``. Raises InputError where the file is damaged,
    or the database holds something; DatabaseTooNewError, StorageError.
    """
    header, counts = await asyncio.to_thread(archive.check, path)
    async with database.altering() as connection:
        await connection.run_sync(_prepare, path, header, replace)
        await connection.run_sync(_empty, path, list(counts))
        await _load(connection, path, on_rows)
        await connection.run_sync(_finish, list(counts))
    return Moved(rows=counts, secrets=header.secrets)


def _prepare(connection: Connection, path: Path, header: Header, replace: bool) -> None:
    """Give the database the export's schema, with nothing in it that the user wants to keep."""
    before, _ = migrate.revisions(connection)
    if header.schema not in migrate.known_revisions(connection):
        raise InputError(
            f"{path} was made by a newer version of Strait (schema {header.schema}): "
            "restore it with that version."
        )
    if before is not None:
        # At the newest schema, so that it is known which tables there are.
        migrate.upgrade(connection)
        if not replace and _holds_something(connection):
            raise InputError(
                f"{place(connection.engine.url)} holds something already: "
                "name an empty one in DATABASE_URL, or lose what it holds with --replace."
            )
        _drop(connection)
    migrate.upgrade(connection, to=header.schema)


def _holds_something(connection: Connection) -> bool:
    tables = (t for t in metadata.sorted_tables if t.name != ALWAYS_FILLED)
    return any(connection.scalar(select(exists(select(t)))) for t in tables)


def _drop(connection: Connection) -> None:
    for name in DERIVED:
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))


def _empty(connection: Connection, path: Path, names: Sequence[str]) -> None:
    """Let what the migrations put into the tables go, and references wait for their rows."""
    known = set(inspect(connection).get_table_names())
    if not known.issuperset(names):
        raise InputError(f"{path} is damaged: its schema has no such tables.")
    for name in reversed(names):
        connection.execute(delete(table(name)))
    for constraint in _within_tables(connection, names):
        connection.execute(text(f"{constraint} DEFERRABLE INITIALLY DEFERRED"))


def _within_tables(connection: Connection, names: Sequence[str]) -> Iterator[str]:
    """Give the constraints by which rows refer to rows of the same table, as ALTER … begins.

    Tables come after those that they refer to, but rows are in no such order. On SQLite
    nothing refers to anything while the schema changes: all is checked at the end.
    """
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    for name in names:
        for found in inspect(connection).get_foreign_keys(name):
            if found["referred_table"] == name:
                constraint = quote(str(found["name"]))
                yield f"ALTER TABLE {quote(name)} ALTER CONSTRAINT {constraint}"


async def _load(connection: AsyncConnection, path: Path, on_rows: Callable[[int], None]) -> None:
    statements: dict[str, Insert] = {}
    for section, rows in archive.batches(path, size=BATCH):
        if section.table not in statements:
            statements[section.table] = await connection.run_sync(_insert, path, section)
        if rows:
            named = [dict(zip(section.columns, row, strict=True)) for row in rows]
            await connection.execute(statements[section.table], named)
            on_rows(len(rows))


def _insert(connection: Connection, path: Path, section: Section) -> Insert:
    """Return the INSERT of a section's rows, in the types of its kinds."""
    nullable = {c["name"]: c["nullable"] for c in inspect(connection).get_columns(section.table)}
    if not set(nullable).issuperset(section.columns):
        raise InputError(f"{path} is damaged: {section.table} has no such columns.")
    columns = [
        # NULL and the JSON value null look the same in an export.
        column(name, JSON(none_as_null=nullable[name]) if kind == "json" else TYPE_OF[kind])
        for name, kind in section.columns.items()
    ]
    return insert(table(section.table, *columns))


def _finish(connection: Connection, names: Sequence[str]) -> None:
    """Check references, let new rows be numbered after these, and bring the schema up to date."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        for constraint in _within_tables(connection, names):
            connection.execute(text(f"{constraint} NOT DEFERRABLE"))
        for name in names:
            _set_sequence(connection, name)
    migrate.upgrade(connection)
    if connection.dialect.name == "postgresql":
        # Without statistics the first hours' plans are guesses.
        connection.execute(text("ANALYZE"))


def _set_sequence(connection: Connection, name: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(name)
    keys = inspect(connection).get_pk_constraint(name)["constrained_columns"]
    for key in keys:
        owned = func.pg_get_serial_sequence(quoted, key)
        if (sequence := connection.scalar(select(owned))) is not None:
            own = column(key, BigInteger())
            last = connection.scalar(select(func.max(own)).select_from(table(name, own)))
            if last is not None and last > 0:
                connection.execute(select(func.setval(sequence, last)))
