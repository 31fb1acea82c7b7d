"""Speed of polling, parsing, replay and look-up.

``python -m benchmarks.speed`` takes a small slice, ``--full`` everything. Times are wall
clock on this machine and noisy: compare them as ratios within one run.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import data
from benchmarks.report import Row, print_table
from bot.app.demo import open_demo
from bot.commands.news import as_digest, latest_news
from bot.demo.samples import load_sample_feeds, render_sample
from bot.domain.compose import DigestRequest
from bot.domain.lens import Viewpoint
from bot.domain.model import Language
from bot.feeds.parse import parse_feed
from bot.jobs.write_digests import DigestWriter
from bot.settings import load_settings
from bot.storage.database import Database
from bot.storage.schema import entries, feeds, readings, stories
from bot.summarize.counts import counts_that_differ
from bot.summarize.extractive import ExtractiveSummarizer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "japan-korea"

# Stored entries: what a year of the default feeds brings, and a tenth of it.
STORED = {"small": 10_000, "full": 100_000}
SLICE = 1000
LOOKUPS = 30

# Of stored entries one in five matters, and a story has three reports.
RELEVANT_EVERY = 5
REPORTS = 3


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes, once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


async def milliseconds(work: Callable[[], Awaitable[object]], times: int) -> list[float]:
    """Return how long each of several runs takes, after one that is not counted."""
    await work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def parsing() -> list[Row]:
    documents = [render_sample(feed.path, NOW) for feed in load_sample_feeds("")]

    def work() -> None:
        for document in documents:
            parse_feed(
                document.body,
                content_type=document.content_type,
                url="https://sample.example/rss",
                zone=None,
                now=NOW,
            )

    work()
    rate = len(documents) / statistics.median(seconds(work) for _ in range(5))
    return [Row(measure="parse, documents/s", value=rate, note=f"{len(documents)} sample feeds")]


async def polling() -> list[Row]:
    """Poll the sample feeds over loopback, twice, and read them."""
    async with open_demo() as app:
        rows = []
        for name in ("first poll", "second poll (304)"):
            start = time.perf_counter()
            totals = await app.refresh(only_due=False)
            rate = len(totals.results) / (time.perf_counter() - start)
            rows.append(Row(measure=f"{name}, feeds/s", value=rate, note=f"{totals.new} new"))
        start = time.perf_counter()
        read = await app.read()
        taken = time.perf_counter() - start
        rows.append(Row(measure="read, entries/s", value=read.read / taken, note="sample feeds"))
        return rows


def replaying(*, full: bool) -> list[Row]:
    """Replay the archived stream in a process of its own, so that its memory is its own."""
    if data.folder() is None:
        print(data.ABSENT)
        return []
    lines = (data.folder() or Path()).joinpath("stream_dev.jsonl").read_text("utf-8").splitlines()
    chosen = lines if full else lines[-SLICE:]
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
        source.write_text("\n".join(chosen) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "bot", "replay", str(source), "--out", str(out)]
        taken = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
        decided = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    # The largest child so far: nothing else that this bench starts comes near it.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    must = 150.0 if full else None
    return [
        Row(measure="replay, items/s", value=len(decided) / taken, note=f"{len(decided)} items"),
        Row(measure="replay, s", value=taken, must=must, lower_is_better=True),
        Row(measure="replay, peak RSS MB", value=peak, must=450.0, lower_is_better=True),
    ]


async def looking_up(*, full: bool) -> list[Row]:
    stored = STORED["full" if full else "small"]
    topic = load_settings({}).topics[TOPIC]
    async with filled(stored) as database:

        async def news() -> None:
            found = await latest_news(database, topic, since=timedelta(hours=24), limit=10, now=NOW)
            await as_digest(database, found, language=Language.EN, zone="Asia/Seoul")

        taken = await milliseconds(news, LOOKUPS)
        writer = DigestWriter(database, ExtractiveSummarizer(), viewpoint=_viewpoint())
        request = DigestRequest(
            topic=topic,
            language=Language.EN,
            zone="Asia/Seoul",
            since=NOW - timedelta(hours=24),
            until=NOW,
            max_stories=10,
            max_words=60,
            told={},
        )
        await writer.write(request)
        # Another length is another summary, which is not kept yet.
        made = [await once(writer, replace(request, max_words=words)) for words in (40, 41, 42)]
        kept = [await once(writer, request) for _ in range(5)]
    note = f"{stored:,} entries stored"
    return [
        Row(
            measure="news, ms (median)",
            value=statistics.median(taken),
            must=500.0,
            lower_is_better=True,
            note=note,
        ),
        Row(measure="news, ms (slowest)", value=max(taken), note=note),
        Row(measure="digest of 10 stories, ms", value=statistics.median(made), note="summarized"),
        Row(measure="digest of 10 stories, ms", value=statistics.median(kept), note="kept"),
    ]


async def once(writer: DigestWriter, request: DigestRequest) -> float:
    """Return how many milliseconds a digest takes."""
    start = time.perf_counter()
    await writer.write(request)
    return (time.perf_counter() - start) * 1000


@asynccontextmanager
async def filled(count: int) -> AsyncIterator[Database]:
    """Open a database with so many entries of a year, a story's reports side by side."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/bench.sqlite3")
        await database.migrate()
        async with database.write() as connection:
            url = "https://h.example/rss"
            await connection.execute(
                feeds.insert().values(
                    id=1, url=url, named_url=url, name="H", configured=False, created_at=NOW
                )
            )
            await connection.execute(entries.insert(), [entry_row(n, count) for n in range(count)])
            relevant = list(range(0, count, RELEVANT_EVERY))
            leads = relevant[::REPORTS]
            await connection.execute(
                stories.insert(), [story_row(i, n, count) for i, n in enumerate(leads, 1)]
            )
            await connection.execute(
                readings.insert(),
                [reading_row(n, i // REPORTS + 1) for i, n in enumerate(relevant)],
            )
        yield database
        await database.close()


def moment(number: int, count: int) -> datetime:
    return NOW - timedelta(days=365) * (1 - (number + 1) / count)


def entry_row(number: int, count: int) -> dict[str, object]:
    published = moment(number, count)
    words = f"The ministers of both countries met in Seoul on matter {number} and agreed on it."
    return {
        "id": number + 1,
        "feed_id": 1,
        "guid": str(number),
        "url": f"https://h.example/{number}",
        "title": f"Ministers meet on matter {number}",
        "text": " ".join([words, "They will meet again next month.", "No date was given."]),
        "language": "en",
        "outlet": f"outlet-{number % 12}",
        "outlet_name": f"Outlet {number % 12}",
        "country": ("KR", "JP", "US")[number % 3],
        "published_at": published,
        "seen_at": published,
        "content_hash": str(number),
        "unread": False,
    }


def story_row(story_id: int, lead: int, count: int) -> dict[str, object]:
    return {
        "id": story_id,
        "topic": TOPIC,
        "headline": f"Ministers meet on matter {lead}",
        "issue": "summit-diplomacy",
        "lead_entry_id": lead + 1,
        "first_seen_at": moment(lead, count),
        "last_seen_at": moment(min(lead + RELEVANT_EVERY * (REPORTS - 1), count - 1), count),
        "version": REPORTS,
    }


def reading_row(number: int, story_id: int) -> dict[str, object]:
    return {
        "entry_id": number + 1,
        "topic": TOPIC,
        "language": "en",
        "relevance": 0.9,
        "relevant": True,
        "reasons": ["both governments"],
        "issue": "summit-diplomacy",
        "entities": [],
        "vector": bytes(768),
        "story_id": story_id,
    }


def _viewpoint() -> Viewpoint:
    """Return how an instance looks at stories: with its terms and numbers."""
    return Viewpoint(style=load_settings({}).house_style, counts=counts_that_differ)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="everything, not a small slice")
    full = parser.parse_args(arguments).full
    # The replay first: a child's peak memory counts the parent's at its start.
    rows = [
        *replaying(full=full),
        *parsing(),
        *asyncio.run(polling()),
        *asyncio.run(looking_up(full=full)),
    ]
    print_table(rows, title="Speed")


if __name__ == "__main__":
    main()
