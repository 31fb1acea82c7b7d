"""Subscriptions, each owned by a workspace: every query of users' takes it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import (
    Destination,
    Language,
    Schedule,
    ScheduleKind,
    Subscription,
    SubscriptionStatus,
    Taste,
)
from bot.storage import installations
from bot.storage.schema import subscriptions

PRESENT = installations.is_present(subscriptions.c.platform, subscriptions.c.workspace)


async def add(
    connection: AsyncConnection,
    destination: Destination,
    taste: Taste,
    *,
    created_by: str | None,
    after: datetime,
    now: datetime,
) -> Subscription:
    """Add an active subscription, due for the slots after a moment; returns it."""
    values = {
        **asdict(destination),
        **_columns(taste),
        "status": SubscriptionStatus.ACTIVE,
        "created_by": created_by,
        "created_at": now,
        "last_slot_at": after,
    }
    statement = subscriptions.insert().values(**values).returning(subscriptions)
    return _subscription((await connection.execute(statement)).one())


async def active(connection: AsyncConnection) -> list[Subscription]:
    """Return every subscription whose digests are sent, in order of their ids.

    Not those of workspaces that have removed the bot.
    """
    statement = (
        select(subscriptions)
        .where(subscriptions.c.status == SubscriptionStatus.ACTIVE, PRESENT)
        .order_by(subscriptions.c.id)
    )
    return [_subscription(row) for row in await connection.execute(statement)]


async def of_workspace(
    connection: AsyncConnection, platform: str, workspace: str
) -> list[Subscription]:
    """Return a workspace's subscriptions, in order of their ids."""
    statement = (
        select(subscriptions)
        .where(subscriptions.c.platform == platform, subscriptions.c.workspace == workspace)
        .order_by(subscriptions.c.id)
    )
    return [_subscription(row) for row in await connection.execute(statement)]


async def get(
    connection: AsyncConnection, subscription_id: int, *, platform: str, workspace: str
) -> Subscription | None:
    """Return a workspace's subscription; None where it has none of that id."""
    statement = select(subscriptions).where(*_owned(subscription_id, platform, workspace))
    row = (await connection.execute(statement)).first()
    return _subscription(row) if row else None


async def save_taste(
    connection: AsyncConnection,
    subscription_id: int,
    taste: Taste,
    *,
    platform: str,
    workspace: str,
) -> None:
    """Change what a workspace's subscription holds and when it is due; planned slots stay so."""
    mine = _owned(subscription_id, platform, workspace)
    await connection.execute(update(subscriptions).where(*mine).values(**_columns(taste)))


async def claim_slot(
    connection: AsyncConnection, subscription: Subscription, slot_at: datetime
) -> bool:
    """Record that the slot is planned; False where another process has planned it already."""
    statement = (
        update(subscriptions)
        .where(
            subscriptions.c.id == subscription.id,
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
            subscriptions.c.last_slot_at == subscription.last_slot_at,
            PRESENT,
        )
        .values(last_slot_at=slot_at)
        .returning(subscriptions.c.id)
    )
    return (await connection.execute(statement)).first() is not None


async def save_status(
    connection: AsyncConnection,
    subscription_id: int,
    status: SubscriptionStatus,
    *,
    platform: str,
    workspace: str,
    skip_until: datetime | None = None,
) -> Subscription | None:
    """Change a workspace's subscription; None where it has none of that id.

    Slots up to ``skip_until`` are no longer due.
    """
    values: dict[str, object] = {"status": status}
    if skip_until is not None:
        later = subscriptions.c.last_slot_at > skip_until
        values["last_slot_at"] = case((later, subscriptions.c.last_slot_at), else_=skip_until)
    statement = (
        update(subscriptions)
        .where(*_owned(subscription_id, platform, workspace))
        .values(**values)
        .returning(*subscriptions.c)
    )
    row = (await connection.execute(statement)).first()
    return _subscription(row) if row else None


async def remove(
    connection: AsyncConnection, subscription_id: int, *, platform: str, workspace: str
) -> bool:
    """Remove a workspace's subscription; False where it has none of that id."""
    statement = (
        delete(subscriptions)
        .where(*_owned(subscription_id, platform, workspace))
        .returning(subscriptions.c.id)
    )
    return (await connection.execute(statement)).first() is not None


def _owned(subscription_id: int, platform: str, workspace: str) -> tuple[ColumnElement[bool], ...]:
    # An id alone is never enough: whoever forges one still names only what is their own.
    return (
        subscriptions.c.id == subscription_id,
        subscriptions.c.platform == platform,
        subscriptions.c.workspace == workspace,
    )


def _columns(taste: Taste) -> dict[str, object]:
    return {
        **asdict(taste.schedule),
        "topics": list(taste.topics),
        "language": taste.language,
        "max_stories": taste.max_stories,
    }


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        destination=Destination(
            platform=row.platform, workspace=row.workspace, channel=row.channel
        ),
        taste=_taste(row),
        status=SubscriptionStatus(row.status),
        created_at=row.created_at,
        created_by=row.created_by,
        last_slot_at=row.last_slot_at,
    )


def _taste(row: Row[Any]) -> Taste:
    return Taste(
        topics=tuple(row.topics),
        schedule=Schedule(
            kind=ScheduleKind(row.kind),
            hour=row.hour,
            minute=row.minute,
            weekday=row.weekday,
            zone=row.zone,
        ),
        language=Language(row.language),
        max_stories=row.max_stories,
    )
