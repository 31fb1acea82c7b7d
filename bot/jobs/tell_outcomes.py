"""Records what became of a delivery, and tells who subscribed where it did not arrive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Delivery, DeliveryStatus, Notice, Subscription, SubscriptionStatus
from bot.domain.retry import NextStep
from bot.platforms.messenger import Messenger
from bot.storage import corrections, deliveries, subscriptions
from bot.storage.database import Database

log = structlog.get_logger()

# The ends of a delivery that a person is told of.
TOLD = frozenset({DeliveryStatus.HELD, DeliveryStatus.UNCERTAIN, DeliveryStatus.FAILED})


async def record_outcome(
    database: Database,
    messenger: Messenger,
    delivery: Delivery,
    step: NextStep,
    *,
    now: datetime,
) -> None:
    """Record an attempt in one transaction with the pause and the notice that it leads to.

    Doing so twice is doing it once: what is already recorded of this claim stays.
    """
    if delivery.notice and step.status is DeliveryStatus.HELD:
        # A person who cannot be written to is no reason to pause a channel.
        step = replace(step, status=DeliveryStatus.FAILED)
    if step.status in TOLD and not delivery.notice:
        recorded = await _record_and_tell(database, messenger, delivery, step, now=now)
    else:
        recorded = await database.together(lambda c: deliveries.record(c, delivery, step))
    if not recorded:
        log.warning("not recorded: the claim was lost or cancelled", key=delivery.key)
        return
    say = log.info if step.problem is None else log.warning
    say("delivery", key=delivery.key, status=step.status, problem=step.problem)


async def _record_and_tell(
    database: Database,
    messenger: Messenger,
    delivery: Delivery,
    step: NextStep,
    *,
    now: datetime,
) -> bool:
    async with database.write() as connection:
        # First the subscriptions, then the deliveries: whoever pauses takes them in this order.
        there = await subscriptions.at(connection, delivery.destination)
        if not await deliveries.record(connection, delivery, step):
            return False
        if delivery.edits is not None:
            await corrections.owe(connection, delivery.edits)
        await _pause_and_tell(connection, messenger, delivery, step, there, now=now)
    return True


async def _pause_and_tell(
    connection: AsyncConnection,
    messenger: Messenger,
    delivery: Delivery,
    step: NextStep,
    there: Sequence[Subscription],
    *,
    now: datetime,
) -> None:
    problem = step.problem or ""
    if step.status is DeliveryStatus.HELD:
        await deliveries.hold(connection, delivery.destination, problem=problem)
        await subscriptions.pause_at(connection, delivery.destination, problem=problem)
        concerned = [one for one in there if one.status is SubscriptionStatus.ACTIVE]
    else:
        concerned = [one for one in there if one.id == delivery.subscription_id]
    for person, theirs in _by_person(concerned).items():
        notice = Notice(
            destination=delivery.destination,
            status=step.status,
            problem=problem,
            language=theirs[0].taste.language,
            subscriptions=tuple(one.id for one in theirs),
        )
        if payload := messenger.render_notice(notice):
            await deliveries.add_notice(
                connection,
                delivery,
                replace(delivery.destination, channel=f"@{person}"),
                payload,
                subscription_id=theirs[0].id,
                now=now,
            )


def _by_person(concerned: Sequence[Subscription]) -> dict[str, list[Subscription]]:
    people: dict[str, list[Subscription]] = {}
    for subscription in concerned:
        if subscription.created_by:
            people.setdefault(subscription.created_by, []).append(subscription)
    return people
