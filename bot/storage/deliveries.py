"""The outbox: deliveries with frozen payloads, claimed under a lease."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Delivery, DeliveryStatus, Destination, Subscription
from bot.domain.retry import NextStep
from bot.storage.schema import deliveries

# What became of these is known for good, or never will be: they are not sent again.
DONE = (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)


async def add(
    connection: AsyncConnection,
    subscription: Subscription,
    payloads: Sequence[str],
    *,
    slot_at: datetime,
    now: datetime,
) -> None:
    """Put a digest's parts into the outbox, in order."""
    for part, payload in enumerate(payloads):
        await connection.execute(
            deliveries.insert().values(
                subscription_id=subscription.id,
                key=f"{subscription.id}-{int(slot_at.timestamp())}-{part}",
                platform=subscription.destination.platform,
                workspace=subscription.destination.workspace,
                channel=subscription.destination.channel,
                slot_at=slot_at,
                part=part,
                payload=payload,
                status=DeliveryStatus.PENDING,
                attempts=0,
                next_attempt_at=now,
            )
        )


async def cancel(
    connection: AsyncConnection,
    subscription_id: int,
    *,
    platform: str,
    workspace: str,
    problem: str,
) -> None:
    """Give up what the outbox holds of a workspace's subscription, for a reason."""
    waiting = deliveries.c.status.in_([DeliveryStatus.PENDING, DeliveryStatus.SENDING])
    mine = (*_owned(platform, workspace), deliveries.c.subscription_id == subscription_id)
    await connection.execute(
        update(deliveries)
        .where(*mine, waiting)
        .values(status=DeliveryStatus.FAILED, problem=problem, leased_until=None)
    )


async def cancel_all(
    connection: AsyncConnection, *, platform: str, workspace: str, problem: str
) -> None:
    """Give up all that the outbox holds of a workspace, for a reason."""
    done = deliveries.c.status.in_(DONE)
    await connection.execute(
        update(deliveries)
        .where(*_owned(platform, workspace), ~done)
        .values(status=DeliveryStatus.FAILED, problem=problem, leased_until=None)
    )


def _owned(platform: str, workspace: str) -> tuple[ColumnElement[bool], ...]:
    return (deliveries.c.platform == platform, deliveries.c.workspace == workspace)


async def claim_due(
    connection: AsyncConnection,
    platforms: Sequence[str],
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[Delivery]:
    """Claim deliveries that are due on these platforms, the oldest first.

    A claim ends with its lease, so that a process that died keeps nothing. Of one
    destination only its first unsent delivery is claimed: order is kept.
    """
    earlier = deliveries.alias("earlier")
    waits = exists().where(
        earlier.c.platform == deliveries.c.platform,
        earlier.c.workspace == deliveries.c.workspace,
        earlier.c.channel == deliveries.c.channel,
        earlier.c.id < deliveries.c.id,
        earlier.c.status.in_([DeliveryStatus.PENDING, DeliveryStatus.SENDING]),
    )
    ripe = (
        (deliveries.c.status == DeliveryStatus.PENDING) & (deliveries.c.next_attempt_at <= now)
    ) | ((deliveries.c.status == DeliveryStatus.SENDING) & (deliveries.c.leased_until <= now))
    chosen = (
        select(deliveries)
        .where(deliveries.c.platform.in_(platforms), ripe, ~waits)
        .order_by(deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (await connection.execute(chosen)).all()
    for row in claimed:
        await _claim(connection, row, now=now, lease=lease)
    return [_delivery(row) for row in claimed]


async def _claim(
    connection: AsyncConnection, row: Row[Any], *, now: datetime, lease: timedelta
) -> None:
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.id == row.id)
        .values(
            status=DeliveryStatus.SENDING,
            attempts=row.attempts + 1,
            leased_until=now + lease,
            first_attempt_at=row.first_attempt_at or now,
        )
    )


async def record(connection: AsyncConnection, delivery: Delivery, step: NextStep) -> None:
    """Record what became of an attempt.

    One that stays ``sending`` is taken up again, to be looked for, when its wait ends.
    """
    waits = step.status is DeliveryStatus.SENDING
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id)
        .values(
            status=step.status,
            next_attempt_at=step.next_attempt_at or deliveries.c.next_attempt_at,
            leased_until=step.next_attempt_at if waits else None,
            message_id=step.message_id,
            problem=step.problem,
            attempts=delivery.attempts if step.counted else delivery.attempts - 1,
        )
    )


def _delivery(row: Row[Any]) -> Delivery:
    """Return the delivery as its claimer has it: ``attempts`` counts this attempt.

    ``status`` is what it was before the claim: ``sending`` says that a process died
    between its claim and its record, so that the message may have arrived.
    """
    return Delivery(
        id=row.id,
        key=row.key,
        destination=Destination(
            platform=row.platform, workspace=row.workspace, channel=row.channel
        ),
        slot_at=row.slot_at,
        part=row.part,
        payload=row.payload,
        status=DeliveryStatus(row.status),
        attempts=row.attempts + 1,
        next_attempt_at=row.next_attempt_at,
        leased_until=row.leased_until,
        first_attempt_at=row.first_attempt_at,
        message_id=row.message_id,
        problem=row.problem,
    )
