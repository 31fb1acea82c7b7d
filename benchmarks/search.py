"""Search among generated entries in three languages (``benchmarks.stored``).

``python -m benchmarks.search`` builds 10,000 and 100,000 entries, ``--full`` 1,000,000 beside
the 10,000. Prints what building the index costs, how large it is, and how long searches take:
the median, the 95th percentile and the slowest over all queries, and each query. A query's
first time finds in no cache what it alone needs; the others are warm. Times are wall clock on
this machine and noisy: compare them as ratios within one run.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks import data
from benchmarks.report import Row, print_table
from benchmarks.stored import NOW, TOPIC, Store, filled
from bot.commands.search import SearchRequest, search
from bot.domain.model import Issue
from bot.domain.search import Filters
from bot.storage.database import Database
from bot.understanding.query import QueryReader

SIZES = {"small": (10_000, 100_000), "full": (10_000, 1_000_000)}
TIMES = 5
MUST_MS = 100.0
DAY = timedelta(days=1)

ALL = Filters()
QUERIES: dict[str, tuple[str, Filters]] = {
    "two characters, common, ja": ("日本", ALL),
    "two characters, common, ko": ("한국", ALL),
    "two characters, name, ja": ("岸田", ALL),
    "two characters, name, ko": ("독도", ALL),
    "two characters, title, ja": ("首相", ALL),
    "two characters, title, ko": ("정상", ALL),
    "two of two characters, ja": ("日韓 会談", ALL),
    "two of two characters, ko": ("한일 회담", ALL),
    "three of two characters": ("日本 韓国 政府", ALL),
    "one character": ("日", ALL),
    "most common word": ("the", ALL),
    "common word, en": ("korea", ALL),
    "common words, en": ("korea japan government", ALL),
    "name, en": ("Kishida", ALL),
    "rare word, en": ("Takeshima", ALL),
    "rare word, ja": ("徴用工", ALL),
    "rare word, ko": ("강제징용", ALL),
    "pair, expanded, ja": ("日韓", ALL),
    "pair, expanded, en": ("Japan-Korea", ALL),
    "island, expanded": ("竹島", ALL),
    "name and title, expanded": ("岸田首相", ALL),
    "names in two languages": ("기시다 Dokdo", ALL),
    "compound, split": ("한일정상회담", ALL),
    "headline, pasted": ("岸田首相が韓国政府と東京で会談", ALL),
    "phrase of common words": ('"court ruling"', ALL),
    "phrase, ja": ('"日韓会談"', ALL),
    "either": ("kishida OR 尹錫悦 OR summit", ALL),
    "common without common": ("korea -japan", ALL),
    "common without common, ja": ("日本 -韓国", ALL),
    "beginning of a word": ("sum*", ALL),
    "beginnings of two words": ("sum* gov*", ALL),
    "nothing found": ("岸田 dokdo 강제징용", ALL),
    "common, last week": ("한국", Filters(since=NOW - 7 * DAY)),
    "common, half a year ago": ("한국", Filters(until=NOW - 180 * DAY)),
    "common, one day": ("日本", Filters(since=NOW - 101 * DAY, until=NOW - 100 * DAY)),
    "name, one month": ("岸田", Filters(since=NOW - 90 * DAY, until=NOW - 60 * DAY)),
    "common, one topic": ("日本", Filters(topic=TOPIC)),
    "common, one outlet": ("日本", Filters(outlet="outlet-5")),
    "common, outlet without stories": ("日本", Filters(outlet="outlet-7")),
    "common, one country": ("정부", Filters(country="KR")),
    "common, frequent issue": ("日本", Filters(issue=next(iter(Issue)))),
    "common, rare issue": ("日本", Filters(issue=Issue.COURTS)),
    "common, own language": ("日本", Filters(language="ja")),
    "common, other language": ("korea", Filters(language="ja")),
    "everything at once": (
        "岸田 OR summit",
        Filters(topic=TOPIC, outlet="outlet-5", since=NOW - 90 * DAY, language="ja"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Taken:
    """How many milliseconds a query took: the first time, and each time after."""

    first: float
    warm: tuple[float, ...]


async def timed(database: Database, reader: QueryReader) -> dict[str, Taken]:
    """Ask every query once, one after the other, and then each of them some times more."""
    first = {name: await once(database, reader, name) for name in QUERIES}
    return {
        name: Taken(
            first=first[name],
            warm=tuple([await once(database, reader, name) for _ in range(TIMES)]),
        )
        for name in QUERIES
    }


async def once(database: Database, reader: QueryReader, name: str) -> float:
    """Return how many milliseconds a query takes, from what is typed to the stories."""
    written, filters = QUERIES[name]
    start = time.perf_counter()
    request = SearchRequest(query=reader.read(written), filters=filters, limit=10)
    await search(database, request, now=NOW)
    return (time.perf_counter() - start) * 1000


async def index_megabytes(database: Database) -> float:
    """Return what the index takes of the file."""
    sizes = text("SELECT SUM(LENGTH(block)) FROM search_index_data")
    async with database.read() as connection:
        total = (await connection.execute(sizes)).scalar_one()
        docs = text("SELECT SUM(LENGTH(sz) + 8) FROM search_index_docsize")
        total += (await connection.execute(docs)).scalar_one()
    return float(total) / 1e6


def p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


async def measured(count: int) -> tuple[list[Row], float]:
    """Return the rows of a store of so many entries, and the 95th percentile when warm."""
    reader = QueryReader(data.names())
    async with filled(count) as store:
        rows = await of_index(store, note := f"{count:,} entries")
        taken = await timed(store.database, reader)
    first = [one.first for one in taken.values()]
    warm = [time for one in taken.values() for time in one.warm]
    for label, times in (("first", first), ("warm", warm)):
        must = MUST_MS if count >= SIZES["full"][-1] else None
        rows += [
            Row(measure=f"search, {label}, ms (median)", value=statistics.median(times), note=note),
            Row(
                measure=f"search, {label}, ms (p95)",
                value=p95(times),
                must=must,
                lower_is_better=True,
                note=note,
            ),
            Row(measure=f"search, {label}, ms (slowest)", value=max(times), note=note),
        ]
    rows += [
        Row(
            measure=f"  {name}, ms",
            value=statistics.median(one.warm),
            note=f"{QUERIES[name][0]}; first {one.first:.0f}",
        )
        for name, one in taken.items()
    ]
    return rows, p95(warm)


async def of_index(store: Store, note: str) -> list[Row]:
    whole = (store.database.path or Path()).stat().st_size / 1e6
    megabytes = await index_megabytes(store.database)
    return [
        Row(measure="index, s to build", value=store.indexing, note=note),
        Row(measure="index, MB", value=megabytes, note=f"{note}, of {whole:.0f} MB"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000,000 entries")
    few, many = SIZES["full" if parser.parse_args(arguments).full else "small"]
    small, base = asyncio.run(measured(few))
    large, slow = asyncio.run(measured(many))
    ratio = Row(measure="search p95, ratio", value=slow / base, note=f"{many:,} to {few:,}")
    print_table([*small[:8], *large, ratio], title=f"Search: {len(QUERIES)} queries")


if __name__ == "__main__":
    main()
