"""What looks wrong in the database, for ``doctor``. Changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, and_, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import DeliveryStatus
from bot.storage.schema import deliveries, metadata, readings, stories

# A lease that ended longer ago would have been taken up by any process that sends.
STUCK_AFTER = timedelta(minutes=10)

# Causes of one kind; further ones are of no help to a reader.
MOST_CAUSES = 10

UNTROUBLED = (DeliveryStatus.SENT, DeliveryStatus.PENDING, DeliveryStatus.SENDING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Troubled:
    """Deliveries of one status and cause: how many, and the newest one's slot."""

    status: str
    problem: str
    count: int
    newest_slot_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Stuck:
    """Claims whose leases ended long ago, and since when the oldest of them waits."""

    count: int
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphans:
    """Rows of a table whose counterpart in another is gone."""

    table: str
    missing: str
    count: int


async def stuck(connection: AsyncConnection, *, now: datetime) -> Stuck | None:
    """Return claims that nobody takes up; None where there are none."""
    waits = (
        deliveries.c.status == DeliveryStatus.SENDING,
        deliveries.c.leased_until < now - STUCK_AFTER,
    )
    found = select(func.count(), func.min(deliveries.c.leased_until)).where(*waits)
    count, since = (await connection.execute(found)).one()
    return Stuck(count=count, since=since) if count else None


async def troubled(connection: AsyncConnection, *, since: datetime) -> list[Troubled]:
    """Return what became of deliveries that did not simply arrive, by cause, newest first."""
    newest = func.max(deliveries.c.slot_at)
    statement = (
        select(deliveries.c.status, deliveries.c.problem, func.count(), newest)
        .where(deliveries.c.slot_at >= since, deliveries.c.status.not_in(UNTROUBLED))
        .group_by(deliveries.c.status, deliveries.c.problem)
        .order_by(newest.desc())
        .limit(MOST_CAUSES)
    )
    return [
        Troubled(status=status, problem=problem or "", count=count, newest_slot_at=at)
        for status, problem, count, at in await connection.execute(statement)
    ]


async def orphans(connection: AsyncConnection) -> list[Orphans]:
    """Return rows whose counterparts are gone: the database was changed from outside."""
    found = []
    for key in foreign_keys():
        table, target = key.parent.table, key.column.table
        rows = select(func.count()).select_from(table).where(is_orphan(key))
        lost: int = (await connection.execute(rows)).scalar_one()
        if lost:
            found.append(Orphans(table=table.name, missing=target.name, count=lost))
    nothing = select(func.count()).select_from(stories).where(is_empty_story())
    empty = (await connection.execute(nothing)).scalar_one()
    if empty:
        found.append(Orphans(table=stories.name, missing=readings.name, count=empty))
    return found


async def server_time(connection: AsyncConnection) -> datetime | None:
    """Return the time by the database server's clock; None for SQLite, which has none."""
    if connection.dialect.name != "postgresql":
        return None
    time: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return time


def foreign_keys() -> Iterator[ForeignKey]:
    """Yield every foreign key, those of the tables that others need first."""
    for table in metadata.sorted_tables:
        yield from sorted(table.foreign_keys, key=lambda key: key.parent.name)


def is_orphan(key: ForeignKey) -> ColumnElement[bool]:
    """Return the condition that a row names a counterpart that is not there."""
    target = key.column.table.alias("target")
    there = exists().where(target.c[key.column.name] == key.parent)
    return and_(key.parent.is_not(None), ~there)


def is_empty_story() -> ColumnElement[bool]:
    """Return the condition that no entry is in a story, and that no merge has to do with it."""
    other = stories.alias("other")
    held = exists().where(readings.c.story_id == stories.c.id)
    leads_here = exists().where(other.c.merged_into == stories.c.id)
    alone = stories.c.peripheral
    return and_(stories.c.merged_into.is_(None), ~alone, ~held, ~leads_here)
