"""Puts an export into a database: of SQLite into Postgres, back, or at a new place."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    Float,
    Insert,
    LargeBinary,
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

from bot.domain.errors import InputError
from bot.storage import archive, migrate
from bot.storage.archive import Header, Section
from bot.storage.database import Database
from bot.storage.problems import place
from bot.storage.revisions import known, revisions
from bot.storage.schema import metadata
from bot.storage.transfer import BATCH, Moved, no_progress
from bot.storage.types import Text, UtcDateTime

# Tables that each database has in a form of its own, made from the others: they are left out
# of exports, and made anew by the bot after a restore.
DERIVED = ("search_index", "search_words")

# A table that `migrate` may have filled already: a database with nothing else is empty.
ALWAYS_FILLED = "facts"

# How the values of each kind are bound.
TYPE_OF: Mapping[str, TypeEngine[Any]] = {
    "bool": Boolean(),
    "int": BigInteger(),
    "float": Float(),
    "time": UtcDateTime(),
    "day": Date(),
    "bytes": LargeBinary(),
    "text": Text(),
}


async def restore_database(
    database: Database,
    path: Path,
    *,
    replace: bool = False,
    on_rows: Callable[[int], None] = no_progress,
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
    before, _ = revisions(connection)
    if header.schema not in known():
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
