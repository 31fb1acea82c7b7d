"""The outbox: deliveries with frozen payloads, claimed under a lease."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Delivery, DeliveryStatus, Destination, Subscription
from bot.domain.retry import KEPT_WHILE_HELD, NextStep
from bot.storage.dialect import insert
from bot.storage.schema import deliveries

# Two instances may post through one bot or to one webhook: their keys must not meet.
KEY_BYTES = 4

OPEN = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
LATE = "Its destination was mended too late for this digest."
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
    await add_for(connection, [subscription], payloads, slot_at=slot_at, now=now)


async def add_for(
    connection: AsyncConnection,
    subscriptions: Sequence[Subscription],
    payloads: Sequence[str],
    *,
    slot_at: datetime,
    now: datetime,
) -> None:
    """Put a digest's parts into the outbox for each of the subscriptions, in order."""
    rows = [
        {
            **_to(subscription.destination),
            "subscription_id": subscription.id,
            "key": f"{_slot_key(subscription, slot_at)}-{part}-{secrets.token_hex(KEY_BYTES)}",
            "slot_at": slot_at,
            "part": part,
            "payload": payload,
            "status": DeliveryStatus.PENDING,
            "attempts": 0,
            "next_attempt_at": now,
        }
        for subscription in subscriptions
        for part, payload in enumerate(payloads)
    ]
    if rows:
        await connection.execute(deliveries.insert(), rows)


def _slot_key(subscription: Subscription, slot_at: datetime) -> str:
    return f"{subscription.id}-{int(slot_at.timestamp())}"


async def add_notice(
    connection: AsyncConnection,
    about: Delivery,
    destination: Destination,
    payload: str,
    *,
    subscription_id: int,
    now: datetime,
) -> None:
    """Put a notice about a delivery into the outbox, once for each person."""
    notice = insert(connection, deliveries).values(
        **_to(destination),
        subscription_id=subscription_id,
        key=f"{about.key}-{about.claim}{destination.channel}",
        slot_at=now,
        # Digests count their parts from 0: a notice is never taken for one of a slot.
        part=-about.id,
        payload=payload,
        status=DeliveryStatus.PENDING,
        attempts=0,
        next_attempt_at=now,
        notice=True,
    )
    await connection.execute(notice.on_conflict_do_nothing())


async def parts_of(
    connection: AsyncConnection, subscription_id: int, slot_at: datetime
) -> list[Delivery]:
    """Return the parts of a slot's digests, in order."""
    mine = (
        deliveries.c.subscription_id == subscription_id,
        deliveries.c.slot_at == slot_at,
        ~deliveries.c.notice,
    )
    rows = await connection.execute(select(deliveries).where(*mine).order_by(deliveries.c.part))
    return [_delivery(row) for row in rows]


async def replace_payload(connection: AsyncConnection, delivery: Delivery, payload: str) -> bool:
    """Put a corrected message in the place of one; tells whether it was not yet sent."""
    waits = deliveries.c.status.in_([DeliveryStatus.PENDING, DeliveryStatus.HELD])
    change = update(deliveries).where(deliveries.c.id == delivery.id).values(payload=payload)
    unsent = await connection.execute(change.where(waits).returning(deliveries.c.id))
    if unsent.first() is not None:
        return True
    await connection.execute(change)
    return False


async def add_edit(
    connection: AsyncConnection, about: Delivery, payload: str, *, now: datetime
) -> None:
    """Put the corrected message of a delivery into the outbox, to replace the one posted."""
    edit = insert(connection, deliveries).values(
        **_to(about.destination),
        subscription_id=about.subscription_id,
        key=f"edit-{about.id}-{secrets.token_hex(KEY_BYTES)}",
        slot_at=now,
        # Digests count their parts from 0, notices have their delivery's id: see add_notice.
        part=-about.id,
        payload=payload,
        status=DeliveryStatus.PENDING,
        attempts=0,
        next_attempt_at=now,
        # What became of an edit is no digest's fate, of which people are told.
        notice=True,
        edits=about.id,
    )
    # One that was made at this very moment is replaced: the newer words stand.
    newer = {"payload": payload, "status": DeliveryStatus.PENDING, "next_attempt_at": now}
    slot = [deliveries.c.subscription_id, deliveries.c.slot_at, deliveries.c.part]
    await connection.execute(edit.on_conflict_do_update(index_elements=slot, set_=newer))


async def cancel(
    connection: AsyncConnection,
    subscription_id: int,
    *,
    platform: str,
    workspace: str,
    problem: str,
) -> None:
    """Give up what the outbox holds of a workspace's subscription, for a reason."""
    waiting = deliveries.c.status.in_([*OPEN, DeliveryStatus.HELD])
    mine = (*_owned(platform, workspace), deliveries.c.subscription_id == subscription_id)
    await connection.execute(
        update(deliveries)
        .where(*mine, waiting, ~deliveries.c.notice)
        .values(status=DeliveryStatus.FAILED, problem=problem, leased_until=None)
    )


async def hold(connection: AsyncConnection, destination: Destination, *, problem: str) -> None:
    """Hold what waits for a destination until it is mended."""
    await connection.execute(
        update(deliveries)
        .where(*_at(destination), deliveries.c.status == DeliveryStatus.PENDING)
        .values(status=DeliveryStatus.HELD, problem=problem)
    )


async def release(connection: AsyncConnection, subscription_id: int, *, now: datetime) -> None:
    """Send what was held of a subscription after all, where it is not too late for it."""
    held = (
        deliveries.c.subscription_id == subscription_id,
        deliveries.c.status == DeliveryStatus.HELD,
    )
    late = deliveries.c.slot_at <= now - KEPT_WHILE_HELD
    given_up = {"status": DeliveryStatus.FAILED, "problem": LATE}
    due = {"status": DeliveryStatus.PENDING, "problem": None, "next_attempt_at": now}
    await connection.execute(update(deliveries).where(*held, late).values(given_up))
    await connection.execute(update(deliveries).where(*held).values(due))


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
    destination only its first unsent delivery is claimed: order is kept. What another
    process is about to claim is passed over (SQLite has one writer at a time instead).
    """
    earlier = deliveries.alias("earlier")
    waits = exists().where(
        earlier.c.platform == deliveries.c.platform,
        earlier.c.workspace == deliveries.c.workspace,
        earlier.c.channel == deliveries.c.channel,
        earlier.c.id < deliveries.c.id,
        earlier.c.status.in_(OPEN),
    )
    ripe = (
        (deliveries.c.status == DeliveryStatus.PENDING) & (deliveries.c.next_attempt_at <= now)
    ) | ((deliveries.c.status == DeliveryStatus.SENDING) & (deliveries.c.leased_until <= now))
    chosen = (
        select(deliveries)
        .where(deliveries.c.status.in_(OPEN), deliveries.c.platform.in_(platforms), ripe, ~waits)
        .order_by(deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(chosen)).all()
    if rows:
        await _claim(connection, [row.id for row in rows], now=now, lease=lease)
    targets = await _targets(connection, [row.edits for row in rows if row.edits is not None])
    claimed = [_claimed(row, now=now, lease=lease) for row in rows]
    return [targets.get(one.edits, replace)(one) if one.edits else one for one in claimed]


async def _targets(
    connection: AsyncConnection, ids: Sequence[int]
) -> dict[int | None, Callable[[Delivery], Delivery]]:
    """Return for each delivery that is edited what gives its editor its message and its key."""
    statement = select(deliveries.c.id, deliveries.c.key, deliveries.c.message_id)
    rows = await connection.execute(statement.where(deliveries.c.id.in_(ids))) if ids else ()
    return {row.id: partial(replace, key=row.key, message_id=row.message_id) for row in rows}


async def _claim(
    connection: AsyncConnection, ids: Sequence[int], *, now: datetime, lease: timedelta
) -> None:
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(
            status=DeliveryStatus.SENDING,
            attempts=deliveries.c.attempts + 1,
            claims=deliveries.c.claims + 1,
            leased_until=now + lease,
            first_attempt_at=func.coalesce(deliveries.c.first_attempt_at, now),
        )
    )


async def renew(
    connection: AsyncConnection, delivery: Delivery, *, now: datetime, lease: timedelta
) -> bool:
    """Begin the claim's lease anew; False where the claim is another process's by now."""
    statement = (
        update(deliveries)
        .where(*_held_by(delivery), deliveries.c.status == DeliveryStatus.SENDING)
        .values(leased_until=now + lease)
        .returning(deliveries.c.id)
    )
    return (await connection.execute(statement)).first() is not None


async def record(connection: AsyncConnection, delivery: Delivery, step: NextStep) -> bool:
    """Record what became of an attempt; False where the claim is another process's by now.

    One that stays ``sending`` is taken up again, to be looked for, when its wait ends. One
    that was cancelled meanwhile stays so, unless it has arrived.
    """
    waits = step.status is DeliveryStatus.SENDING
    arrived = step.status is DeliveryStatus.SENT
    own = _held_by(delivery)
    statement = (
        update(deliveries)
        .where(*(own if arrived else (*own, deliveries.c.status == DeliveryStatus.SENDING)))
        .values(
            status=step.status,
            next_attempt_at=step.next_attempt_at or deliveries.c.next_attempt_at,
            leased_until=step.next_attempt_at if waits else None,
            message_id=step.message_id,
            problem=step.problem,
            attempts=delivery.attempts if step.counted else delivery.attempts - 1,
        )
        .returning(deliveries.c.id)
    )
    return (await connection.execute(statement)).first() is not None


def _held_by(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return (deliveries.c.id == delivery.id, deliveries.c.claims == delivery.claim)


def _at(destination: Destination) -> tuple[ColumnElement[bool], ...]:
    return tuple(deliveries.c[name] == value for name, value in _to(destination).items())


def _to(destination: Destination) -> dict[str, str]:
    return {
        "platform": destination.platform,
        "workspace": destination.workspace,
        "channel": destination.channel,
    }


def _claimed(row: Row[Any], *, now: datetime, lease: timedelta) -> Delivery:
    """Return the delivery as its claimer has it: ``attempts`` counts this attempt.

    ``status`` is what it was before the claim: ``sending`` says that a process died
    between its claim and its record, so that the message may have arrived.
    """
    before = _delivery(row)
    return replace(
        before,
        attempts=before.attempts + 1,
        claim=before.claim + 1,
        leased_until=now + lease,
        first_attempt_at=before.first_attempt_at or now,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        subscription_id=row.subscription_id,
        key=row.key,
        destination=Destination(
            platform=row.platform, workspace=row.workspace, channel=row.channel
        ),
        slot_at=row.slot_at,
        part=row.part,
        payload=row.payload,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        leased_until=row.leased_until,
        first_attempt_at=row.first_attempt_at,
        message_id=row.message_id,
        problem=row.problem,
        claim=row.claims,
        notice=row.notice,
        edits=row.edits,
    )
