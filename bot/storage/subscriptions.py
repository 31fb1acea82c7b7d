"""Subscriptions, each owned by a workspace: every query of users' takes it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import (
    Destination,
    Language,
    Schedule,
    Subscription,
    SubscriptionStatus,
    Taste,
)
from bot.domain.planning import CLOCK_SKEW, Plan
from bot.domain.schedule import parse_rule, write_rule
from bot.storage import installations, tastes
from bot.storage.schema import subscriptions

# Rows that refer to a subscription may be added meanwhile: a merge of stories, which holds what
# a writer of digests waits for, adds to ``broken``, and each would wait for the other for ever.
WITHOUT_KEY = True

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


async def told_at_once(
    connection: AsyncConnection, platforms: Collection[str]
) -> list[Subscription]:
    """Return the active subscriptions on these platforms that are told what breaks."""
    statement = (
        select(subscriptions)
        .where(
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
            subscriptions.c.breaking,
            PRESENT,
            subscriptions.c.platform.in_(platforms),
        )
        .order_by(subscriptions.c.id)
    )
    return [_subscription(row) for row in await connection.execute(statement)]


async def everyone(connection: AsyncConnection) -> list[Subscription]:
    """Return every workspace's subscriptions, for who runs the instance."""
    statement = select(subscriptions).order_by(subscriptions.c.id)
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


async def due(
    connection: AsyncConnection,
    platforms: Collection[str],
    *,
    until: datetime,
    after_id: int = 0,
    limit: int,
) -> list[Subscription]:
    """Return active subscriptions on these platforms whose slots are to be looked at.

    In order of their ids, those after ``after_id``. Those that were settled by a clock that
    was ahead are among them.
    """
    ripe = (
        subscriptions.c.due_at.is_(None)
        | (subscriptions.c.due_at <= until)
        | (subscriptions.c.last_slot_at > until + CLOCK_SKEW)
    )
    statement = (
        select(subscriptions)
        .where(
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
            PRESENT,
            subscriptions.c.platform.in_(platforms),
            subscriptions.c.id > after_id,
            ripe,
        )
        .order_by(subscriptions.c.id)
        .limit(limit)
    )
    return [_subscription(row) for row in await connection.execute(statement)]


async def next_due_at(
    connection: AsyncConnection, platforms: Collection[str], *, after: datetime
) -> datetime | None:
    """Return the first moment after another at which slots are to be looked at."""
    statement = select(func.min(subscriptions.c.due_at)).where(
        subscriptions.c.status == SubscriptionStatus.ACTIVE,
        subscriptions.c.platform.in_(platforms),
        subscriptions.c.due_at > after,
    )
    found: datetime | None = (await connection.execute(statement)).scalar()
    return found


async def look_again(connection: AsyncConnection) -> None:
    """Let all slots be worked out anew: zones' rules may have changed since."""
    await connection.execute(update(subscriptions).values(due_at=None))


async def lock(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Subscription]:
    """Return subscriptions as they are now; nobody else changes them before the commit."""
    statement = (
        select(subscriptions)
        .where(
            subscriptions.c.id.in_(ids),
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
            PRESENT,
        )
        .order_by(subscriptions.c.id)
        .with_for_update(key_share=WITHOUT_KEY)
    )
    rows = await connection.execute(statement)
    return {row.id: _subscription(row) for row in rows}


async def settle(
    connection: AsyncConnection, plans: Mapping[int, Plan], *, covered_until: datetime
) -> None:
    """Save that the planned slots of subscriptions (by their ids) are told or skipped."""
    next_ones = [{"this": number, "next_at": plan.next_at} for number, plan in plans.items()]
    told = [
        {"this": number, "told_at": plan.tell.slot_at}
        for number, plan in plans.items()
        if plan.tell is not None
    ]
    one = update(subscriptions).where(subscriptions.c.id == bindparam("this"))
    if next_ones:
        await connection.execute(one.values(due_at=bindparam("next_at")), next_ones)
    if told:
        values = {"owed_slot_at": None, "covered_until": covered_until}
        await connection.execute(
            one.values(last_slot_at=bindparam("told_at"), **values),
            told,
        )


async def save_change(connection: AsyncConnection, changed: Subscription) -> None:
    """Save what a subscription holds and when it is due (see ``planning.change_taste``)."""
    await connection.execute(
        update(subscriptions)
        .where(*_owned(changed.id, changed.destination.platform, changed.destination.workspace))
        .values(
            **_columns(changed.taste),
            last_slot_at=changed.last_slot_at,
            owed_slot_at=changed.owed_slot_at,
            due_at=None,
        )
    )


async def get(
    connection: AsyncConnection, subscription_id: int, *, platform: str, workspace: str
) -> Subscription | None:
    """Return a workspace's subscription; None where it has none of that id."""
    statement = select(subscriptions).where(*_owned(subscription_id, platform, workspace))
    row = (await connection.execute(statement)).first()
    return _subscription(row) if row else None


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

    Slots up to ``skip_until`` are no longer due, nor what was published until then. Why the
    bot paused it is forgotten.
    """
    values: dict[str, object] = {"status": status, "due_at": None, "problem": None}
    if skip_until is not None:
        values |= {"last_slot_at": skip_until, "owed_slot_at": None, "covered_until": None}
    statement = (
        update(subscriptions)
        .where(*_owned(subscription_id, platform, workspace))
        .values(**values)
        .returning(*subscriptions.c)
    )
    row = (await connection.execute(statement)).first()
    return _subscription(row) if row else None


async def at(connection: AsyncConnection, destination: Destination) -> list[Subscription]:
    """Return a destination's subscriptions, kept from others' changes until the end."""
    statement = (
        select(subscriptions)
        .where(*_of(destination))
        .order_by(subscriptions.c.id)
        .with_for_update(key_share=WITHOUT_KEY)
    )
    return [_subscription(row) for row in await connection.execute(statement)]


async def pause_at(connection: AsyncConnection, destination: Destination, *, problem: str) -> None:
    """Pause a destination's active subscriptions for a problem that a person has to mend."""
    active_there = (*_of(destination), subscriptions.c.status == SubscriptionStatus.ACTIVE)
    await connection.execute(
        update(subscriptions)
        .where(*active_there)
        .values(status=SubscriptionStatus.PAUSED, problem=problem)
    )


async def blocked(connection: AsyncConnection) -> list[Subscription]:
    """Return the subscriptions that the bot paused itself, in order of their ids."""
    statement = (
        select(subscriptions)
        .where(
            subscriptions.c.status == SubscriptionStatus.PAUSED,
            subscriptions.c.problem.is_not(None),
        )
        .order_by(subscriptions.c.id)
    )
    return [_subscription(row) for row in await connection.execute(statement)]


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


def _of(destination: Destination) -> tuple[ColumnElement[bool], ...]:
    return tuple(subscriptions.c[name] == value for name, value in asdict(destination).items())


def _owned(subscription_id: int, platform: str, workspace: str) -> tuple[ColumnElement[bool], ...]:
    # An id alone is never enough: whoever forges one still names only what is their own.
    return (
        subscriptions.c.id == subscription_id,
        subscriptions.c.platform == platform,
        subscriptions.c.workspace == workspace,
    )


def _columns(taste: Taste) -> dict[str, object]:
    return {
        "schedule": write_rule(taste.schedule.rule),
        "zone": taste.schedule.zone,
        "topics": list(taste.topics),
        "language": taste.language,
        "max_stories": taste.max_stories,
        "taste": tastes.dump(taste),
        "breaking": taste.breaking is not None,
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
        owed_slot_at=row.owed_slot_at,
        covered_until=row.covered_until,
        problem=row.problem,
    )


def _taste(row: Row[Any]) -> Taste:
    return Taste(
        topics=tuple(row.topics),
        schedule=Schedule(rule=parse_rule(row.schedule), zone=row.zone),
        language=Language(row.language),
        max_stories=row.max_stories,
        **tastes.load(row.taste),
    )
