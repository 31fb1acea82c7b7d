"""Which days of the calendar each subscription has been told of."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.dialect import insert
from bot.storage.schema import occasions_told


async def told(
    connection: AsyncConnection, subscription_ids: Collection[int], occasions: Collection[str]
) -> set[tuple[int, str]]:
    """Return which of these subscriptions have been told of which of these occasions."""
    statement = select(occasions_told.c.subscription_id, occasions_told.c.occasion).where(
        occasions_told.c.occasion.in_(sorted(occasions))
    )
    rows = await connection.execute(statement) if occasions else ()
    wanted = set(subscription_ids)
    return {(r.subscription_id, r.occasion) for r in rows if r.subscription_id in wanted}


async def record(
    connection: AsyncConnection,
    subscription_ids: Collection[int],
    occasions: Collection[str],
    *,
    slot_at: datetime,
) -> None:
    """Remember that the subscriptions are told of these; call it where their digest is saved."""
    rows = [
        {"subscription_id": number, "occasion": occasion, "slot_at": slot_at}
        for number in sorted(subscription_ids)
        for occasion in sorted(occasions)
    ]
    if rows:
        await connection.execute(insert(connection, occasions_told).on_conflict_do_nothing(), rows)
