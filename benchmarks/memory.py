"""Memory of the whole bot while it does a day's work, and the size of Heroku's slug.

``python -m benchmarks.memory`` starts the real process (``run``, every role, as a dyno does)
over feeds on loopback that bring a day's entries, and sums the proportional set size (PSS:
shared pages count once over all processes) over its process tree, from /proc. ``--full``
brings the entries in more polls; ``--slug`` also builds the slug, which installs the lock.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from aiohttp import web

from benchmarks.report import Row, print_table
from bot.demo.samples import load_sample_feeds, render_sample
from bot.feeds.parse import parse_feed

ROOT = Path(__file__).parents[1]

# What the default feeds bring in a day that could matter (docs/architecture.md).
ENTRIES = 350
FEEDS = 24

# A Basic dyno has 512 MB and swaps above; a third is kept for a day that is not average.
MOST_MB = 350.0
MOST_SLUG_MB = 300.0

SAMPLE_SECONDS = 0.25
POLL_SECONDS = 62


@dataclass
class Day:
    """The entries of a day, brought poll by poll."""

    titles: Sequence[tuple[str, str]]
    polls: int
    polled: dict[int, int] = field(default_factory=dict)

    def document(self, feed: int) -> bytes:
        """Return a feed's document at its next poll: the newest of its entries."""
        poll = self.polled[feed] = self.polled.get(feed, 0) + 1
        each = ENTRIES // FEEDS // self.polls + 1
        last = min(poll, self.polls) * each
        items = "".join(self._item(feed, number) for number in range(max(0, last - 30), last))
        head = '<?xml version="1.0"?><rss version="2.0"><channel><title>A day</title>'
        return f"{head}{items}</channel></rss>".encode()

    def _item(self, feed: int, number: int) -> str:
        title, text = self.titles[(feed * 31 + number) % len(self.titles)]
        url = f"https://sample-{feed}.example/{number}"
        at = format_datetime(datetime.now(UTC) - timedelta(minutes=number))
        return (
            f"<item><guid>{url}</guid><link>{url}</link><title>{escape(title)} {number}</title>"
            f"<description>{escape(text)}</description><pubDate>{at}</pubDate></item>"
        )


def sample_texts() -> list[tuple[str, str]]:
    """Return titles and texts of the bundled samples, in three languages."""
    now = datetime.now(UTC)
    found = []
    for feed in load_sample_feeds(""):
        document = render_sample(feed.path, now)
        parsed: Any = parse_feed(
            document.body,
            content_type=document.content_type,
            url="https://sample.example/rss",
            zone=None,
            now=now,
        )
        found += [(entry.title, entry.text) for entry in parsed.entries]
    return found


@asynccontextmanager
async def serve(day: Day) -> Any:
    """Serve the day's feeds on loopback; yields their addresses."""

    async def answer(request: web.Request) -> web.Response:
        body = day.document(int(request.match_info["feed"]))
        return web.Response(body=body, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/{feed}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    yield [f"http://127.0.0.1:{port}/{number}" for number in range(FEEDS)]
    await runner.cleanup()


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from tree(int(child))


def pss_mb(pid: int) -> float:
    """Return the proportional set size over the process tree, in megabytes of 2^20 bytes."""
    return sum(map(_pss_of, tree(pid))) / 1024


def _pss_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def configure(folder: Path, addresses: Sequence[str]) -> dict[str, str]:
    """Write a configuration of these feeds, with digests that fall due; returns the environment."""
    feeds = [
        f'[[feed]]\nurl = "{url}"\nname = "{number}"\n' for number, url in enumerate(addresses)
    ]
    (folder / "feeds.toml").write_text("\n".join(feeds))
    outputs = [
        _output(folder, number, language) for number, language in enumerate(("en", "ja", "ko"))
    ]
    # The encoder of the lock file: this machine may have the other one, too.
    polling = '[polling]\ninterval_minutes = 1\n[understanding]\nencoder = "use"\n'
    (folder / "settings.toml").write_text(polling + "".join(outputs))
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return kept | {
        "STRAIT_CONFIG_DIR": str(folder),
        "STRAIT_ALLOW_NETWORKS": "127.0.0.0/8",
        "DATABASE_URL": f"sqlite:///{folder}/strait.sqlite3",
        "MALLOC_ARENA_MAX": "2",
        "PYTHONUTF8": "1",
    }


def _output(folder: Path, number: int, language: str) -> str:
    due = datetime.now(ZoneInfo("Asia/Seoul")) + timedelta(minutes=1 + number)
    return (
        f'[[output]]\nname = "{language}"\nkind = "file"\nlanguage = "{language}"\n'
        f'path = "{folder}/{language}.jsonl"\nzone = "Asia/Seoul"\nschedule = "daily {due:%H:%M}"\n'
    )


@contextmanager
def running(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the bot with every role, and end it."""
    process = subprocess.Popen(
        (sys.executable, "-m", "bot", "run"), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def written(folder: Path) -> int:
    """Return how many of the outputs have got a digest."""
    return sum(1 for path in folder.glob("*.jsonl") if path.stat().st_size)


async def day_of_work(polls: int) -> list[Row]:
    """Return the peak and the end of the memory over a day's polls, reads and digests."""
    day = Day(sample_texts(), polls)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with serve(day) as addresses:
            with running(configure(folder, addresses)) as process:
                measured = await watch(process, seconds=(polls + 1) * POLL_SECONDS)
        digests = written(folder)
    note = f"{polls} polls of {FEEDS} feeds, {ENTRIES} entries, {digests} digests"
    return [
        Row(
            measure="peak PSS of the process tree, MB",
            value=max(measured),
            must=MOST_MB,
            note=note,
            lower_is_better=True,
        ),
        Row(measure="PSS at the end, MB", value=measured[-1], lower_is_better=True),
    ]


async def watch(process: subprocess.Popen[bytes], *, seconds: float) -> list[float]:
    """Return the memory, measured again and again for so long."""
    measured, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("the bot ended early")
        measured.append(pss_mb(process.pid))
        await asyncio.sleep(SAMPLE_SECONDS)
    return measured


def slug() -> list[Row]:
    """Return the compressed size of what Heroku keeps: the lock's packages and the repository."""
    with tempfile.TemporaryDirectory() as temporary:
        packages, archive = Path(temporary) / "packages", Path(temporary) / "slug.tgz"
        install = ("-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps")
        lock = ("--target", str(packages), "-r", str(ROOT / "requirements.txt"))
        subprocess.run((sys.executable, *install, *lock), check=True)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(packages, "packages")
            for name in kept_files():
                tar.add(ROOT / name, name)
        size = archive.stat().st_size / 1e6
    return [
        Row(
            measure="slug without Python, compressed, MB",
            value=size,
            must=MOST_SLUG_MB,
            note="Python itself adds about 30",
            lower_is_better=True,
        )
    ]


def kept_files() -> list[str]:
    """Return the repository's files that .slugignore leaves in."""
    ignored = (ROOT / ".slugignore").read_text().split()
    patterns = [line.removeprefix("/") for line in ignored]
    tracked = subprocess.run(("git", "ls-files"), cwd=ROOT, check=True, capture_output=True)
    names = tracked.stdout.decode().splitlines()
    return [n for n in names if not any(fnmatch(n, p) or n.startswith(p + "/") for p in patterns)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more polls")
    parser.add_argument("--slug", action="store_true", help="also install and pack the lock")
    arguments = parser.parse_args()
    rows = asyncio.run(day_of_work(8 if arguments.full else 2))
    print_table(rows + (slug() if arguments.slug else []), title="Memory")


if __name__ == "__main__":
    main()
