"""Corrections: the record of each, whom it concerns, and who is still to be told."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.corrections import Correction, CorrectionKind
from bot.storage.dialect import insert
from bot.storage.schema import correction_notices, corrections

COLUMNS = tuple(corrections.c[field.name] for field in fields(Correction))

# Posted digests are looked through at once, and once more after this: a digest that was being
# written meanwhile, without the correction, is saved well within it.
SECOND_ROUND = timedelta(minutes=2)
ROUNDS = 2


async def add(connection: AsyncConnection, made: Correction) -> int:
    """Record a correction; returns its id."""
    values = {c.name: getattr(made, c.name) for c in COLUMNS if c.name != "id"}
    inserted = corrections.insert().values(**values).returning(corrections.c.id)
    return int((await connection.execute(inserted)).scalar_one())


async def of_stories(
    connection: AsyncConnection, story_ids: Collection[int]
) -> dict[int, tuple[Correction, ...]]:
    """Return the corrections of each of these stories that has any, in order."""
    statement = select(*COLUMNS).where(corrections.c.story_id.in_(sorted(story_ids)))
    found: dict[int, tuple[Correction, ...]] = {}
    for row in await connection.execute(statement.order_by(corrections.c.id)):
        found[row.story_id] = (*found.get(row.story_id, ()), _correction(row))
    return found


async def newest(
    connection: AsyncConnection, *, limit: int, story_id: int | None = None
) -> list[Correction]:
    """Return the corrections, of one story or of all, the newest first."""
    statement = select(*COLUMNS).order_by(corrections.c.id.desc()).limit(limit)
    if story_id is not None:
        statement = statement.where(corrections.c.story_id == story_id)
    return [_correction(row) for row in await connection.execute(statement)]


async def to_spread(connection: AsyncConnection, *, now: datetime) -> list[Correction]:
    """Return the corrections for which posted digests are to be looked through now."""
    settled = corrections.c.made_at <= now - SECOND_ROUND
    due = (corrections.c.rounds == 0) | ((corrections.c.rounds < ROUNDS) & settled)
    statement = select(*COLUMNS).where(due).order_by(corrections.c.id)
    return [_correction(row) for row in await connection.execute(statement)]


async def count_round(connection: AsyncConnection, made: Iterable[Correction]) -> None:
    """Remember that posted digests have been looked through once more."""
    statement = update(corrections).where(corrections.c.id.in_([one.id for one in made]))
    await connection.execute(statement.values(rounds=corrections.c.rounds + 1))


async def add_notice(
    connection: AsyncConnection,
    correction_id: int,
    delivery_id: int,
    *,
    subscription_id: int,
    headline: str,
    owed: bool,
) -> None:
    """Remember that a delivery told what was corrected; ``owed``: it cannot be edited."""
    statement = insert(connection, correction_notices).values(
        correction_id=correction_id,
        delivery_id=delivery_id,
        subscription_id=subscription_id,
        headline=headline,
        owed=owed,
    )
    await connection.execute(statement.on_conflict_do_nothing())


async def owe(connection: AsyncConnection, delivery_id: int) -> None:
    """Let the next digest tell what a message that was to be edited could not."""
    mine = correction_notices.c.delivery_id == delivery_id
    await connection.execute(update(correction_notices).where(mine).values(owed=True))


async def owed(
    connection: AsyncConnection, subscription_ids: Collection[int]
) -> dict[int, dict[int, str]]:
    """Return what each subscription is still to be told: correction id → headline as told."""
    statement = select(correction_notices).where(
        correction_notices.c.owed, correction_notices.c.told_at.is_(None)
    )
    wanted, found = set(subscription_ids), dict[int, dict[int, str]]()
    for row in await connection.execute(statement.order_by(correction_notices.c.correction_id)):
        if row.subscription_id in wanted:
            found.setdefault(row.subscription_id, {}).setdefault(row.correction_id, row.headline)
    return found


async def mark_told(
    connection: AsyncConnection,
    subscription_ids: Collection[int],
    correction_ids: Collection[int],
    *,
    now: datetime,
) -> None:
    """Remember that a digest tells the subscriptions of these corrections."""
    mine = (
        correction_notices.c.subscription_id.in_(sorted(subscription_ids)),
        correction_notices.c.correction_id.in_(sorted(correction_ids)),
    )
    if correction_ids:
        await connection.execute(update(correction_notices).where(*mine).values(told_at=now))


async def get(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Correction]:
    """Return the corrections of these ids."""
    statement = select(*COLUMNS).where(corrections.c.id.in_(ids))
    return {row.id: _correction(row) for row in await connection.execute(statement)}


async def count(connection: AsyncConnection) -> int:
    """Return how many corrections there are."""
    statement = select(func.count()).select_from(corrections)
    return int((await connection.execute(statement)).scalar_one())


def _correction(row: Row[Any]) -> Correction:
    return Correction(**{**row._mapping, "kind": CorrectionKind(row.kind)})
