"""What is to be sent: digests of several parts for each channel, and what became of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from benchmarks.crash_receivers import Receiver
from benchmarks.crash_report import Part, Told
from bot.domain.model import DeliveryStatus, Language, Subscription, Taste
from bot.domain.schedule import parse_schedule
from bot.storage import deliveries as outbox
from bot.storage import subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries

# A killed process's destinations wait for the lease: with so many the others have work.
CHANNELS = 100

# The outbox is filled up to this many for each channel, by digests of so many parts.
FILL, PARTS = 4, 2

FIRST_SLOT = datetime(2026, 1, 1, tzinfo=UTC)

TASTE = Taste(
    topics=("japan-korea",),
    schedule=parse_schedule("daily 08:00", "Asia/Seoul"),
    language=Language.EN,
    max_stories=10,
)

OPEN = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


@dataclass(kw_only=True)
class Outbox:
    """The outbox as the harness fills it. ``expected``: each channel's labels, in order."""

    database: Database
    receiver: Receiver
    expected: dict[str, list[str]] = field(default_factory=dict)
    subscribed: list[Subscription] = field(default_factory=list)
    slots: int = 0
    filling: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def subscribe(self, channels: int) -> None:
        """Add a subscription for each channel."""
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            for number in range(channels):
                where = self.receiver.destination(number)
                self.expected[where.channel] = []
                self.subscribed.append(
                    await subscriptions.add(
                        connection, where, TASTE, created_by=None, after=now, now=now
                    )
                )

    async def fill(self) -> None:
        """Put digests into the outbox until enough is waiting, one slot after the other."""
        async with self.filling:
            while await self.waiting() < FILL * len(self.subscribed):
                self.slots += 1
                await self._write(FIRST_SLOT + timedelta(hours=self.slots))

    async def _write(self, slot: datetime) -> None:
        labels = [_label(slot, part) for part in range(PARTS)]
        payloads = [self.receiver.payload(label) for label in labels]
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            for one in self.subscribed:
                await outbox.add(connection, one, payloads, slot_at=slot, now=now)
        for one in self.subscribed:
            self.expected[one.destination.channel] += labels

    async def waiting(self) -> int:
        """Return how many deliveries are to be sent."""
        statement = select(func.count()).select_from(deliveries)
        async with self.database.read() as connection:
            found = await connection.scalar(statement.where(deliveries.c.status.in_(OPEN)))
        return found or 0

    async def told(self) -> Mapping[Part, Told]:
        """Return what the bot says of each part."""
        columns = (deliveries.c.channel, deliveries.c.slot_at, deliveries.c.part)
        statement = select(*columns, deliveries.c.status, deliveries.c.problem)
        async with self.database.read() as connection:
            rows = await connection.execute(statement.where(~deliveries.c.notice))
        return {
            (row.channel, _label(row.slot_at, row.part)): Told(
                status=row.status, problem=row.problem
            )
            for row in rows
        }


def _label(slot: datetime, part: int) -> str:
    return f"{slot:%Y-%m-%d %H:%M} part {part}"
