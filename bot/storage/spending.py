"""What models were paid for, by day (UTC) and by how the summaries came to be."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.spending import Budget, Reservation, Spending
from bot.storage.database import Database
from bot.storage.dialect import insert
from bot.storage.schema import spending

# What requests that still run may use at most. One that dies keeps its share until the day ends.
RESERVED = "reserved"
# How a summary comes to be whose request the budget refused.
REFUSED = "extractive:budget"
# Money is kept in millionths, as whole numbers: sums of fractions drift.
MICRO = Decimal(1_000_000)


class StoredLedger:
    """Keeps the day's spending in the database, for all processes together."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Count into the day that the clock (aware UTC) says."""
        self._database = database
        self._clock = clock

    async def reserve(self, most: Spending, budget: Budget) -> Reservation | None:
        """Set a request's most aside; None where the day's budget does not allow it."""
        day = self._clock().date()
        async with self._database.write() as connection:
            # First the row that all requests write, so that two of them cannot both see room.
            await _add(connection, day, RESERVED, most)
            allowed = budget.holds(await spent_on(connection, day))
            if not allowed:
                await _add(connection, day, RESERVED, -most)
                await _add(connection, day, REFUSED, Spending(), summaries=1)
        return Reservation(day=day, most=most) if allowed else None

    async def settle(self, reserved: Reservation, spent: Spending, method: str) -> None:
        """Put what was really spent in place of what was set aside, and count the method."""
        async with self._database.write() as connection:
            await _add(connection, reserved.day, RESERVED, -reserved.most)
            await _add(connection, reserved.day, method, spent, summaries=1)


async def spent_on(connection: AsyncConnection, day: date) -> Spending:
    """Return what was spent on a day, with what is set aside."""
    sums = (func.sum(spending.c.tokens), func.sum(spending.c.cost_micros))
    row = (await connection.execute(select(*sums).where(_on(day)))).one()
    return Spending(tokens=int(row[0] or 0), cost=Decimal(int(row[1] or 0)) / MICRO)


async def methods_on(connection: AsyncConnection, day: date) -> dict[str, int]:
    """Return how many summaries came to be in which way on a day."""
    statement = select(spending.c.method, spending.c.summaries).where(
        _on(day), spending.c.method != RESERVED
    )
    return {row.method: row.summaries for row in await connection.execute(statement)}


async def _add(
    connection: AsyncConnection, day: date, method: str, more: Spending, *, summaries: int = 0
) -> None:
    values = {
        "summaries": summaries,
        "tokens": more.tokens,
        "cost_micros": int(more.cost * MICRO),
    }
    row = {"day": day.isoformat(), "method": method}
    await connection.execute(
        insert(connection, spending)
        .values(**row, **dict.fromkeys(values, 0))
        .on_conflict_do_nothing()
    )
    added = {name: spending.c[name] + value for name, value in values.items()}
    await connection.execute(
        update(spending).where(_on(day), spending.c.method == method).values(**added)
    )


def _on(day: date) -> ColumnElement[bool]:
    return spending.c.day == day.isoformat()
