"""The search index: the words of every entry, on SQLite in FTS5 and on Postgres in a tsvector.

Both hold the words that ``bot.domain.words`` makes and no text. The index may hold more than
the entries do (an entry that was dropped without ``forget``): what is found in it is always
joined to the entries. It may hold less while ``backfill`` has not come to them: those with an
id up to the fact ``search-waiting``.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, TableClause, column, delete, func, select, table, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.search import Indexed, entry_words
from bot.domain.words import VERSION
from bot.storage import facts
from bot.storage.dialect import take_turns
from bot.storage.schema import entries

WAITING, WRITTEN_AS = "search-waiting", "search-version"

# The index of SQLite: its hidden column of the same name takes queries and commands.
lite = table("search_index", column("rowid"), column("search_index"), column("words"))
# The index of Postgres.
big = table("search_words", column("entry_id"), column("words", TSVECTOR))

INDEXED = tuple(
    entries.c[name]
    for name in (
        "id", "title", "text", "language", "outlet", "outlet_name", "country", "published_at",
    )
)  # fmt: skip


def is_index(name: str | None) -> bool:
    """Tell whether a table belongs to the index, which each dialect makes in its own way."""
    return name is not None and name.startswith(("search_index", "search_words"))


def is_big(connection: AsyncConnection) -> bool:
    """Tell whether the index is that of Postgres."""
    return connection.dialect.name == "postgresql"


async def add(connection: AsyncConnection, found: Iterable[tuple[int, Indexed]]) -> None:
    """Index entries (id, what they hold), new ones only."""
    rows = [{"id": id_, "words": entry_words(entry)} for id_, entry in found]
    if rows:
        await (_add_big if is_big(connection) else _add_lite)(connection, rows)


async def _add_lite(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    statement = text("INSERT INTO search_index (rowid, words) VALUES (:id, :words)")
    await connection.execute(statement, [_joined(row) for row in rows])


async def _add_big(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    statement = text(
        "INSERT INTO search_words (entry_id, words) VALUES (:id, CAST(:words AS tsvector)) "
        "ON CONFLICT (entry_id) DO UPDATE SET words = excluded.words"
    )
    vectors = [{"id": row["id"], "words": _tsvector(row["words"])} for row in rows]
    await connection.execute(statement, vectors)


def _joined(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "words": " ".join(row["words"])}


def _tsvector(found: Sequence[str]) -> str:
    # Words hold neither quotes nor backslashes: see bot.domain.words.
    return " ".join(f"'{word}':{place}" for place, word in enumerate(found, start=1))


async def forget(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Take entries out of the index. Call it before they change or are dropped."""
    if is_big(connection):
        await connection.execute(delete(big).where(big.c.entry_id.in_(ids)))
        return
    # FTS5 takes words out by the very words that were put in, for it keeps no text.
    waiting = await _waiting(connection)
    known = select(*INDEXED).where(entries.c.id.in_(ids), entries.c.id > waiting)
    rows = [
        {"id": row.id, "words": " ".join(entry_words(cast("Indexed", row)))}
        for row in await connection.execute(known)
    ]
    if rows:
        statement = text(
            "INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', :id, :words)"
        )
        await connection.execute(statement, rows)


async def update(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Index entries that were forgotten as they are now."""
    waiting = await _waiting(connection)
    await _index(connection, select(*INDEXED).where(entries.c.id.in_(ids), entries.c.id > waiting))


async def _index(connection: AsyncConnection, chosen: Select[Any]) -> list[int]:
    rows = (await connection.execute(chosen)).all()
    await add(connection, [(row.id, cast("Indexed", row)) for row in rows])
    return [row.id for row in rows]


async def rebuild(connection: AsyncConnection) -> None:
    """Empty the index and let ``backfill`` fill it anew: after a restore, or new rules."""
    if is_big(connection):
        await connection.execute(delete(big))
    else:
        command = "INSERT INTO search_index (search_index) VALUES ('delete-all')"
        await connection.execute(text(command))
    newest = (await connection.execute(select(func.max(entries.c.id)))).scalar()
    await facts.save(connection, WAITING, str(newest or 0))
    await facts.save(connection, WRITTEN_AS, str(VERSION))


async def backfill(connection: AsyncConnection, *, limit: int) -> int:
    """Index so many of the waiting entries, the newest first; returns how many there were.

    Each call is one transaction, so that the work can end and go on anywhere.
    """
    await take_turns(connection, WAITING)
    if await _is_outdated(connection):
        await rebuild(connection)
    until = await _waiting(connection)
    if not until:
        return 0
    chosen = select(*INDEXED).where(entries.c.id <= until).order_by(entries.c.id.desc())
    done = await _index(connection, chosen.limit(limit))
    await facts.save(connection, WAITING, str(done[-1] - 1 if done else 0))
    return len(done)


async def waiting(connection: AsyncConnection) -> int:
    """Return how many entries are not in the index yet."""
    if await _is_outdated(connection):
        return await _count(connection)
    until = await _waiting(connection)
    return await _count(connection, entries.c.id <= until) if until else 0


async def _count(connection: AsyncConnection, *where: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(entries).where(*where)
    return (await connection.execute(counted)).scalar_one()


async def _is_outdated(connection: AsyncConnection) -> bool:
    """Tell whether the index is of other rules, or was not restored with the entries."""
    if await facts.get(connection, WRITTEN_AS) != str(VERSION):
        return True
    index, key = index_of(connection)
    has_index = (await connection.execute(select(key).select_from(index).limit(1))).first()
    if has_index is not None or await _waiting(connection):
        return False
    return (await connection.execute(select(entries.c.id).limit(1))).first() is not None


def index_of(connection: AsyncConnection) -> tuple[TableClause, ColumnElement[int]]:
    """Return the index, and its column of entry ids."""
    return (big, big.c.entry_id) if is_big(connection) else (lite, lite.c.rowid)


async def _waiting(connection: AsyncConnection) -> int:
    return int(await facts.get(connection, WAITING) or 0)
