"""Sends what is in the outbox: claim, send, record. Each can die and be started again."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import stamina
import structlog

from bot.domain.errors import StorageError
from bot.domain.model import (
    Delivery,
    DeliveryStatus,
    RateLimited,
    Rejected,
    SendOutcome,
    Unknown,
    Unreachable,
)
from bot.domain.retry import FRESH_CLAIM, LEASE, SHORTEST_WAIT, next_step
from bot.jobs.tell_outcomes import record_outcome
from bot.platforms.claims import TooLateError, sending_while
from bot.platforms.messenger import Editor, Messenger
from bot.storage import deliveries
from bot.storage.database import Database

log = structlog.get_logger()

Clock = Callable[[], datetime]

# Messages under way at once, each to another destination. A send waits for the network for
# most of its time: with 0.2 s each this is 80 a second, above every platform's allowance
# (Discord's 50 a second for one bot), and what a death leaves to be looked for stays few.
AT_ONCE = 16

# A claim looks through all that waits: it is made for several at once.
CLAIMED_AT_ONCE = 8

# How long what has just become due waits while slow sends are under way.
PATIENCE = timedelta(seconds=1)

# What was sent must be recorded: within a claim's lease a database may come back.
RECORD_ATTEMPTS = 8
RECORD_PATIENCE = timedelta(seconds=60)


class DeliverySender:
    """Sends one platform's deliveries: side by side, but one after the other to a destination.

    ``chance`` returns numbers in 0..1, which spread the waits.
    """

    def __init__(
        self,
        database: Database,
        messenger: Messenger,
        clock: Clock,
        *,
        chance: Callable[[], float] = random.random,
        at_once: int = AT_ONCE,
    ) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._chance = chance
        self._at_once = at_once
        self._stopped = False
        self._silent_until: datetime | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def stop(self) -> None:
        """Claim nothing more: ``run`` ends with what is under way."""
        self._stopped = True

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        await self._idle.wait()

    async def run(self) -> int:
        """Send every delivery that is due; returns how many attempts were made.

        Raises StorageError where the database cannot be used, once nothing is under way.
        """
        attempts, under_way = 0, set[asyncio.Task[None]]()
        self._idle.clear()
        try:
            while True:
                free = self._at_once - len(under_way)
                is_worth_it = not under_way or free >= min(CLAIMED_AT_ONCE, self._at_once)
                claimed = await self._claim(free) if is_worth_it else []
                attempts += len(claimed)
                under_way |= {asyncio.create_task(self._deliver(one)) for one in claimed}
                if not under_way:
                    return attempts
                done, under_way = await asyncio.wait(
                    under_way,
                    timeout=PATIENCE.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    task.result()
        except asyncio.CancelledError:
            for task in under_way:
                task.cancel()
            raise
        finally:
            # What is under way ends before its failure, or another's, is told.
            await asyncio.gather(*under_way, return_exceptions=True)
            self._idle.set()

    async def _claim(self, limit: int) -> list[Delivery]:
        now = self._clock()
        if self._stopped or limit == 0 or not self._messenger.ready or self._is_silent(now):
            return []
        platforms = [self._messenger.platform]
        async with self._database.write() as connection:
            return await deliveries.claim_due(
                connection, platforms, now=now, lease=LEASE, limit=limit
            )

    def _is_silent(self, now: datetime) -> bool:
        return self._silent_until is not None and now < self._silent_until

    async def _deliver(self, delivery: Delivery) -> None:
        outcome = await self._attempt(delivery)
        if outcome is None:
            log.warning("claim lost: another process has the delivery", key=delivery.key)
            return
        now = self._clock()
        if isinstance(outcome, RateLimited) and outcome.everywhere:
            self._silent_until = now + max(outcome.retry_after, SHORTEST_WAIT)
        step = next_step(outcome, attempts=delivery.attempts, now=now, chance=self._chance())
        async for attempt in stamina.retry_context(
            on=StorageError, attempts=RECORD_ATTEMPTS, timeout=RECORD_PATIENCE
        ):
            with attempt:
                await record_outcome(self._database, self._messenger, delivery, step, now=now)

    async def _attempt(self, delivery: Delivery) -> SendOutcome | None:
        """Send, unless an attempt that was never recorded has or may have arrived.

        None where the claim was lost meanwhile, so that nothing may be sent.
        """
        try:
            if delivery.edits is not None:
                return await self._edit(delivery)
            if delivery.status is DeliveryStatus.SENDING:
                found = await self._messenger.find(delivery)
                if not isinstance(found, Unreachable):
                    return found
            ends = await self._held_until(delivery)
            if ends is None:
                return None
            with sending_while(lambda: _has_time(ends, self._clock())):
                return await self._messenger.send(delivery)
        except StorageError:
            raise
        except TooLateError:
            return Unreachable(problem="The process stood still: nothing was sent.")
        except Exception as error:
            # A fault of ours: it may have come before the message was sent or after.
            log.exception("delivery failed", key=delivery.key)
            return Unknown(problem=f"Sending failed ({type(error).__name__}): report it as a bug.")

    async def _edit(self, delivery: Delivery) -> SendOutcome:
        """Replace a message; one that may have been replaced already is replaced again."""
        if delivery.message_id is None or not isinstance(self._messenger, Editor):
            return Rejected(problem="There is no message that could be edited.")
        return await self._messenger.edit(delivery)

    async def _held_until(self, delivery: Delivery) -> datetime | None:
        """Return when the claim ends, just begun; an old one is asked for and begun anew.

        None where it was lost: to another process while this one was frozen, or while it waited
        for the database. A lease that is old by the time it is saved does not count either.
        """
        ends = delivery.leased_until
        while ends is None or not LEASE - FRESH_CLAIM <= ends - self._clock() <= LEASE:
            ends = (now := self._clock()) + LEASE
            async with self._database.write() as connection:
                if not await deliveries.renew(connection, delivery, now=now, lease=LEASE):
                    return None
        return ends


def _has_time(ends: datetime, now: datetime) -> bool:
    """Tell whether a request that begins now is over when the claim ends."""
    return LEASE / 2 <= ends - now <= LEASE


async def send_deliveries(
    *, database: Database, messengers: Mapping[str, Messenger], clock: Clock
) -> int:
    """Send every delivery that is due on these platforms; returns how many attempts were made."""
    senders = [DeliverySender(database, messenger, clock) for messenger in messengers.values()]
    return sum(await asyncio.gather(*(sender.run() for sender in senders)))
