"""Care of the database itself: statistics, and space that nothing uses any more."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog
from sqlalchemy import text

from bot.storage.database import Database

log = structlog.get_logger()

# Free pages are used again by what comes next: they are given back only where they are
# more than a few days' news, and a good part of the file.
WORTH_BYTES = 20_000_000
WORTH_SHARE = 0.2

# Rewriting the whole file keeps writers out: below this size for less than a second.
QUICK_BYTES = 64_000_000

# Rewriting takes the file's size twice over while it lasts: the copy and its log.
ROOM = 2.0

# Pages given back in one transaction: some 4 MB.
PAGES_AT_ONCE = 1000

# Rows of an index looked at for its statistics, as SQLite's manual proposes.
# https://www.sqlite.org/lang_analyze.html
ANALYSIS_LIMIT = 1000

# As long as the bot's own connections wait for another writer.
BUSY_SECONDS = 5.0

# What `PRAGMA auto_vacuum` says of a file whose free pages can be given back one by one.
INCREMENTAL = 2


class Vacuum(StrEnum):
    """How space is given back: not at all, page by page, or by rewriting the file."""

    NONE = "none"
    INCREMENTAL = "incremental"
    FULL = "full"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileState:
    """A SQLite file: its size and what of it is free, in bytes; the disk's free bytes."""

    size: int
    free: int
    incremental: bool
    disk_free: int


def choose_vacuum(state: FileState) -> Vacuum:
    """Decide how a file's free space is given back.

    A small file is rewritten once, so that a large one can be cut page by page ever after.
    """
    worth = state.free >= WORTH_BYTES and state.free >= WORTH_SHARE * state.size
    if state.incremental:
        return Vacuum.INCREMENTAL if worth else Vacuum.NONE
    room = state.disk_free > ROOM * state.size
    return Vacuum.FULL if room and (worth or state.size < QUICK_BYTES) else Vacuum.NONE


async def tidy(database: Database) -> int:
    """Refresh the statistics and give space back where it is worth it; returns the bytes.

    What another process's lock prevents is left for the next time.
    """
    if database.path is not None:
        return await asyncio.to_thread(_tidy_file, database.path)
    async with database.write() as connection:
        await connection.execute(text("ANALYZE"))
    # Postgres keeps its files in order by itself (autovacuum).
    return 0


async def size_of(database: Database) -> int:
    """Return the bytes that the database takes: of SQLite with its write-ahead log."""
    if database.path is not None:
        files = (database.path, database.path.with_name(f"{database.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    async with database.read() as connection:
        size = text("SELECT pg_database_size(current_database())")
        return int((await connection.execute(size)).scalar_one())


def _tidy_file(path: Path) -> int:
    # A connection of its own: VACUUM runs outside of transactions, and the driver carries out
    # a single step of an incremental one where it does not read a script.
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        try:
            connection.executescript(f"PRAGMA analysis_limit = {ANALYSIS_LIMIT}; ANALYZE;")
            before = path.stat().st_size
            _vacuum(connection, file_state(connection, path))
            connection.executescript("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            log.info("database not tidied; it is tried again another day", why=str(error))
            return 0
        return max(0, before - path.stat().st_size)


def file_state(connection: sqlite3.Connection, path: Path) -> FileState:
    """Read how large a SQLite file is and how much of it is free."""

    def pragma(name: str) -> int:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

    page = pragma("page_size")
    return FileState(
        size=pragma("page_count") * page,
        free=pragma("freelist_count") * page,
        incremental=pragma("auto_vacuum") == INCREMENTAL,
        disk_free=shutil.disk_usage(path.parent).free,
    )


def _vacuum(connection: sqlite3.Connection, state: FileState) -> None:
    match choose_vacuum(state):
        case Vacuum.FULL:
            connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
            connection.execute("VACUUM")
        case Vacuum.INCREMENTAL:
            left = connection.execute("PRAGMA freelist_count").fetchone()[0]
            for _ in range(0, left, PAGES_AT_ONCE):
                connection.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
