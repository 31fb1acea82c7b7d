"""Looks into the database of a running bot, and moves its clock, from outside."""

import sqlite3
from datetime import UTC, datetime, timedelta


def stored(moment: datetime) -> str:
    """Return a time as the bot stores it."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def subscribe_in_the_past(path: str, platform: str, workspace: str, channel: str) -> None:
    """Subscribe the channel so that a slot is due at once."""
    now = datetime.now(UTC)
    row = {
        "platform": platform,
        "workspace": workspace,
        "channel": channel,
        "topics": '["japan-korea"]',
        "schedule": "daily 08:00",
        "zone": "Asia/Tokyo",
        "language": "en",
        "max_stories": 5,
        "status": "active",
        "created_at": stored(now),
        "last_slot_at": stored(now - timedelta(days=1, minutes=1)),
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    with sqlite3.connect(path) as connection:
        statement = f"INSERT INTO subscriptions ({columns}) VALUES ({marks})"  # noqa: S608
        connection.execute(statement, tuple(row.values()))


def end_the_leases(path: str) -> None:
    """Let the time pass that a dead process's claims hold."""
    with sqlite3.connect(path) as connection:
        long_ago = stored(datetime(2020, 1, 1, tzinfo=UTC))
        connection.execute("UPDATE deliveries SET leased_until = ?", (long_ago,))


def unsent(path: str) -> int:
    """Return how many deliveries have not been sent."""
    with sqlite3.connect(path) as connection:
        counted = "SELECT count(*) FROM deliveries WHERE status <> 'sent'"
        return int(connection.execute(counted).fetchone()[0])
