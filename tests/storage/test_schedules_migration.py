"""The migration that puts schedules into words, from a database with data in it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, MetaData, text

from bot.domain.model import SlotStatus
from bot.domain.schedule import describe
from bot.storage import slots, subscriptions
from bot.storage.database import Database
from bot.storage.migrate import upgrade

SLOT = datetime(2026, 11, 20, 8, tzinfo=UTC)
WEEKLY = {"kind": "weekly", "hour": 23, "minute": 0, "weekday": 6}
SUBSCRIPTION = {
    "platform": "slack",
    "workspace": "T",
    "topics": ["japan-korea"],
    "zone": "Asia/Tokyo",
    "language": "en",
    "max_stories": 10,
    "status": "active",
    "created_at": SLOT,
    "last_slot_at": SLOT,
}
DIGEST = {"subscription_id": 1, "slot_at": SLOT, "document": {}, "created_at": SLOT}


def to_first_schema(connection: Connection) -> None:
    upgrade(connection, to="0001")
    tables = MetaData()
    tables.reflect(connection)
    rules = ({"kind": "daily", "hour": 8, "minute": 5}, WEEKLY)
    for number, rule in enumerate(rules, start=1):
        row = {**SUBSCRIPTION, **rule, "id": number, "channel": f"C{number}"}
        connection.execute(tables.tables["subscriptions"].insert().values(**row))
    for number, topic in enumerate(("a", "b"), start=1):
        row = {**DIGEST, "id": number, "topic": topic}
        connection.execute(tables.tables["digests"].insert().values(**row))


@pytest.fixture
async def migrated(database_url: str) -> Database:
    opened = Database(database_url)
    async with opened.write() as connection:
        await connection.run_sync(to_first_schema)
    await opened.migrate()
    return opened


async def test_schedules_digests_and_slots_are_kept(migrated: Database) -> None:
    """What was told counts as told; the references to subscriptions hold."""
    async with migrated.read() as connection:
        daily, weekly = await subscriptions.of_workspace(connection, "slack", "T")
        [slot] = await slots.of_subscription(connection, daily.id, limit=10)
        kept = (await connection.execute(text("SELECT count(*) FROM digests"))).scalar()
    assert describe(daily.taste.schedule) == "daily 08:05 Asia/Tokyo"
    assert describe(weekly.taste.schedule) == "weekly sunday 23:00 Asia/Tokyo"
    assert (daily.last_slot_at, daily.covered_until) == (SLOT, SLOT)
    assert (slot.slot_at, slot.status, kept) == (SLOT, SlotStatus.ON_TIME, 2)
    await migrated.close()
