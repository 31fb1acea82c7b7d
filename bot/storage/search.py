"""Searching the entries: both databases answer with the newest hits first.

Ranking all hits of a common word would take a second of a million entries, so that only the
newest ones are looked at here, and ranked by ``bot.domain.search``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    exists,
    func,
    join,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Entry
from bot.domain.search import Clause, Filters, Hit, Phrase, Query, filter_words
from bot.storage import entries as entry_rows
from bot.storage import search_index, terms
from bot.storage.schema import entries, readings, stories

# Common words are looked through in such steps, and no further: it bounds the time that a
# common word takes with a filter that few reports pass (measured: benchmarks/search.py).
STEPS = (1_000, 3_000, 6_000)


async def newest(
    connection: AsyncConnection, query: Query, filters: Filters, *, told: int, loose: int
) -> list[Hit]:
    """Return the newest reports that match, without copies.

    At most so many that a story holds which passes the filters (``told``), and so many that
    no story holds (``loose``), which are not looked for further than the former. Common words
    are looked through in steps: the first thousand hits mostly suffice.
    """
    since = await _first_seen(connection, filters.since) if filters.since else None
    in_stories: list[tuple[int, int | None]] = []
    alone: list[tuple[int, int | None]] = []
    below: int | None = None
    for step in STEPS:
        found = _found(connection, query, filters, since=since, below=below, limit=step)
        wanted = (told - len(in_stories), loose - len(alone))
        shown = terms.shown(connection)
        rows = (await connection.execute(_placed(found, filters, shown, *wanted))).all()
        in_stories += [(row.id, row.story_id) for row in rows if row.kind == _TOLD]
        alone += [(row.id, None) for row in rows if row.kind == _ALONE]
        seen = next(row for row in rows if row.kind == _SEEN)
        if len(in_stories) >= told or seen.story_id < step:
            break
        below = seen.id
    return await _hits(connection, [*in_stories, *alone])


# What a row of ``_placed`` tells of.
_TOLD, _ALONE, _SEEN = "told", "alone", "seen"

# The conditions on entries under which they may be shown.
_Shown = Sequence[ColumnElement[bool]]


def _placed(
    found: CTE, filters: Filters, shown: _Shown, told: int, loose: int
) -> CompoundSelect[Any]:
    """Return those found that stories hold, those that none holds, and what was looked through.

    Of the last there is one row: the lowest id and, in place of a story, how many there were.
    The database sorts them out itself: thousands of rows take longer to hand over than to find.
    """
    looked_through = select(
        literal(_SEEN).label("kind"), func.min(found.c.id).label("id"), func.count(found.c.id)
    )
    parts = [_in_stories(found, filters, shown).limit(told), looked_through]
    if loose > 0:
        parts.append(_in_none(found, filters, shown).limit(loose))
    return union_all(*(select(*part.subquery().c) for part in parts))


def _in_stories(found: CTE, filters: Filters, shown: _Shown) -> Select[Any]:
    joined = join(found, readings, readings.c.entry_id == found.c.id)
    passes: list[ColumnElement[bool]] = [
        readings.c.story_id.is_not(None),
        readings.c.duplicate_of.is_(None),
    ]
    if filters.topic is not None:
        passes.append(readings.c.topic == filters.topic)
    if filters.issue is not None:
        joined = joined.join(stories, stories.c.id == readings.c.story_id)
        passes.append(stories.c.issue == filters.issue)
    return (
        select(literal(_TOLD).label("kind"), found.c.id, readings.c.story_id.label("story_id"))
        .select_from(joined)
        .where(*passes, *_allowed(found, filters, shown))
        .order_by(found.c.id.desc())
    )


def _in_none(found: CTE, filters: Filters, shown: _Shown) -> Select[Any]:
    held = exists().where(
        readings.c.entry_id == found.c.id,
        readings.c.story_id.is_not(None) | readings.c.duplicate_of.is_not(None),
    )
    return (
        select(literal(_ALONE).label("kind"), found.c.id, sql_cast(null(), BigInteger))
        .where(~held, *_allowed(found, filters, shown))
        .order_by(found.c.id.desc())
    )


def _allowed(found: CTE, filters: Filters, shown: _Shown) -> list[ColumnElement[bool]]:
    """Compare outlets with their terms, and the moments: months in the index are coarse."""
    bounds = [
        *shown,
        *([entries.c.published_at >= filters.since] if filters.since else []),
        *([entries.c.published_at <= filters.until] if filters.until else []),
    ]
    return [exists().where(entries.c.id == found.c.id, *bounds)] if bounds else []


async def _hits(connection: AsyncConnection, chosen: Sequence[tuple[int, int | None]]) -> list[Hit]:
    ids = list({id_ for id_, _ in chosen})
    rows = await connection.execute(select(*entry_rows.COLUMNS).where(entries.c.id.in_(ids)))
    found = {row.id: terms.as_allowed(connection, Entry(**row._mapping)) for row in rows}
    # The index may hold what the entries do not any more.
    return [Hit(entry=found[id_], story_id=story_id) for id_, story_id in chosen if id_ in found]


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
    index, key = search_index.index_of(connection)
    matches = _matches_big if search_index.is_big(connection) else _matches_lite
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
    if found is None:
        found = (await connection.execute(highest)).scalar_one()
    return int(found)


def _matches_lite(query: Query, filters: Filters) -> ColumnElement[bool]:
    wanted = [_any_lite(clause) for clause in query.wanted]
    wanted += [_any_lite(_flag_clause(flags)) for flags in filter_words(filters)]
    written = " AND ".join(wanted)
    for clause in query.unwanted:
        written = f"({written}) NOT {_any_lite(clause)}"
    return search_index.lite.c.search_index.op("MATCH", is_comparison=True)(
        bindparam("query", written)
    )


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
    return search_index.big.c.words.op("@@", is_comparison=True)(written)


def _any_big(clause: Clause) -> str:
    return f"({' | '.join(map(_phrase_big, clause.phrases))})"


def _phrase_big(phrase: Phrase) -> str:
    *first, last = phrase.words
    written = [*(f"'{word}'" for word in first), f"'{last}'{':*' if phrase.is_open else ''}"]
    return f"({' <-> '.join(written)})"


def _flag_clause(flags: Sequence[str]) -> Clause:
    return Clause(phrases=tuple(Phrase(words=(flag,)) for flag in flags))
