"""A store of generated entries in three languages, words as frequent as Zipf's law has them.

The benches of search, speed and chat share it. One entry in five matters to the topic, and a
story has three reports, one soon after the other. Entries of the last month that matter have
vectors and names, as the reading leaves them; older ones' vectors are dropped with age.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks import data
from bot.domain.model import Issue
from bot.domain.retention import Retention
from bot.domain.topic import Name
from bot.storage import search_index as index
from bot.storage.database import Database
from bot.storage.schema import entries, feeds, readings, stories
from bot.understanding.vectors import pack

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "japan-korea"
BATCH = 10_000
YEAR = timedelta(days=365)
VECTORS_KEPT = timedelta(days=Retention().vector_days)

T = TypeVar("T")

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

# An entry that matters names so many of the table's names.
NAMED = 4

# Vectors drawn in advance: no two entries of a window need differ more.
VECTORS = 5_000


@dataclass(frozen=True, kw_only=True)
class Store:
    """A filled database, and how many seconds indexing its words took."""

    database: Database
    indexing: float


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


def generated(count: int, *, span: timedelta = YEAR) -> Iterator[Stored]:
    """Yield entries of the time before now, the oldest first; the same ones at every call."""
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
            at = NOW - span * (1 - (number + 1) / count)
            yield stored(number, language, picked, at=at)


class Minds:
    """Makes readings: of what matters with names of the table, and vectors where they are kept."""

    def __init__(self, names: Sequence[Name], dim: int) -> None:
        generator = np.random.default_rng(11)
        told = [name.id for name in names if name.kind != "country"]
        self._named = [list(generator.choice(told, NAMED, replace=False)) for _ in range(VECTORS)]
        drawn = generator.standard_normal((VECTORS if dim else 0, dim)).astype(np.float32)
        self._vectors = [pack(row / np.linalg.norm(row)) for row in drawn]

    def reading_row(self, number: int, entry: Stored) -> dict[str, object]:
        """Return how the entry of a number (from 1) was read."""
        relevant = number % RELEVANT_EVERY == 0
        story = story_of(number) if relevant else None
        has_vector = relevant and self._vectors and entry.published_at > NOW - VECTORS_KEPT
        # Reports of one story have the same names and vectors: they are of one event.
        event = (story or 0) % VECTORS
        return {
            "entry_id": number,
            "topic": TOPIC,
            "language": entry.language,
            "relevance": 0.9 if relevant else 0.1,
            "relevant": relevant,
            "reasons": ["both governments"] if relevant else [],
            "issue": issue_of(story) if story else Issue.OTHER,
            "entities": self._named[event] if relevant else [],
            "vector": self._vectors[event] if has_vector else None,
            "story_id": story,
        }


@asynccontextmanager
async def filled(count: int, *, span: timedelta = YEAR, dim: int = 0) -> AsyncIterator[Store]:
    """Open a database of so many entries, all of a span of time, in a folder that goes with it.

    With ``dim`` the readings of the last month have vectors of so many components.
    """
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder) / 'bench.sqlite3'}")
        await database.migrate()
        yield Store(database=database, indexing=await fill(database, count, span=span, dim=dim))
        await database.close()


async def fill(database: Database, count: int, *, span: timedelta = YEAR, dim: int = 0) -> float:
    """Save so many entries, read and told; returns the seconds that indexing them took."""
    await add_feed(database)
    minds, spent = Minds(data.names(), dim), 0.0
    entries_made = enumerate(generated(count, span=span), start=1)
    for batch in batched(entries_made, BATCH):
        spent += await save(database, batch, minds)
    return spent


def batched(made: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(made)
    while batch := list(islice(left, size)):
        yield batch


async def save(database: Database, batch: Sequence[tuple[int, Stored]], minds: Minds) -> float:
    """Save entries with their readings and stories; returns the seconds that indexing took."""
    async with database.write() as connection:
        await connection.execute(entries.insert(), [entry_row(*pair) for pair in batch])
        if told := list(story_rows(batch)):
            await connection.execute(stories.insert(), told)
        await connection.execute(readings.insert(), [minds.reading_row(*pair) for pair in batch])
        start = time.perf_counter()
        await index.add(connection, batch)
        return time.perf_counter() - start


def stored(number: int, language: str, picked: Sequence[str], *, at: datetime) -> Stored:
    ends = PARTICLES[language]
    written = [f"{word}{ends[(number + i) % len(ends)]}" for i, word in enumerate(picked)]
    return Stored(
        title="".join(written[:10]),
        text="".join(written[10:]),
        language=language,
        outlet=f"outlet-{number % 40}",
        outlet_name=f"Outlet {number % 40}",
        country=("KR", "JP", "US")[number % 3],
        published_at=at,
    )


async def add_feed(database: Database) -> None:
    url = "https://h.example/rss"
    async with database.write() as connection:
        await connection.execute(
            feeds.insert().values(
                id=1, url=url, named_url=url, name="H", configured=False, created_at=NOW
            )
        )


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


def story_rows(batch: Sequence[tuple[int, Stored]]) -> Iterator[dict[str, object]]:
    """Yield the stories whose first report is in a batch."""
    entry_of = dict(batch)
    for number, entry in batch:
        if number % RELEVANT_EVERY or (number // RELEVANT_EVERY - 1) % REPORTS:
            continue
        last = entry_of.get(number + RELEVANT_EVERY * (REPORTS - 1), batch[-1][1])
        yield {
            "id": story_of(number),
            "topic": TOPIC,
            "headline": entry.title,
            "issue": issue_of(story_of(number)),
            "lead_entry_id": number,
            "first_seen_at": entry.published_at,
            "last_seen_at": last.published_at,
            "version": REPORTS,
        }
