"""The search index: the words of every entry, on SQLite in FTS5 and on Postgres in a tsvector.

Both hold the words that ``bot.domain.words`` makes and no text, and both answer with the
newest entries first: ranking all hits of a common word takes a second of a million entries.

The index may hold more than the entries do (an entry that was dropped without ``forget``):
what is found is always joined to the entries. It may hold less while ``backfill`` has not
come to them: those with an id up to the fact ``search-waiting``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    TableClause,
    and_,
    bindparam,
    column,
    delete,
    func,
    outerjoin,
    select,
    table,
    text,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Entry
from bot.domain.search import (
    Clause,
    Filters,
    Hit,
    Indexed,
    Phrase,
    Query,
    entry_words,
    filter_words,
)
from bot.domain.words import VERSION
from bot.storage import entries as entry_rows
from bot.storage import facts
from bot.storage.schema import entries, readings, stories

WAITING, WRITTEN_AS = "search-waiting", "search-version"

# Common words are looked through in such steps, and no further: it bounds the time that a
# common word takes with a filter that few reports pass (measured: benchmarks/search.py).
STEPS = (1_000, 4_000, 15_000)

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


def is_part_of_index(name: str | None) -> bool:
    """Tell whether a table belongs to the index, which each dialect makes in its own way."""
    return name is not None and name.startswith(("search_index", "search_words"))


def _is_big(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


async def add(connection: AsyncConnection, found: Iterable[tuple[int, Indexed]]) -> None:
    """Index entries (id, what they hold), new ones only."""
    rows = [{"id": id_, "words": entry_words(entry)} for id_, entry in found]
    if rows:
        await (_add_big if _is_big(connection) else _add_lite)(connection, rows)


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
    if _is_big(connection):
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
    if _is_big(connection):
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
        return await entry_rows.count(connection)
    until = await _waiting(connection)
    counted = select(func.count()).select_from(entries).where(entries.c.id <= until)
    return (await connection.execute(counted)).scalar_one() if until else 0


async def _is_outdated(connection: AsyncConnection) -> bool:
    """Tell whether the index is of other rules, or was not restored with the entries."""
    if await facts.get(connection, WRITTEN_AS) != str(VERSION):
        return True
    index, key = _index_of(connection)
    has_index = (await connection.execute(select(key).select_from(index).limit(1))).first()
    if has_index is not None or await _waiting(connection):
        return False
    return (await connection.execute(select(entries.c.id).limit(1))).first() is not None


def _index_of(connection: AsyncConnection) -> tuple[TableClause, ColumnElement[int]]:
    return (big, big.c.entry_id) if _is_big(connection) else (lite, lite.c.rowid)


async def _waiting(connection: AsyncConnection) -> int:
    return int(await facts.get(connection, WAITING) or 0)


async def newest(
    connection: AsyncConnection, query: Query, filters: Filters, *, told: int, loose: int
) -> list[Hit]:
    """Return the newest reports that match, without copies.

    At most so many that a story holds which passes the filters (``told``), and so many that
    no story holds (``loose``). Common words are looked through in steps: the first thousand
    hits mostly suffice.
    """
    since = await _first_seen(connection, filters.since) if filters.since else None
    in_stories: list[tuple[int, int]] = []
    alone: list[int] = []
    below: int | None = None
    for step in STEPS:
        found = _found(connection, query, filters, since=since, below=below, limit=step)
        rows = (await connection.execute(_placed(found, filters))).all()
        in_stories += [(row.id, row.story_id) for row in rows if row.is_told]
        held = {row.id for row in rows if row.story_id or row.is_copy}
        alone += [row.id for row in rows if row.id not in held and row.is_in_time]
        is_enough = len(in_stories) >= told and len(alone) >= loose
        if is_enough or len({row.id for row in rows}) < step:
            break
        below = rows[-1].id
    chosen: list[tuple[int, int | None]] = [*in_stories[:told]]
    return await _hits(connection, [*chosen, *((id_, None) for id_ in alone[:loose])])


def _placed(found: CTE, filters: Filters) -> Select[Any]:
    """Return where each entry found stands: in which story, as a copy, within the filters."""
    # Months and years in the index are coarse: the moments are compared here.
    in_time = and_(
        true(),
        *([entries.c.published_at >= filters.since] if filters.since else []),
        *([entries.c.published_at <= filters.until] if filters.until else []),
    )
    is_copy = readings.c.duplicate_of.is_not(None)
    passes = [readings.c.story_id.is_not(None), ~is_copy, in_time]
    joined = outerjoin(found, readings, readings.c.entry_id == found.c.id)
    joined = joined.join(entries, entries.c.id == found.c.id)
    if filters.topic is not None:
        passes.append(readings.c.topic == filters.topic)
    if filters.issue is not None:
        joined = joined.outerjoin(stories, stories.c.id == readings.c.story_id)
        passes.append(stories.c.issue == filters.issue)
    return (
        select(
            found.c.id,
            readings.c.story_id,
            is_copy.label("is_copy"),
            in_time.label("is_in_time"),
            and_(*passes).label("is_told"),
        )
        .select_from(joined)
        .order_by(found.c.id.desc())
    )


async def _hits(connection: AsyncConnection, chosen: Sequence[tuple[int, int | None]]) -> list[Hit]:
    ids = list({id_ for id_, _ in chosen})
    rows = await connection.execute(select(*entry_rows.COLUMNS).where(entries.c.id.in_(ids)))
    found = {row.id: Entry(**row._mapping) for row in rows}
    return [Hit(entry=found[id_], story_id=story_id) for id_, story_id in chosen]


def _found(
    connection: AsyncConnection,
    query: Query,
    filters: Filters,
    *,
    since: int | None,
    below: int | None,
    limit: int,
) -> CTE:
    """Return the newest ids that the index finds, within bounds, as a common table."""
    index, key = _index_of(connection)
    matches = _matches_big if _is_big(connection) else _matches_lite
    chosen = select(key.label("id")).select_from(index).where(matches(query, filters))
    if since is not None:
        chosen = chosen.where(key >= since)
    if below is not None:
        chosen = chosen.where(key < below)
    return chosen.order_by(key.desc()).limit(limit).cte("found")


async def _first_seen(connection: AsyncConnection, since: datetime) -> int:
    """Return an id below which no entry was published since: all were seen before."""
    order = (entries.c.seen_at, entries.c.id)
    first = select(entries.c.id).where(entries.c.seen_at >= since).order_by(*order).limit(1)
    highest = select(func.coalesce(func.max(entries.c.id), 0) + 1)
    found = (await connection.execute(first)).scalar()
    return found if found is not None else (await connection.execute(highest)).scalar_one()


def _matches_lite(query: Query, filters: Filters) -> ColumnElement[bool]:
    wanted = [_any_lite(clause) for clause in query.wanted]
    wanted += [_any_lite(_flag_clause(flags)) for flags in filter_words(filters)]
    written = " AND ".join(wanted)
    for clause in query.unwanted:
        written = f"({written}) NOT {_any_lite(clause)}"
    return lite.c.search_index.op("MATCH", is_comparison=True)(bindparam("query", written))


def _any_lite(clause: Clause) -> str:
    return f"({' OR '.join(map(_phrase_lite, clause.phrases))})"


def _phrase_lite(phrase: Phrase) -> str:
    # Words hold no quotes: see bot.domain.words.
    return f'"{" ".join(phrase.words)}"{"*" if phrase.is_open else ""}'


def _matches_big(query: Query, filters: Filters) -> ColumnElement[bool]:
    parts = [_any_big(clause) for clause in query.wanted]
    parts += [_any_big(_flag_clause(flags)) for flags in filter_words(filters)]
    parts += [f"!{_any_big(clause)}" for clause in query.unwanted]
    written = sql_cast(bindparam("query", " & ".join(parts)), TSQUERY)
    return big.c.words.op("@@", is_comparison=True)(written)


def _any_big(clause: Clause) -> str:
    return f"({' | '.join(map(_phrase_big, clause.phrases))})"


def _phrase_big(phrase: Phrase) -> str:
    *first, last = phrase.words
    written = [*(f"'{word}'" for word in first), f"'{last}'{':*' if phrase.is_open else ''}"]
    return f"({' <-> '.join(written)})"


def _flag_clause(flags: Sequence[str]) -> Clause:
    return Clause(phrases=tuple(Phrase(words=(flag,)) for flag in flags))
