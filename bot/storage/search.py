"""Searching the entries: both databases answer with the newest hits first.

Ranking all hits of a common word would take a second of a million entries, so that only the
newest ones are looked at here, and ranked by ``bot.domain.search``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, bindparam, func, outerjoin, select, true
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
    no story holds (``loose``). Common words are looked through in steps: the first thousand
    hits mostly suffice.
    """
    since = await _first_seen(connection, filters.since) if filters.since else None
    in_stories: list[tuple[int, int]] = []
    alone: list[int] = []
    below: int | None = None
    for step in STEPS:
        found = _found(connection, query, filters, since=since, below=below, limit=step)
        rows = (await connection.execute(_placed(connection, found, filters))).all()
        in_stories += [(row.id, row.story_id) for row in rows if row.is_told]
        held = {row.id for row in rows if row.story_id or row.is_copy}
        alone += [row.id for row in rows if row.id not in held and row.is_in_time]
        is_enough = len(in_stories) >= told and len(alone) >= loose
        if is_enough or len({row.id for row in rows}) < step:
            break
        below = rows[-1].id
    chosen: list[tuple[int, int | None]] = [*in_stories[:told]]
    return await _hits(connection, [*chosen, *((id_, None) for id_ in alone[:loose])])


def _placed(connection: AsyncConnection, found: CTE, filters: Filters) -> Select[Any]:
    """Return where each entry found stands: in which story, as a copy, within the filters."""
    # Months and years in the index are coarse: the moments are compared here.
    in_time = and_(
        true(),
        *terms.shown(connection),
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
    found = {row.id: terms.as_allowed(connection, Entry(**row._mapping)) for row in rows}
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
