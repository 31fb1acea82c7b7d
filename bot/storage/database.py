"""The connection to the database: transactions, retries, migrations."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

import stamina
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError
from bot.storage import terms, turns
from bot.storage.dialect import be_patient
from bot.storage.engines import CONNECTIONS, make_engine, transaction_options
from bot.storage.grouped import Group
from bot.storage.problems import in_words, passes, place
from bot.storage.revisions import revisions

# A transaction is begun so often before its StorageError is told.
BEGIN_ATTEMPTS = 4

# A job's unit of work is tried so often before its StorageError is told: a full disk or a
# broken connection may pass within a second or two.
STORAGE_ATTEMPTS = 3

T = TypeVar("T")


class Database:
    """One database: SQLite through aiosqlite or Postgres through psycopg, named by a URL."""

    def __init__(
        self, url: str, *, connections: int = CONNECTIONS, terms: terms.Terms = terms.free
    ) -> None:
        """Open nothing yet; ``terms`` say what of each outlet's reports may be read."""
        self._terms = terms
        self.url = make_url(url)
        self._engine = make_engine(self.url, connections=connections)
        # SQLite lets writers in by chance, and some wait until they give up: those of one
        # process take turns here. Other processes' writers are waited for by SQLite itself.
        self._turn = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._group = Group(self.write)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of this machine, which one process owns."""
        return self._engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None for another, or one in memory."""
        name = self.url.database
        is_file = self.is_sqlite and name not in {None, "", ":memory:"}
        return Path(str(name)) if is_file else None

    @property
    def place(self) -> str:
        """The database in the user's words, without secrets."""
        return place(self.url)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that sees one consistent state and changes nothing.

        Raises StorageError where the database cannot be reached.
        """
        with in_words(self.url):
            async with aclosing(await self._begun(writes=False)) as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is saved whole, or not at all where the body raises.

        Raises StorageError where the database stays locked, cannot be reached, or its
        disk is full. One that is raised while the end of the transaction is under way
        may have been saved: whoever tries again must find that out from the database.
        """
        with in_words(self.url):
            async with self._turn, aclosing(await self._begun(writes=True)) as connection:
                yield connection
                # Where the body raised, closing the connection rolls back instead.
                await connection.commit()

    async def together(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Do a small unit of work in a transaction that it may share with others.

        It may be run twice: see ``bot.storage.grouped``. Raises StorageError as ``write``.
        """
        return await self._group.run(work)

    @asynccontextmanager
    async def altering(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may change the schema: alone, patient, whole or not at all.

        On SQLite it may break references until its end, as a table that is made anew does:
        dropping the old one would else delete what refers to its rows.
        """
        with in_words(self.url):
            async with aclosing(await self._begun(writes=True, alters=True)) as connection:
                await be_patient(connection)
                await turns.migration(connection)
                try:
                    yield connection
                    if self.is_sqlite:
                        await _check_references(connection, self.place)
                    await connection.commit()
                finally:
                    # It checks no references any more: nobody else may get it from the pool.
                    await connection.invalidate()

    async def _begun(self, *, writes: bool, alters: bool = False) -> AsyncConnection:
        """Return a connection in a transaction; what passes by itself is waited for."""
        async for attempt in stamina.retry_context(on=passes, attempts=BEGIN_ATTEMPTS):
            with attempt:
                connection = await self._engine.connect()
                try:
                    options = transaction_options(self._engine, writes=writes, alters=alters)
                    await connection.execution_options(**options, **{terms.OPTION: self._terms})
                    await connection.begin()
                except BaseException:
                    await connection.close()
                    raise
        return connection

    async def migrate(self) -> tuple[str | None, str]:
        """Bring the schema up to date; returns the revision before and after.

        It happens whole or not at all, and once where several processes ask for it.
        Raises DatabaseTooNewError where a newer version of Strait wrote it.
        """
        before, newest = await self.revision()
        if before != newest:
            from bot.storage import migrate  # noqa: PLC0415 - Alembic is slow to import

            async with self.altering() as connection:
                before, newest = await connection.run_sync(migrate.upgrade)
        return before, newest

    async def revision(self) -> tuple[str | None, str]:
        """Return the schema's revision and the newest one known here."""
        async with self.read() as connection:
            return await connection.run_sync(revisions)

    async def check(self) -> None:
        """Raise StorageError unless the schema is the one that this version needs."""
        current, newest = await self.revision()
        if current != newest:
            raise StorageError(
                f"T{self.place[1:]} has an older schema, or none: run `python -m bot migrate`."
            )

    async def check_connection(self) -> None:
        """Raise StorageError unless the database answers."""
        async with self.read() as connection:
            await connection.execute(select(1))

    async def close(self) -> None:
        """Close every connection."""
        await self._group.finish()
        await self._engine.dispose()


async def _check_references(connection: AsyncConnection, where: str) -> None:
    broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
    if broken is not None:
        raise StorageError(
            f"A row of {broken[0]} in {where} refers to one of {broken[2]} that is not there: "
            "nothing was changed; restore it from a backup."
        )
