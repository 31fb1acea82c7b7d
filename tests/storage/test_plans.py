"""The questions that are asked every second are answered through indexes, on both databases."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.retry import LEASE
from bot.domain.why import Scope
from bot.storage import deliveries, digests, entries, feeds, readings, stories, why
from bot.storage.database import Database
from tests.builders import CHANNEL, NOW, entry, subscription

Question = Callable[[AsyncConnection], Awaitable[Any]]

DAY = timedelta(days=1)
SCOPE = Scope(platform="slack", workspace="T1", channel="C1")
QUESTIONS: dict[str, Question] = {
    "deliveries that are due": lambda c: deliveries.claim_due(
        c, ["slack", "discord"], now=NOW, lease=LEASE, limit=10
    ),
    "entries to read": lambda c: entries.unread(c, limit=100),
    "entries of the time": lambda c: entries.count_since(c, since=NOW - DAY, until=NOW),
    "stories of the time": lambda c: stories.latest(c, "japan-korea", since=NOW - DAY, until=NOW),
    "stories by their ids": lambda c: stories.by_ids(c, [1, 2, 3]),
    "readings of the time": lambda c: readings.remembered(c, "japan-korea", since=NOW - DAY),
    "issues of stories": lambda c: readings.issues_of(c, [1, 2, 3]),
    "entries of an address": lambda c: why.entries_at(c, ["https://h.example/1"]),
    "an entry's readings": lambda c: readings.of_entry(c, 1),
    "what an entry was compared with": lambda c: readings.remembered(
        c, "japan-korea", since=NOW - DAY, before=entry()
    ),
    "stories around a time": lambda c: stories.around(c, "japan-korea", since=NOW - DAY, until=NOW),
    "a story that only touches": lambda c: stories.alone(c, "japan-korea", 7),
    "who was told of a story": lambda c: why.last_told(c, 1, SCOPE),
    "what a subscription's digests held": lambda c: why.documents(
        c, subscription(), "japan-korea", since=NOW - DAY, until=NOW
    ),
    "what was told": lambda c: digests.told_versions(c, CHANNEL),
    "whether a feed has moved": lambda c: feeds.save_moved(c, 1, "https://h.example/new"),
}

# Tables that grow without end, where reading all of it would take longer every day.
LARGE = ("entries", "readings", "stories", "deliveries", "told", "digests")


async def plans_of(database: Database, ask: Question) -> str:
    """Return how the database would answer each statement of a question."""
    asked: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        asked.append((arguments[2], arguments[3]))

    async with database.write() as connection:
        if not database.is_sqlite:
            # The tables are empty: else reading them whole would be the best plan.
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        sync_connection = connection.sync_connection
        event.listen(sync_connection, "before_cursor_execute", note)
        await ask(connection)
        event.remove(sync_connection, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        lines = []
        for statement, parameters in asked:
            if statement.startswith(("SELECT", "UPDATE")):
                plan = await connection.exec_driver_sql(explain + statement, parameters)
                lines += [str(row[-1]) for row in plan]
    return "\n".join(lines)


# Indexes that hold only the few rows that are looked for: reading them whole is right.
SMALL = ("ix_entries_unread",)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_large_table_is_read_whole(database: Database, name: str) -> None:
    """Nor an index of it: what the bot is asked must not take longer every day."""
    plans = await plans_of(database, QUESTIONS[name])
    assert plans
    for line in plans.splitlines():
        step = line.strip().removeprefix("->  ")
        is_whole = step.startswith(("Seq Scan on ", "SCAN ")) and not step.endswith(SMALL)
        assert not (is_whole and any(f" {table}" in step for table in LARGE)), plans


async def test_unread_entries_come_in_order_from_their_index(database: Database) -> None:
    """SQLite needs not sort them; Postgres may choose to, for they are few."""
    plans = await plans_of(database, QUESTIONS["entries to read"])
    assert "ix_entries_unread" in plans
    assert "TEMP B-TREE" not in plans
