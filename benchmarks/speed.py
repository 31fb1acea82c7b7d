"""Speed of polling, parsing, replay, reading and look-up.

``python -m benchmarks.speed`` takes a small slice, ``--full`` everything; ``--stored`` only what
depends on how much is stored: reading new entries, and look-ups. Times are wall
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
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks import data
from benchmarks.new_entries import cost
from benchmarks.report import Row, print_table
from benchmarks.stored import NOW, TOPIC, filled
from bot.app.demo import open_demo
from bot.commands.news import News, as_digest, latest_news
from bot.demo.samples import load_sample_feeds, render_sample
from bot.domain.compose import DigestRequest
from bot.domain.lens import Viewpoint
from bot.domain.model import Language
from bot.domain.topic import Topic
from bot.feeds.parse import parse_feed
from bot.jobs.write_digests import DigestWriter
from bot.settings import load_settings
from bot.storage.database import Database
from bot.summarize.counts import counts_that_differ
from bot.summarize.extractive import ExtractiveSummarizer
from bot.understanding.vectors import load_encoder

# Stored entries for the chat platforms: what a year of the default feeds brings, and a tenth.
STORED = {"small": 10_000, "full": 100_000}
SLICE = 1000

LOOKUPS = 30
MUST_MS = 100.0

# Between these sizes the cost of a new entry must stay the same. Entries come at the same rate
# in all, so that the days that a reader remembers hold the same: what differs is the past.
CURVE = {"small": (10_000, 100_000), "full": (10_000, 100_000, 1_000_000)}
DAILY = 1_000
MUST_RATIO = 1.2


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
            totals = await app.polling.refresh(only_due=False)
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


async def storing(*, full: bool) -> list[Row]:
    """Read new entries and look things up, with more and more entries stored."""
    settings, encoder = load_settings({}), load_encoder()
    rows, costs = [], []
    sizes = CURVE["full" if full else "small"]
    for count in sizes:
        note = f"{count:,} stored, {DAILY:,} a day"
        async with filled(count, span=timedelta(days=count / DAILY), dim=encoder.dim) as store:
            of_reading, seconds_taken = await cost(store.database, settings, encoder, note=note)
            costs.append(seconds_taken)
            rows += of_reading
            rows += await looking_up(store.database, settings.topics[TOPIC], note=note)
            if count == sizes[0]:
                rows += await digesting(store.database, settings.topics[TOPIC], note=note)
    return [
        *rows,
        Row(
            measure="cost of a new entry, ratio",
            value=costs[-1] / costs[0],
            must=MUST_RATIO,
            lower_is_better=True,
            note=f"{sizes[-1]:,} to {sizes[0]:,} stored",
        ),
    ]


async def looking_up(database: Database, topic: Topic, *, note: str) -> list[Row]:
    """Look up the news of a day and of a week, as the shell and as the chat platforms do."""
    rows = []
    for days in (1, 7):

        async def listed(since: timedelta = timedelta(days=days)) -> News:
            return await latest_news(database, topic, since=since, limit=10, now=NOW)

        async def answered(listed: Callable[[], Awaitable[News]] = listed) -> None:
            found = await listed()
            await as_digest(database, found, language=Language.EN, zone="Asia/Seoul")

        for name, work in (("news TOPIC", listed), ("/news in chat", answered)):
            taken = await milliseconds(work, LOOKUPS)
            rows.append(news_row(f"{name}, {days} d", taken, note))
    return rows


async def digesting(database: Database, topic: Topic, *, note: str) -> list[Row]:
    """Compose a digest from new summaries, and from kept ones."""
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
    measure = "digest of 10 stories, ms"
    return [
        Row(measure=measure, value=statistics.median(made), note=f"{note}; summarized"),
        Row(measure=measure, value=statistics.median(kept), note=f"{note}; kept"),
    ]


def news_row(name: str, taken: Sequence[float], note: str) -> Row:
    """Return the median of some look-ups; the slowest stands in the note."""
    return Row(
        measure=f"{name}, ms (median)",
        value=statistics.median(taken),
        must=MUST_MS,
        lower_is_better=True,
        note=f"{note}; slowest {max(taken):.0f}",
    )


async def once(writer: DigestWriter, request: DigestRequest) -> float:
    """Return how many milliseconds a digest takes."""
    start = time.perf_counter()
    await writer.write(request)
    return (time.perf_counter() - start) * 1000


def _viewpoint() -> Viewpoint:
    """Return how an instance looks at stories: with its terms and numbers."""
    return Viewpoint(style=load_settings({}).house_style, counts=counts_that_differ)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="everything, not a small slice")
    parser.add_argument("--stored", action="store_true", help="only what depends on the store")
    chosen = parser.parse_args(arguments)
    full = chosen.full
    if chosen.stored:
        print_table(asyncio.run(storing(full=full)), title="Speed")
        return
    # The replay first: a child's peak memory counts the parent's at its start.
    rows = [
        *replaying(full=full),
        *parsing(),
        *asyncio.run(polling()),
        *asyncio.run(storing(full=full)),
    ]
    print_table(rows, title="Speed")


if __name__ == "__main__":
    main()
