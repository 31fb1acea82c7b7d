import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.domain.errors import DatabaseTooNewError, StorageError
from bot.storage import engines
from bot.storage.database import Database
from bot.storage.schema import feeds, metadata
from bot.storage.search_index import is_index
from tests.builders import NOW


def row(number: int = 0, **changes: object) -> dict[str, object]:
    url = f"https://h.example/{number}"
    values = {"url": url, "named_url": url, "name": "H", "configured": False, "created_at": NOW}
    return values | changes


async def count_feeds(database: Database) -> int:
    async with database.read() as connection:
        return len((await connection.execute(feeds.select())).all())


async def test_migrations_make_the_schema_of_the_code(database: Database) -> None:
    """A table changed in code without a migration is found here."""

    def differences(connection: Connection) -> list[object]:
        # The search index is made differently in each database.
        opts = {"include_name": lambda name, kind, _: kind != "table" or not is_index(name)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    """Every start may migrate."""
    before, after = await database.migrate()
    assert before == after


async def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    """An older program must not write what a newer one reads."""
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="written by a newer version"):
        await database.migrate()
    with pytest.raises(DatabaseTooNewError, match="DATABASE_URL"):
        await database.check()


async def test_a_database_that_is_not_set_up_says_so(database_url: str) -> None:
    """The mend is the command that sets it up."""
    empty = Database(database_url)
    with pytest.raises(StorageError, match="python -m bot migrate"):
        await empty.check()
    with pytest.raises(StorageError, match="python -m bot migrate"):
        await count_feeds(empty)
    await empty.close()


async def test_a_transaction_that_fails_saves_nothing(database: Database) -> None:
    """Half a transaction is none."""
    with pytest.raises(RuntimeError, match="midway"):
        async with database.write() as connection:
            await connection.execute(feeds.insert().values(**row()))
            raise RuntimeError("midway")
    assert await count_feeds(database) == 0


async def test_a_reader_sees_one_state(database: Database) -> None:
    """What others save meanwhile does not show until the next transaction."""
    async with database.read() as connection:
        assert (await connection.execute(feeds.select())).all() == []
        async with database.write() as writer:
            await writer.execute(feeds.insert().values(**row()))
        assert (await connection.execute(feeds.select())).all() == []
    assert await count_feeds(database) == 1


async def test_writers_take_turns(database: Database) -> None:
    """Many writers at once all succeed."""

    async def write(number: int) -> None:
        async with database.write() as connection:
            await connection.execute(feeds.insert().values(**row(number)))

    await asyncio.gather(*(write(number) for number in range(20)))
    assert await count_feeds(database) == 20


async def test_a_lock_that_stays_is_told_in_words(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the retries one sentence says what to do, and nothing is saved."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 10)
    impatient = Database(str(sqlite_database.url.render_as_string()))
    holder = sqlite3.connect(str(sqlite_database.path), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="Another process keeps the database"):
        async with impatient.write() as connection:
            await connection.execute(feeds.insert().values(**row()))
    holder.execute("ROLLBACK")
    holder.close()
    assert await count_feeds(sqlite_database) == 0
    await impatient.close()


async def test_a_lock_that_ends_is_waited_for(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that was locked out once succeeds on a later try."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 10)
    impatient = Database(str(sqlite_database.url.render_as_string()))
    holder = sqlite3.connect(
        str(sqlite_database.path), isolation_level=None, check_same_thread=False
    )
    holder.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.3, holder.execute, "ROLLBACK")
    async with impatient.write() as connection:
        await connection.execute(feeds.insert().values(**row()))
    holder.close()
    assert await count_feeds(sqlite_database) == 1
    await impatient.close()


async def test_a_full_disk_is_told_in_words_and_saves_nothing(sqlite_database: Database) -> None:
    """SQLite's page limit fails as a full disk does."""
    with pytest.raises(StorageError, match="is full: nothing was saved"):
        async with sqlite_database.write() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            for number in range(500):
                await connection.execute(feeds.insert().values(**row(number, name="x" * 4000)))
    assert await count_feeds(sqlite_database) == 0


async def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    """The user named the wrong file."""
    wrong = tmp_path / "notes.txt"
    wrong.write_text("Dear diary, " * 100)
    opened = Database(f"sqlite+aiosqlite:///{wrong}")
    with pytest.raises(StorageError, match="not a Strait database"):
        await opened.migrate()
    await opened.close()
    assert wrong.read_text().startswith("Dear diary")


async def test_times_without_a_zone_are_refused(database: Database) -> None:
    """They would be read back as another moment."""
    with pytest.raises(Exception, match="without a zone"):
        async with database.write() as connection:
            naive = row(created_at=NOW.replace(tzinfo=None))
            await connection.execute(feeds.insert().values(**naive))
