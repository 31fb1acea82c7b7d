"""Search among generated entries in three languages, words as frequent as Zipf's law has them.

``python -m benchmarks.search`` builds 10,000 and 100,000 entries, ``--full`` 1,000,000 beside
the 10,000. Prints what building the index costs, how large it is, and how long searches take:
the median and the 95th percentile over all queries, and the slowest query. Times are wall
clock on this machine and noisy: compare them as ratios within one run.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import text

from benchmarks import data
from benchmarks.report import Row, print_table
from bot.commands.search import SearchRequest, search
from bot.domain.model import Issue
from bot.domain.search import Filters
from bot.storage import search_index as index
from bot.storage.database import Database
from bot.storage.schema import entries, feeds, readings, stories
from bot.understanding.query import QueryReader

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "japan-korea"
SIZES = {"small": (10_000, 100_000), "full": (10_000, 1_000_000)}
BATCH = 10_000
TIMES = 5
MUST_MS = 100.0

# Of stored entries one in five matters, and a story has three reports.
RELEVANT_EVERY = 5
REPORTS = 3
ISSUES = tuple(Issue)

# Words of a text as long as the title and summary of the archived stream, by language.
LENGTHS = {"en": 45, "ja": 50, "ko": 45}
VOCABULARY = 30_000

# Real words at ranks of the like words in news (0 is the most frequent).
KNOWN = {
    "en": {0: "the", 1: "korea", 3: "japan", 9: "government", 20: "summit", 40: "court",
           60: "ruling", 150: "Seoul", 300: "Kishida", 900: "Dokdo", 9000: "Takeshima"},
    "ja": {0: "日本", 1: "韓国", 4: "政府", 10: "首相", 20: "会談", 40: "東京", 80: "日韓",
           300: "岸田", 900: "竹島", 5000: "徴用工"},
    "ko": {0: "한국", 1: "일본", 4: "정부", 10: "대통령", 20: "회담", 40: "정상", 80: "한일",
           300: "기시다", 900: "독도", 5000: "강제징용"},
}  # fmt: skip
PARTICLES = {
    "en": [" "],
    "ja": ["の", "が", "を", "に", "は", "、"],
    "ko": [" ", "의 ", "는 ", "을 "],
}
LETTERS = {
    "en": list("aeiou") + [f"{c}{v}" for c in "kmtnrsld" for v in "aeiou"],
    "ja": [chr(0x4E00 + 37 * n) for n in range(400)],
    "ko": [chr(0xAC00 + 28 * n) for n in range(390)],
}

QUERIES: dict[str, tuple[str, Filters]] = {
    "two characters, common": ("日本", Filters()),
    "two characters, name": ("岸田", Filters()),
    "two characters, hangul": ("독도", Filters()),
    "two of two characters": ("日韓 会談", Filters()),
    "one character": ("日", Filters()),
    "most common word": ("the", Filters()),
    "common words": ("korea japan government", Filters()),
    "pair, expanded": ("日韓", Filters()),
    "island, expanded": ("Takeshima", Filters()),
    "name and title, expanded": ("岸田首相", Filters()),
    "compound, split": ("한일정상회담", Filters()),
    "phrase of common words": ('"court ruling"', Filters()),
    "either": ("kishida OR 尹錫悦 OR summit", Filters()),
    "common without common": ("korea -japan", Filters()),
    "beginning of a word": ("sum*", Filters()),
    "nothing found": ("岸田 dokdo 강제징용", Filters()),
    "common, last week": ("한국", Filters(since=NOW - timedelta(days=7))),
    "common, half a year ago": ("한국", Filters(until=NOW - timedelta(days=180))),
    "common, one outlet": ("日本", Filters(outlet="outlet-5")),
    "common, outlet without stories": ("日本", Filters(outlet="outlet-7")),
    "common, one day": (
        "日本",
        Filters(since=NOW - timedelta(days=101), until=NOW - timedelta(days=100)),
    ),
    "common, one issue": ("日本", Filters(issue=Issue.COURTS)),
    "common, other language": ("korea", Filters(language="ja")),
}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One generated entry, as the index takes it."""

    title: str
    text: str
    language: str
    outlet: str
    outlet_name: str
    country: str
    published_at: datetime


def vocabulary(language: str, generator: np.random.Generator) -> list[str]:
    """Return words of two to four syllables, the real ones at their ranks."""
    letters = LETTERS[language]
    lengths = generator.integers(2, 5, VOCABULARY)
    picked = generator.integers(0, len(letters), (VOCABULARY, 4))
    made = ["".join(letters[i] for i in row[:n]) for row, n in zip(picked, lengths, strict=True)]
    for rank, word in KNOWN[language].items():
        made[rank] = word
    return made


def generated(count: int) -> Iterator[Stored]:
    """Yield entries of a year, the oldest first; the same ones at every call."""
    generator = np.random.default_rng(7)
    known = {language: vocabulary(language, generator) for language in LENGTHS}
    weights = 1 / np.arange(1, VOCABULARY + 1)
    shares = np.cumsum(weights / weights.sum())
    languages = tuple(LENGTHS)
    for start in range(0, count, BATCH):
        drawn = np.searchsorted(shares, generator.random((BATCH, max(LENGTHS.values()))))
        for offset in range(min(BATCH, count - start)):
            number = start + offset
            language = languages[number % len(languages)]
            picked = [known[language][i] for i in drawn[offset][: LENGTHS[language]]]
            yield stored(number, count, language, picked)


def stored(number: int, count: int, language: str, picked: Sequence[str]) -> Stored:
    ends = PARTICLES[language]
    written = [f"{word}{ends[(number + i) % len(ends)]}" for i, word in enumerate(picked)]
    return Stored(
        title="".join(written[:10]),
        text="".join(written[10:]),
        language=language,
        outlet=f"outlet-{number % 40}",
        outlet_name=f"Outlet {number % 40}",
        country=("KR", "JP", "US")[number % 3],
        published_at=moment(number, count),
    )


def moment(number: int, count: int) -> datetime:
    return NOW - timedelta(days=365) * (1 - (number + 1) / count)


@asynccontextmanager
async def filled(count: int) -> AsyncIterator[tuple[Database, float]]:
    """Open a database of so many entries; with how many seconds indexing them took."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/bench.sqlite3")
        await database.migrate()
        await add_feed(database)
        spent = 0.0
        batch: list[tuple[int, Stored]] = []
        for number, entry in enumerate(generated(count), start=1):
            batch.append((number, entry))
            if len(batch) == BATCH or number == count:
                spent += await save(database, batch, count)
                batch = []
        yield database, spent
        await database.close()


async def add_feed(database: Database) -> None:
    url = "https://h.example/rss"
    async with database.write() as connection:
        await connection.execute(
            feeds.insert().values(
                id=1, url=url, named_url=url, name="H", configured=False, created_at=NOW
            )
        )


async def save(database: Database, batch: Sequence[tuple[int, Stored]], count: int) -> float:
    """Save entries with their readings and stories; returns the seconds that indexing took."""
    async with database.write() as connection:
        await connection.execute(entries.insert(), [entry_row(*pair) for pair in batch])
        relevant = [(n, entry) for n, entry in batch if n % RELEVANT_EVERY == 0]
        told = [row for pair in relevant if (row := story_row(*pair, count=count))]
        if told:
            await connection.execute(stories.insert(), told)
        await connection.execute(readings.insert(), [reading_row(*pair) for pair in batch])
        start = time.perf_counter()
        await index.add(connection, batch)
        return time.perf_counter() - start


def entry_row(number: int, entry: Stored) -> dict[str, object]:
    return {
        "id": number,
        "feed_id": 1,
        "guid": str(number),
        "url": f"https://h.example/{number}",
        "title": entry.title,
        "text": entry.text,
        "language": entry.language,
        "outlet": entry.outlet,
        "outlet_name": entry.outlet_name,
        "country": entry.country,
        "published_at": entry.published_at,
        "seen_at": entry.published_at,
        "content_hash": str(number),
        "unread": False,
    }


def story_of(number: int) -> int:
    return (number // RELEVANT_EVERY - 1) // REPORTS + 1


def issue_of(story: int) -> Issue:
    """Return a story's issue; the last ones are rare, as in the news."""
    rank = (story & -story).bit_length() - 1
    return ISSUES[min(rank, len(ISSUES) - 1)]


def story_row(number: int, entry: Stored, *, count: int) -> dict[str, object] | None:
    story = story_of(number)
    if (number // RELEVANT_EVERY - 1) % REPORTS:
        return None
    last = min(number + RELEVANT_EVERY * (REPORTS - 1), count)
    return {
        "id": story,
        "topic": TOPIC,
        "headline": entry.title,
        "issue": issue_of(story),
        "lead_entry_id": number,
        "first_seen_at": entry.published_at,
        "last_seen_at": moment(last - 1, count),
        "version": REPORTS,
    }


def reading_row(number: int, entry: Stored) -> dict[str, object]:
    relevant = number % RELEVANT_EVERY == 0
    story = story_of(number) if relevant else None
    return {
        "entry_id": number,
        "topic": TOPIC,
        "language": entry.language,
        "relevance": 0.9 if relevant else 0.1,
        "relevant": relevant,
        "reasons": ["both governments"] if relevant else [],
        "issue": issue_of(story) if story else Issue.OTHER,
        "entities": [],
        "vector": None,
        "story_id": story,
    }


async def timed(database: Database, reader: QueryReader) -> dict[str, list[float]]:
    """Return how many milliseconds each query took, each time that it was asked."""
    taken: dict[str, list[float]] = {name: [] for name in QUERIES}
    for name, (written, filters) in QUERIES.items():
        for _ in range(TIMES):
            start = time.perf_counter()
            request = SearchRequest(query=reader.read(written), filters=filters, limit=10)
            await search(database, request, now=NOW)
            taken[name].append((time.perf_counter() - start) * 1000)
    return taken


async def index_megabytes(database: Database) -> float:
    """Return what the index takes of the file."""
    sizes = text("SELECT SUM(LENGTH(block)) FROM search_index_data")
    async with database.read() as connection:
        total = (await connection.execute(sizes)).scalar_one()
        docs = text("SELECT SUM(LENGTH(sz) + 8) FROM search_index_docsize")
        total += (await connection.execute(docs)).scalar_one()
    return float(total) / 1e6


async def measured(count: int) -> tuple[list[Row], float]:
    reader = QueryReader(data.names())
    async with filled(count) as (database, spent):
        megabytes = await index_megabytes(database)
        path = database.path or Path()
        whole = path.stat().st_size / 1e6
        taken = await timed(database, reader)
    every = [one for times in taken.values() for one in times]
    p95 = statistics.quantiles(every, n=20)[-1]
    note = f"{count:,} entries"
    rows = [
        Row(measure="index, s to build", value=spent, note=note),
        Row(measure="index, MB", value=megabytes, note=f"{note}, of {whole:.0f} MB"),
        Row(measure="search, ms (median)", value=statistics.median(every), note=note),
        Row(measure="search, ms (p95)", value=p95, must=MUST_MS, lower_is_better=True, note=note),
    ]
    rows += [
        Row(measure=f"  {name}, ms", value=statistics.median(times), note=QUERIES[name][0])
        for name, times in taken.items()
    ]
    return rows, p95


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000,000 entries")
    few, many = SIZES["full" if parser.parse_args(arguments).full else "small"]
    small, base = asyncio.run(measured(few))
    large, p95 = asyncio.run(measured(many))
    ratio = Row(measure="search p95, ratio", value=p95 / base, note=f"{many:,} to {few:,}")
    print_table([*small[:4], *large, ratio], title="Search")


if __name__ == "__main__":
    main()
