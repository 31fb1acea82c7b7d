"""What became of each slot: told on time, told late, or skipped. No slot is told twice."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Slot, SlotStatus
from bot.domain.planning import CLOCK_SKEW
from bot.storage.dialect import insert
from bot.storage.schema import slots, subscriptions

# Rows of one statement; each has five parameters, of which SQLite takes 32,766.
BATCH = 1_000


async def record(
    connection: AsyncConnection, found: Iterable[tuple[int, Slot]], *, now: datetime
) -> set[tuple[int, datetime]]:
    """Record slots of subscriptions (by their ids); return those that were not known yet."""
    rows = [
        {
            "subscription_id": number,
            "slot_at": slot.slot_at,
            "status": slot.status,
            "reason": slot.reason,
            "recorded_at": now,
        }
        for number, slot in found
    ]
    new: set[tuple[int, datetime]] = set()
    for start in range(0, len(rows), BATCH):
        statement = (
            insert(connection, slots)
            .values(rows[start : start + BATCH])
            .on_conflict_do_nothing()
            .returning(slots.c.subscription_id, slots.c.slot_at)
        )
        new |= {(row.subscription_id, row.slot_at) for row in await connection.execute(statement)}
    return new


async def of_subscription(
    connection: AsyncConnection, subscription_id: int, *, limit: int
) -> list[Slot]:
    """Return what became of a subscription's slots, the latest first."""
    statement = (
        select(slots.c.slot_at, slots.c.status, slots.c.reason)
        .where(slots.c.subscription_id == subscription_id)
        .order_by(slots.c.slot_at.desc())
        .limit(limit)
    )
    return [
        Slot(slot_at=row.slot_at, status=SlotStatus(row.status), reason=row.reason)
        for row in await connection.execute(statement)
    ]


async def take_back(connection: AsyncConnection, *, now: datetime) -> int:
    """Take back what was settled by a clock that was ahead; returns for how many.

    Slots that it skipped, or that are yet to come, are due again. Those that it told stay
    told. Without this a subscription would be silent until the wrong clock's date.
    """
    ahead = now + CLOCK_SKEW
    found = select(subscriptions.c.id, subscriptions.c.last_slot_at).where(
        subscriptions.c.last_slot_at > ahead
    )
    hasty = {row.id: row.last_slot_at for row in await connection.execute(found)}
    for number, last_slot_at in hasty.items():
        settled_at = await _settled_before(connection, number, last_slot_at, now=now)
        await _reset(connection, number, settled_at, now=now)
    return len(hasty)


async def _settled_before(
    connection: AsyncConnection, number: int, last_slot_at: datetime, *, now: datetime
) -> datetime:
    """Return the last slot that was truly told, or now where the wrong time is not a slot's.

    A subscription that was made, resumed or changed at a wrong time begins now.
    """
    told = select(slots.c.slot_at).where(
        slots.c.subscription_id == number, slots.c.status != SlotStatus.SKIPPED
    )
    if (await connection.execute(told.where(slots.c.slot_at == last_slot_at))).first() is None:
        return now
    before = select(func.max(slots.c.slot_at)).where(
        slots.c.subscription_id == number,
        slots.c.status != SlotStatus.SKIPPED,
        slots.c.slot_at <= now,
    )
    found: datetime | None = (await connection.execute(before)).scalar()
    return found or now


async def _reset(
    connection: AsyncConnection, number: int, settled_at: datetime, *, now: datetime
) -> None:
    await connection.execute(
        delete(slots).where(
            slots.c.subscription_id == number,
            slots.c.status == SlotStatus.SKIPPED,
            (slots.c.slot_at > now) | (slots.c.recorded_at > now + CLOCK_SKEW),
        )
    )
    await connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == number)
        .values(last_slot_at=settled_at, covered_until=None, due_at=None)
    )
