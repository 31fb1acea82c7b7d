"""Space that nothing uses is given back to the disk, without harm to who reads and writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.storage import upkeep
from bot.storage.database import Database
from bot.storage.schema import feeds
from bot.storage.upkeep import FileState, Vacuum, choose_vacuum, file_state, size_of, tidy
from tests.builders import NOW

MB = 1_000_000


def state(*, size: int, free: int, incremental: bool = True, disk: int = 10_000) -> FileState:
    return FileState(size=size * MB, free=free * MB, incremental=incremental, disk_free=disk * MB)


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        (state(size=400, free=100), Vacuum.INCREMENTAL),
        (state(size=400, free=60), Vacuum.NONE),  # used again within weeks
        (state(size=30, free=15), Vacuum.NONE),  # too little to matter
        (state(size=30, free=0, incremental=False), Vacuum.FULL),  # quick, and once for all
        (state(size=400, free=0, incremental=False), Vacuum.NONE),
        (state(size=400, free=200, incremental=False), Vacuum.FULL),
        (state(size=400, free=200, incremental=False, disk=700), Vacuum.NONE),  # no room for it
    ],
)
def test_space_is_given_back_where_it_is_worth_it(found: FileState, chosen: Vacuum) -> None:
    """A file is rewritten only where that is quick or gains much, and the disk has room."""
    assert choose_vacuum(found) is chosen


async def fill(database: Database, rows: int) -> None:
    async with database.write() as connection:
        for number in range(rows):
            url = f"https://h.example/{number}"
            values = {"url": url, "named_url": url, "configured": False, "created_at": NOW}
            await connection.execute(feeds.insert().values(**values, name="x" * 20_000))


async def empty(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(feeds.delete())


def look(path: Path) -> FileState:
    with closing(sqlite3.connect(path)) as connection:
        return file_state(connection, path)


@pytest.fixture
def path(sqlite_database: Database) -> Path:
    assert sqlite_database.path is not None
    return sqlite_database.path


async def test_a_file_shrinks_once_and_then_page_by_page(
    sqlite_database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time the file is rewritten; ever after free pages are cut off its end."""
    monkeypatch.setattr(upkeep, "WORTH_BYTES", 1_000_000)
    await fill(sqlite_database, 200)
    await empty(sqlite_database)
    assert await tidy(sqlite_database) > 3 * MB
    assert look(path).incremental
    await fill(sqlite_database, 200)
    await empty(sqlite_database)
    before = await size_of(sqlite_database)
    assert await tidy(sqlite_database) > 3 * MB
    assert await size_of(sqlite_database) < before / 4
    assert look(path).free == 0


async def test_a_reader_and_a_writer_go_on(sqlite_database: Database, path: Path) -> None:
    """A transaction that is open prevents the vacuum, not the other way round."""
    await fill(sqlite_database, 50)
    async with sqlite_database.read() as reader:
        await reader.execute(feeds.select())
        await empty(sqlite_database)
        await tidy(sqlite_database)
        assert len((await reader.execute(feeds.select())).all()) == 50
    await fill(sqlite_database, 1)
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_locked_database_is_left_for_another_day(
    sqlite_database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is raised, and nothing is broken."""
    monkeypatch.setattr(upkeep, "BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert await tidy(sqlite_database) == 0
        holder.execute("ROLLBACK")
    assert await tidy(sqlite_database) >= 0
    assert look(path).incremental


async def test_the_planner_knows_the_tables(sqlite_database: Database, path: Path) -> None:
    """Statistics are there after a tidying."""
    await fill(sqlite_database, 20)
    await tidy(sqlite_database)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0] > 0


async def test_postgres_gets_its_statistics(postgres_database: Database) -> None:
    """Its space it looks after by itself."""
    await fill(postgres_database, 20)
    assert await tidy(postgres_database) == 0
    assert await size_of(postgres_database) > MB
    async with postgres_database.read() as connection:
        known = text("SELECT reltuples FROM pg_class WHERE relname = 'feeds'")
        assert (await connection.execute(known)).scalar_one() == 20
