"""The numbers of the whole bot, as they stand in the database, for ``/metrics``.

Rows are grouped by names from closed lists (``bot.domain.measures``), so that an answer has
the same few rows whatever is stored.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, String, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.measures import (
    BY_MODEL,
    METHODS,
    MODEL,
    OTHER,
    PLATFORMS,
    FeedHealth,
    Measures,
    ModelUse,
)
from bot.domain.model import DeliveryStatus, SubscriptionStatus
from bot.storage.schema import (
    deliveries,
    entries,
    facts,
    feeds,
    spending,
    stories,
    subscriptions,
)
from bot.storage.spending import MICRO, RESERVED
from bot.storage.summaries import method as made_by


class Spent(NamedTuple):
    """What was spent by requests of one method, today or on the days before."""

    method: str
    is_today: bool
    requests: int
    tokens: int
    micros: int


# A delivery that is being sent has not arrived yet either.
WAITING = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


async def read(connection: AsyncConnection, *, beats: Mapping[str, str], now: datetime) -> Measures:
    """Return the numbers of this moment; ``beats`` maps facts' names to processes."""
    state = case((feeds.c.gone, FeedHealth.GONE), (feeds.c.failures > 0, FeedHealth.FAILING))
    spent = await _spending(connection, today=now.date())
    today = [row for row in spent if row.is_today]
    return Measures(
        summaries=await _grouped(connection, select(_method(made_by()).label("name"))),
        model_total=_use(spent),
        model_today=_use(today),
        model_reserved=sum(row.tokens for row in today if row.method == RESERVED),
        deliveries=await _by_status(connection, deliveries, DeliveryStatus),
        oldest_pending=await _oldest_pending(connection, now=now),
        subscriptions=await _by_status(connection, subscriptions, SubscriptionStatus),
        entries=await _count(connection, entries),
        unread=await _count(connection, entries, entries.c.unread),
        stories=await _count(connection, stories, stories.c.merged_into.is_(None)),
        feeds=await _grouped(
            connection,
            select(func.coalesce(state, FeedHealth.OK).label("name")).where(~feeds.c.removed),
        ),
        beats=await _beats(connection, beats, now=now),
    )


async def _count(
    connection: AsyncConnection, table: FromClause, *where: ColumnElement[bool]
) -> int:
    statement = select(func.count()).select_from(table).where(*where)
    count: int = (await connection.execute(statement)).scalar_one()
    return count


async def _grouped(connection: AsyncConnection, names: Select[tuple[str]]) -> dict[str, int]:
    found = names.subquery()
    statement = select(found.c.name, func.count()).group_by(found.c.name)
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def _by_status(
    connection: AsyncConnection, table: FromClause, statuses: Iterable[str]
) -> dict[tuple[str, str], int]:
    """Count a table's rows by platform and status."""
    found = select(
        _listed(table.c.platform, PLATFORMS).label("platform"),
        _listed(table.c.status, statuses).label("status"),
    ).subquery()
    statement = select(found.c.platform, found.c.status, func.count()).group_by(
        found.c.platform, found.c.status
    )
    rows = await connection.execute(statement)
    return {(platform, status): count for platform, status, count in rows}


async def _oldest_pending(connection: AsyncConnection, *, now: datetime) -> float:
    """Return for how long the oldest open delivery has been due; 0 where none waits."""
    oldest = select(func.min(deliveries.c.slot_at)).where(deliveries.c.status.in_(WAITING))
    due_at: datetime | None = (await connection.execute(oldest)).scalar_one()
    return _age(due_at, now) if due_at else 0.0


async def _spending(connection: AsyncConnection, *, today: date) -> list[Spent]:
    """Add up all days' spending: a handful of rows a day, kept for ever."""
    name = case((spending.c.method == RESERVED, RESERVED), else_=_method(spending.c.method))
    found = select(
        name.label("method"),
        (spending.c.day == today.isoformat()).label("is_today"),
        spending.c.summaries,
        spending.c.tokens,
        spending.c.cost_micros,
    ).subquery()
    sums = (func.sum(found.c[one]) for one in ("summaries", "tokens", "cost_micros"))
    groups = (found.c.method, found.c.is_today)
    rows = await connection.execute(select(*groups, *sums).group_by(*groups))
    return [
        # Sums of whole numbers are Decimal on Postgres.
        Spent(
            row[0],
            is_today=bool(row[1]),
            requests=int(row[2]),
            tokens=int(row[3]),
            micros=int(row[4]),
        )
        for row in rows
    ]


def _use(spent: Iterable[Spent]) -> ModelUse:
    rows = [row for row in spent if row.method != RESERVED]
    requests = Counter[str]()
    for row in rows:
        requests[row.method] += row.requests
    return ModelUse(
        requests=requests,
        tokens=sum(row.tokens for row in rows),
        cost=float(sum(row.micros for row in rows) / MICRO),
    )


async def _beats(
    connection: AsyncConnection, beats: Mapping[str, str], *, now: datetime
) -> dict[str, float]:
    statement = select(facts.c.name, facts.c.value).where(facts.c.name.in_(beats))
    times = {beats[row.name]: _time(row.value) for row in await connection.execute(statement)}
    return {process: _age(at, now) for process, at in times.items() if at is not None}


def _time(value: str) -> datetime | None:
    """Return an aware time; None for what is none."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _age(at: datetime, now: datetime) -> float:
    # Another machine's clock may be ahead of ours.
    return max((now - at).total_seconds(), 0.0)


def _listed(column: ColumnElement[str], known: Iterable[str]) -> ColumnElement[str]:
    return case((column.in_(tuple(known)), column), else_=OTHER)


def _method(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a method as one of the closed list."""
    by_model = func.substr(column, 1, len(BY_MODEL), type_=String) == BY_MODEL
    return case((column.in_(METHODS), column), (by_model, MODEL), else_=OTHER)
