"""An outbox with one delivery in a real database, whose time is stepped by hand."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from bot.domain.model import Destination
from bot.domain.retry import LONGEST_DELAY, MAX_ATTEMPTS
from bot.jobs.send_deliveries import send_deliveries
from bot.platforms.messenger import Messenger
from bot.storage import deliveries, subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries as table
from tests.builders import NOW, TASTE

# After the longest wait of all, with its jitter, whatever waits is due.
STEP = 2 * LONGEST_DELAY


@dataclass
class OutboxOfOne:
    """What the sending role does with a delivery, wake after wake."""

    database: Database
    messenger: Messenger

    async def put(self, where: Destination, payload: str) -> None:
        async with self.database.write() as connection:
            subscription = await subscriptions.add(
                connection, where, TASTE, created_by=None, after=NOW, now=NOW
            )
            await deliveries.add(connection, subscription, [payload], slot_at=NOW, now=NOW)

    async def wake(self, *, later: timedelta = timedelta()) -> int:
        """Send what is due; returns how many attempts were made."""
        messengers = {self.messenger.platform: self.messenger}
        return await send_deliveries(
            database=self.database, messengers=messengers, clock=lambda: NOW + later
        )

    async def go_on(self) -> None:
        """Wake as often as a delivery is tried at most."""
        for number in range(1, MAX_ATTEMPTS + 1):
            await self.wake(later=number * STEP)

    async def row(self) -> Row[Any]:
        """Return the delivery as it is stored."""
        async with self.database.read() as connection:
            return (await connection.execute(select(table))).one()
