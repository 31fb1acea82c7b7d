"""What models cost, kept for all processes together."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from bot.domain.spending import Budget, Spending
from bot.storage.database import Database
from bot.storage.spending import StoredLedger, methods_on, spent_on
from bot.summarize.llm import OVER_BUDGET
from tests.builders import NOW


async def spent(database: Database) -> Spending:
    async with database.read() as connection:
        return await spent_on(connection, NOW.date())


async def test_what_is_set_aside_counts_until_it_is_settled(database: Database) -> None:
    """A request that still runs takes its share of the day; what it did not use comes back.

    One that was refused meanwhile is counted, and costs nothing.
    """
    ledger = StoredLedger(database, lambda: NOW)
    reserved = await ledger.reserve(Spending(tokens=800), Budget(daily_tokens=1000))
    assert reserved is not None
    assert await ledger.reserve(Spending(tokens=800), Budget(daily_tokens=1000)) is None
    used = Spending(tokens=300, cost=Decimal("0.0021"))
    await ledger.settle(reserved, used, "llm:small")
    assert await spent(database) == used
    async with database.read() as connection:
        assert await methods_on(connection, NOW.date()) == {OVER_BUDGET: 1, "llm:small": 1}


async def test_requests_at_the_same_time_do_not_share_the_last_room(database: Database) -> None:
    """Of ten at once only so many are let through as the day has room for."""
    ledger = StoredLedger(database, lambda: NOW)
    budget = Budget(daily_tokens=1000)
    asked = (ledger.reserve(Spending(tokens=300), budget) for _ in range(10))
    found = await asyncio.gather(*asked)
    assert sum(reserved is not None for reserved in found) == 3
    assert await spent(database) == Spending(tokens=900)


async def test_a_new_day_has_its_own_budget(database: Database) -> None:
    """What was set aside before midnight is settled on its own day."""
    now = NOW
    ledger = StoredLedger(database, lambda: now)
    reserved = await ledger.reserve(Spending(tokens=1000), Budget(daily_tokens=1000))
    assert reserved is not None
    now = NOW + timedelta(days=1)
    assert await ledger.reserve(Spending(tokens=1000), Budget(daily_tokens=1000)) is not None
    await ledger.settle(reserved, Spending(tokens=10), "llm:small")
    assert await spent(database) == Spending(tokens=10)
