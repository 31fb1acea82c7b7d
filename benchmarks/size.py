"""How large the database of a year of the default feeds becomes.

``python -m benchmarks.size`` stores two simulated months through the storage code, with
texts as long as those of the archived stream, readings, vectors, stories and the search
index, and projects a year from what the second month added to each table. ``--day`` says
how many entries a day brings; by default what the archived stream, scaled to the default
feeds, has.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import text

from benchmarks.report import Row, print_table
from benchmarks.stored import Stored, generated
from bot.domain.growth import grow
from bot.domain.model import Entry, Feed, FeedSpec, Issue, ParsedEntry, Reading
from bot.domain.outlets import Outlets
from bot.settings import load_settings
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from bot.understanding.vectors import pack

# The archived stream has a median of 329 entries a day from 9 feeds, whose titles and
# summaries have 187 characters or 337 bytes.
STREAM_PER_DAY = 329
STREAM_FEEDS = 9
MONTH, YEAR = 30, 365

# So many entries a day are stored, and what they take is scaled to those that come.
SIMULATED_PER_DAY = 300
MUST_MB = 500.0

TOPIC = "japan-korea"
START = datetime(2026, 1, 1, tzinfo=UTC)

# Of the stream 8 % are read as relevant, and a story has some three reports.
RELEVANT_EVERY = 12
REPORTS = 3

# The widest vectors of the encoders: "use" has 512 components.
DIMENSIONS = 512


@dataclass(frozen=True, kw_only=True)
class Kept:
    """For how many days what is stored stays: the defaults of [retention], or for ever."""

    name: str
    irrelevant_days: int
    text_days: int
    vector_days: int


FOR_EVER = Kept(name="nothing dropped", irrelevant_days=YEAR, text_days=YEAR, vector_days=YEAR)
DEFAULTS = Kept(name="with age, by default", irrelevant_days=30, text_days=90, vector_days=30)


async def store(database: Database, feed: Feed, day: int, batch: Sequence[Stored]) -> None:
    """Store a day's entries as the jobs do."""
    now = START + timedelta(days=day, hours=12)
    items = [parsed(day, number, entry, now) for number, entry in enumerate(batch)]
    async with database.write() as connection:
        await entries.save_parsed(connection, feed, items, outlets=Outlets(()), now=now)
        saved = await entries.unread(connection, limit=len(items))
        next_id = await stories.next_id(connection)
        read = [reading(number, entry, next_id) for number, entry in enumerate(saved)]
        joined: dict[int, list[tuple[Entry, Reading]]] = {}
        for entry, one in zip(saved, read, strict=True):
            if one.story_id is not None:
                joined.setdefault(one.story_id, []).append((entry, one))
        grown = [grow(None, story, new) for story, new in joined.items()]
        await stories.save(connection, grown)
        await readings.save(connection, read)
        await entries.mark_read(connection, saved)


def parsed(day: int, number: int, entry: Stored, now: datetime) -> ParsedEntry:
    address = f"https://www.outlet.example/international/2026/{day:03}/article-{number:09}.html"
    return ParsedEntry(
        guid=address,
        url=address,
        title=entry.title,
        text=entry.text,
        published_at=now - timedelta(minutes=number % 720),
        language=entry.language,
    )


def reading(number: int, entry: Entry, next_id: int) -> Reading:
    relevant = number % RELEVANT_EVERY == 0
    generator = np.random.default_rng(entry.id)
    vector = pack(generator.standard_normal(DIMENSIONS).astype(np.float32))
    return Reading(
        entry_id=entry.id,
        topic=TOPIC,
        language=entry.language or "en",
        relevance=0.93 if relevant else 0.04,
        relevant=relevant,
        reasons=("both governments", "court ruling", "names Seoul, Tokyo") if relevant else (),
        issue=Issue.SUMMIT_DIPLOMACY if relevant else Issue.OTHER,
        entities=("japan", "south-korea", "kishida-fumio") if relevant else (),
        vector=vector if relevant else None,
        story_id=next_id + number // RELEVANT_EVERY // REPORTS if relevant else None,
    )


async def sizes(database: Database) -> dict[str, float]:
    """Return the bytes of each part of the database."""
    asked = {
        "index": "SELECT (SELECT SUM(LENGTH(block)) FROM search_index_data)",
        "vectors": "SELECT SUM(LENGTH(vector)) FROM readings",
        "texts": "SELECT SUM(LENGTH(CAST(text AS BLOB))) FROM entries WHERE id IN "
        "(SELECT entry_id FROM readings WHERE relevant)",
        "irrelevant": "SELECT SUM(LENGTH(CAST(title || text || guid || url AS BLOB)) + 300) "
        "FROM entries WHERE id IN (SELECT entry_id FROM readings WHERE NOT relevant)",
        "pages": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    }
    async with database.read() as connection:
        return {
            name: float((await connection.execute(text(sql))).scalar() or 0)
            for name, sql in asked.items()
        }


async def second_month(per_day: int = SIMULATED_PER_DAY) -> dict[str, float]:
    """Return how many bytes the second of two months added to each part, for each entry."""
    entries_made = list(generated(2 * MONTH * per_day))
    measured: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder) / 'size.sqlite3'}")
        await database.migrate()
        async with database.write() as connection:
            spec = FeedSpec(url="https://outlet.example/rss", name="Outlet", language="en")
            feed = await feeds.add(connection, spec, countries={}, now=START)
        for day in range(2 * MONTH):
            await store(database, feed, day, entries_made[day * per_day : (day + 1) * per_day])
            if (day + 1) % MONTH == 0:
                measured.append(await sizes(database))
        await database.close()
    first, second = measured
    return {name: (second[name] - first[name]) / (MONTH * per_day) for name in first}


def projected(each: dict[str, float], kept: Kept, per_day: int) -> float:
    """Return the megabytes of a year, of which each part stays for its days."""
    irrelevant_index = each["index"] * (1 - 1 / RELEVANT_EVERY)
    ageing = each["irrelevant"] + irrelevant_index
    rest = each["pages"] - each["vectors"] - each["texts"] - ageing
    total = rest * YEAR + ageing * kept.irrelevant_days
    total += each["vectors"] * kept.vector_days + each["texts"] * kept.text_days
    return total * per_day / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", type=int, default=0, help="entries that a day brings")
    chosen = parser.parse_args(arguments).day
    default_feeds = len(load_settings({}).feeds)
    per_day = chosen or STREAM_PER_DAY * default_feeds // STREAM_FEEDS
    each = asyncio.run(second_month())
    rows = [
        Row(measure="entries a day", value=per_day, note=f"{default_feeds} default feeds"),
        Row(measure="bytes of an entry, all told", value=each["pages"]),
        Row(measure="  of these in the index", value=each["index"]),
        Row(measure="  of these vectors", value=each["vectors"]),
    ]
    rows += [
        Row(
            measure=f"MB of a year, {kept.name}",
            value=projected(each, kept, per_day),
            must=MUST_MB if kept is DEFAULTS else None,
            lower_is_better=True,
        )
        for kept in (FOR_EVER, DEFAULTS)
    ]
    print_table(rows, title="Size")


if __name__ == "__main__":
    main()
