"""Sends what is in the outbox: claim, send, record. Each can die and be started again."""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot.domain.model import Delivery, DeliveryStatus, SendOutcome, Unreachable
from bot.domain.retry import LEASE, NextStep, next_step
from bot.platforms.messenger import Messenger
from bot.storage import deliveries
from bot.storage.database import Database

log = structlog.get_logger()

# One by one: whatever dies leaves at most one delivery of which it must be asked.
BATCH = 1


async def send_deliveries(
    *, database: Database, messengers: Mapping[str, Messenger], clock: Callable[[], datetime]
) -> int:
    """Send every delivery that is due; returns how many attempts were made."""
    attempts = 0
    while claimed := await _claim(database, messengers, now=clock()):
        for delivery in claimed:
            messenger = messengers[delivery.destination.platform]
            await _record(database, delivery, await _attempt(messenger, delivery, clock))
        attempts += len(claimed)
    return attempts


async def _claim(
    database: Database, messengers: Mapping[str, Messenger], *, now: datetime
) -> list[Delivery]:
    ready = [name for name, messenger in messengers.items() if messenger.ready]
    async with database.write() as connection:
        return await deliveries.claim_due(connection, ready, now=now, lease=LEASE, limit=BATCH)


async def _attempt(
    messenger: Messenger, delivery: Delivery, clock: Callable[[], datetime]
) -> NextStep:
    """Send, unless an attempt that was never recorded has or may have arrived."""
    outcome: SendOutcome
    if delivery.status is DeliveryStatus.SENDING:
        outcome = await messenger.find(delivery)
        if not isinstance(outcome, Unreachable):
            return next_step(outcome, attempts=delivery.attempts, now=clock())
    outcome = await messenger.send(delivery)
    return next_step(outcome, attempts=delivery.attempts, now=clock())


async def _record(database: Database, delivery: Delivery, step: NextStep) -> None:
    async with database.write() as connection:
        await deliveries.record(connection, delivery, step)
    say = log.info if step.problem is None else log.warning
    say("delivery", key=delivery.key, status=step.status, problem=step.problem)
