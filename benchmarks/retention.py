"""How large a year makes the database: `python -m benchmarks.retention [--days 365]`.

Days of made-up news go through the real tables and the real pruning. A day is as large as one of
the default feeds (about 2 MB, `bot.diagnosis.stored.LOW_DISK`): 1,000 entries of 1,500 bytes, of
which 50 are in stories and 150 were turned into vectors of 512 half floats.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.model import FeedSpec
from bot.domain.retention import Retention
from bot.jobs.prune import prune
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.schema import entries, readings, stories
from bot.storage.upkeep import size_of

ENTRIES, IN_STORIES, EMBEDDED = 1_000, 50, 150
TEXT_BYTES, VECTOR_BYTES = 1_500, 1_024
REPORTS_PER_STORY = 3
START = datetime(2025, 1, 1, tzinfo=UTC)
MEGABYTE = 1_000_000


def words(random_: random.Random, length: int) -> str:
    """Return text that compresses as little as news does."""
    return random_.randbytes(length // 2).hex()


def day_of(day: int, feed_id: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the entries and readings of a day."""
    random_, seen_at = random.Random(day), START + timedelta(days=day)
    for number in range(ENTRIES):
        entry_id = day * ENTRIES + number + 1
        told = number < IN_STORIES
        entry = {
            "id": entry_id,
            "feed_id": feed_id,
            "guid": f"https://h.example/article/{entry_id}/{words(random_, 20)}",
            "url": f"https://h.example/article/{entry_id}/{words(random_, 20)}",
            "title": words(random_, 80),
            "text": words(random_, TEXT_BYTES),
            "language": "ko",
            "outlet": "hanbit",
            "outlet_name": "Hanbit Ilbo",
            "country": "KR",
            "published_at": seen_at,
            "seen_at": seen_at,
            "content_hash": words(random_, 64),
            "unread": False,
        }
        reading = {
            "entry_id": entry_id,
            "topic": "japan-korea",
            "language": "ko",
            "relevance": 0.9 if told else 0.1,
            "relevant": told,
            "reasons": ["both governments", "names: president, prime minister"],
            "issue": "other",
            "entities": ["kr-president", "jp-prime-minister"],
            "vector": random_.randbytes(VECTOR_BYTES) if number < EMBEDDED else None,
            "story_id": story_of(entry_id) if told else None,
        }
        yield entry, reading


def story_of(entry_id: int) -> int:
    """Return the story that holds an entry."""
    return entry_id // REPORTS_PER_STORY + 1


async def add_day(database: Database, day: int, feed_id: int) -> None:
    """Save a day whole."""
    rows = list(day_of(day, feed_id))
    told = {r["story_id"]: r["entry_id"] for _, r in rows if r["story_id"] is not None}
    moment = START + timedelta(days=day)
    async with database.write() as connection:
        await connection.execute(entries.insert(), [entry for entry, _ in rows])
        new = [
            {
                "id": story,
                "topic": "japan-korea",
                "headline": "h" * 80,
                "issue": "other",
                "lead_entry_id": lead,
                "first_seen_at": moment,
                "last_seen_at": moment,
                "version": 3,
            }
            for story, lead in told.items()
        ]
        await connection.execute(stories.insert(), new)
        await connection.execute(readings.insert(), [reading for _, reading in rows])


async def measure(days: int, every: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder)}/strait.sqlite3")
        await database.migrate()
        async with database.write() as connection:
            spec = FeedSpec(url="https://h.example/rss", name="H")
            feed = await feeds.add(connection, spec, countries={}, now=START)
        print("day\tMB\tpruning s\tdropped")
        for day in range(days):
            await add_day(database, day, feed.id)
            if (day + 1) % every == 0 or day + 1 == days:
                begun = time.perf_counter()
                now = START + timedelta(days=day + 1)
                pruned = await prune(
                    database=database, keep=Retention(), now=now, pause=timedelta()
                )
                took = time.perf_counter() - begun
                size = await size_of(database) / MEGABYTE
                print(f"{day + 1}\t{size:.1f}\t{took:.2f}\t{pruned.irrelevant + pruned.texts}")
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--every", type=int, default=15, help="days between two prunings")
    options = parser.parse_args()
    asyncio.run(measure(options.days, options.every))


if __name__ == "__main__":
    main()
