"""The connection to the database: transactions, pragmas, retries, migrations."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import stamina
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.domain.errors import DatabaseTooNewError, StorageError

# How long SQLite itself waits for another writer, in milliseconds; above it we retry.
BUSY_TIMEOUT_MS = 5_000
BEGIN_ATTEMPTS = 4

# A job's unit of work is tried so often before its StorageError is told: a full disk or a
# broken connection may pass within a second or two.
STORAGE_ATTEMPTS = 3

MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One database: SQLite through aiosqlite, named by an SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        # One writer at a time is SQLite's rule; the pool only serves parallel readers.
        self._engine = create_async_engine(self.url, pool_pre_ping=False)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _set_pragmas)
            event.listen(self._engine.sync_engine, "begin", _begin)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None for another, or one in memory."""
        name = self.url.database
        is_file = self._engine.dialect.name == "sqlite" and name not in {None, "", ":memory:"}
        return Path(str(name)) if is_file else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that sees one consistent state and changes nothing."""
        async with AsyncExitStack() as stack:
            with _in_words(self.url.database):
                connection = await stack.enter_async_context(self._engine.connect())
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is saved whole, or not at all where the body raises.

        Raises StorageError where the database stays locked, or the disk is full.
        """
        async with AsyncExitStack() as stack:
            with _in_words(self.url.database):
                connection = await stack.enter_async_context(self._engine.connect())
                await connection.execution_options(strait_write=True)
                await self._begin(connection)
                yield connection
                # Where the body raised, closing the connection rolls back instead.
                await connection.commit()

    async def _begin(self, connection: AsyncConnection) -> None:
        async for attempt in stamina.retry_context(on=_is_locked, attempts=BEGIN_ATTEMPTS):
            with attempt:
                await connection.rollback()
                await connection.begin()

    async def migrate(self) -> tuple[str | None, str]:
        """Bring the schema up to date; returns the revision before and after.

        Raises DatabaseTooNewError where a newer version of Strait wrote it.
        """
        async with self.write() as connection:
            return await connection.run_sync(_upgrade)

    async def revision(self) -> tuple[str | None, str]:
        """Return the schema's revision and the newest one known here."""
        async with self.read() as connection:
            return await connection.run_sync(_revisions)

    async def check(self) -> None:
        """Raise StorageError unless the schema is the one that this version needs."""
        current, newest = await self.revision()
        if current != newest:
            raise StorageError(
                f"The database {self.url.database} has an older schema: "
                "run `python -m bot migrate`."
            )

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _set_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions on its own: _begin says which kind it is.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: one that upgrades from reading can fail at any
    # statement, without waiting, when another writer came first.
    writes = connection.get_execution_options().get("strait_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _revisions(connection: Connection) -> tuple[str | None, str]:
    scripts = ScriptDirectory.from_config(_config(connection))
    newest = scripts.get_current_head() or ""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseTooNewError(
            f"The database {connection.engine.url.database} was written by a newer version of "
            f"Strait (schema {current}; this version knows up to {newest}). "
            "Install that version, or name another database in DATABASE_URL."
        )
    return current, newest


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    before, newest = _revisions(connection)
    if before != newest:
        command.upgrade(_config(connection), "head")
    return before, newest


def _is_locked(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and "locked" in str(error.orig)


# What the driver says → what the user is told.
PROBLEMS = (
    ("disk is full", "The disk of {where} is full: nothing was saved; make room and try again."),
    (
        "locked",
        "Another process keeps {where} locked: nothing was saved; end it and try again.",
    ),
    ("disk I/O error", "The disk of {where} cannot be read or written: nothing was saved."),
    ("unable to open", "Cannot open {where}: check that its folder exists and may be written."),
    ("readonly", "Cannot write {where}: it is read-only for this user."),
    ("not a database", "{where} is not a Strait database: name another in DATABASE_URL."),
    ("malformed", "{where} is damaged: restore it from a backup."),
    ("no such table", "{where} is not set up yet: run `python -m bot migrate`."),
)


@contextmanager
def _in_words(database: str | None) -> Iterator[None]:
    """Turn the driver's errors into one sentence with the mend."""
    try:
        yield
    except DBAPIError as error:
        words = str(error.orig)
        for marker, sentence in PROBLEMS:
            if marker in words:
                raise StorageError(sentence.format(where=f"the database {database}")) from error
        raise
