"""What a batch of new entries that matter costs to read, with more and more stored before it."""

import statistics
import time
from collections.abc import Callable, Sequence

from sqlalchemy import func, select

from benchmarks.report import Row
from benchmarks.stored import NOW, TOPIC
from bot.domain.growth import Joined
from bot.jobs.read_entries import EntryReaders, read_entries
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.schema import entries
from bot.understanding.reader import Reader
from bot.understanding.vectors import Encoder

# A poll of many feeds brings about as many; the first round is not counted.
NEW, ROUNDS = 100, 5
MUST_SECONDS = 8.0

# What new entries are about: all matter, and few are of one event.
WHO = ("Lee and Ishiba", "Japan and South Korea", "Seoul and Tokyo", "Cho Tae-yul and Iwaya",
       "Ministers of Japan and South Korea")  # fmt: skip
WHAT = ("discuss Dokdo", "agree on semiconductors", "talk about forced labour",
        "hold a summit", "differ on Yasukuni", "sign a currency swap", "meet on Fukushima water",
        "review GSOMIA", "plan security exercises", "open a tourism office")  # fmt: skip
WHERE = ("Seoul", "Tokyo", "Busan", "Osaka", "Jeju", "Kyoto", "Washington", "Geneva")


async def cost(
    database: Database, settings: Settings, encoder: Encoder, *, note: str
) -> tuple[list[Row], float]:
    """Return the rows of a store, and the seconds that a batch of new entries takes to read."""
    loaded, taken, relevant = await read_rounds(database, settings, encoder)
    typical = statistics.median(taken)
    batch = Row(
        measure=f"read {NEW} new, s (median)",
        value=typical,
        must=MUST_SECONDS,
        lower_is_better=True,
        note=f"{note}; {relevant} of {NEW} matter",
    )
    return [Row(measure="reader, s to load", value=loaded, note=note), batch], typical


async def read_rounds(
    database: Database, settings: Settings, encoder: Encoder
) -> tuple[float, list[float], int]:
    """Return how long a reader takes to load, and each round of new entries to be read."""

    def make(topic: str, remembered: Sequence[Joined], new_story_id: Callable[[], int]) -> Reader:
        return Reader(
            topic=settings.topics[topic],
            names=settings.names,
            encoder=encoder,
            new_story_id=new_story_id,
            remembered=remembered,
        )

    readers = EntryReaders([TOPIC], make)
    async with database.read() as connection:
        start = time.perf_counter()
        await readers.load(connection, now=NOW)
        loaded = time.perf_counter() - start
    taken, relevant = [], 0
    # The first round is not counted: it warms up the engine of the vectors.
    for number in range(ROUNDS + 1):
        await add_new(database, number)
        start = time.perf_counter()
        totals = await read_entries(database=database, readers=readers, now=NOW)
        taken.append(time.perf_counter() - start)
        relevant = totals.relevant
    return loaded, taken[1:], relevant


async def add_new(database: Database, number: int) -> None:
    """Save a round of unread entries about many matters, each of its own."""
    async with database.write() as connection:
        newest = (await connection.execute(select(func.max(entries.c.id)))).scalar_one()
        rows = [new_row(newest + offset, number * NEW + offset) for offset in range(1, NEW + 1)]
        await connection.execute(entries.insert(), rows)


def new_row(entry_id: int, number: int) -> dict[str, object]:
    who, what, where = (
        parts[number // size % len(parts)]
        for parts, size in ((WHO, 1), (WHAT, len(WHO)), (WHERE, len(WHO) * len(WHAT)))
    )
    title = f"{who} {what} in {where}"
    return {
        "id": entry_id,
        "feed_id": 1,
        "guid": f"new-{number}",
        "url": f"https://h.example/new/{number}",
        "title": title,
        "text": f"{title}, officials of both governments said on day {number}.",
        "language": "en",
        "outlet": f"outlet-{number % 40}",
        "outlet_name": f"Outlet {number % 40}",
        "country": ("KR", "JP", "US")[number % 3],
        "published_at": NOW,
        "seen_at": NOW,
        "content_hash": f"new-{number}",
        "unread": True,
    }
