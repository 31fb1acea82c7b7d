import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.model import Fetched
from bot.feeds.parsing import FeedParser
from tests.feeds.documents import feed_of

NOW = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

# Takes feedparser far longer than any deadline here: a million open elements.
ENDLESS = b"<rss><channel><item>" + b"<a>" * 1_000_000

OWNER = """
import asyncio, os, sys
from datetime import UTC, datetime
from bot.domain.model import Fetched
from bot.feeds.parsing import FeedParser

async def main():
    parser = FeedParser()
    await parser.parse(Fetched(url="http://x.example/", body=b""), zone=None, now=datetime.now(UTC))
    print(parser.process_ids[0], flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def parser() -> AsyncIterator[FeedParser]:
    async with FeedParser(processes=1) as opened:
        yield opened


def fetched(body: bytes) -> Fetched:
    return Fetched(url="https://wire.example/rss", body=body, content_type="text/xml")


async def guids(parser: FeedParser, numbers: list[int]) -> list[str]:
    parsed = await parser.parse(fetched(feed_of(numbers)), zone=None, now=NOW)
    return [entry.guid for entry in parsed.entries]


async def test_a_document_is_parsed_in_another_process(parser: FeedParser) -> None:
    """Which is started when it is first needed, and kept."""
    assert list(parser.process_ids) == []
    assert await guids(parser, [1, 2]) == ["wire-1", "wire-2"]
    first = parser.process_ids
    assert await guids(parser, [3]) == ["wire-3"]
    assert parser.process_ids == first
    assert os.getpid() not in first


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    """With the reason, and its process is ended."""
    async with FeedParser(processes=1, seconds=0.5) as parser:
        parsed = await parser.parse(fetched(ENDLESS), zone=None, now=NOW)
        assert "more than 0.5 s" in (parsed.problem or "")
        assert parser.process_ids == ()


async def test_a_bad_feed_does_not_hold_the_others() -> None:
    """While one process is busy with it, another one is started and answers."""
    async with FeedParser(processes=2, held=0.01) as parser:
        bad = asyncio.create_task(parser.parse(fetched(ENDLESS), zone=None, now=NOW))
        await asyncio.sleep(0)
        assert await guids(parser, [1]) == ["wire-1"]
        assert not bad.done()
        bad.cancel()
        await asyncio.gather(bad, return_exceptions=True)


async def test_many_good_feeds_need_one_process() -> None:
    """They wait for each other: a second one would cost memory for nothing."""
    async with FeedParser(processes=2, held=60) as parser:
        found = await asyncio.gather(*(guids(parser, [number]) for number in range(8)))
        assert found == [[f"wire-{number}"] for number in range(8)]
        assert len(parser.process_ids) == 1


async def test_there_are_never_more_processes_than_allowed() -> None:
    """However many documents wait too long; each is parsed in the end."""
    async with FeedParser(processes=2, held=0.0) as parser:
        found = await asyncio.gather(*(guids(parser, [number]) for number in range(8)))
        assert found == [[f"wire-{number}"] for number in range(8)]
        assert 1 <= len(parser.process_ids) <= 2


async def test_a_process_that_dies_costs_only_its_document(parser: FeedParser) -> None:
    """Killed from outside, by the kernel say, while it is parsing."""
    await guids(parser, [1])
    (victim,) = parser.process_ids
    task = asyncio.create_task(parser.parse(fetched(ENDLESS), zone=None, now=NOW))
    await asyncio.sleep(0.2)
    os.kill(victim, signal.SIGKILL)
    parsed = await task
    assert "within the memory allowed" in (parsed.problem or "")
    assert await guids(parser, [2]) == ["wire-2"]


async def test_a_process_that_died_unseen_is_replaced(parser: FeedParser) -> None:
    """Between two documents."""
    await guids(parser, [1])
    os.kill(parser.process_ids[0], signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert await guids(parser, [2]) == ["wire-2"]


async def test_cancelling_ends_the_process(parser: FeedParser) -> None:
    """Nothing goes on parsing for nobody."""
    task = asyncio.create_task(parser.parse(fetched(ENDLESS), zone=None, now=NOW))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert parser.process_ids == ()
    assert await guids(parser, [1]) == ["wire-1"]


async def test_closing_ends_the_processes() -> None:
    """And waits for them: none stays behind as a zombie."""
    async with FeedParser(processes=1) as parser:
        await guids(parser, [1])
        (process,) = parser.process_ids
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_the_process_knows_no_secrets(
    parser: FeedParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads hostile documents holds no tokens."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    await guids(parser, [1])
    environment = _shown(parser.process_ids[0], "environ")
    assert b"PATH=" in environment
    assert b"xoxb-secret" not in environment


async def test_the_process_is_bounded(parser: FeedParser) -> None:
    """By the system itself, should its owner be gone: 1 GiB, and half a minute of CPU."""
    await guids(parser, [1])
    limits = _shown(parser.process_ids[0], "limits").decode()
    soft = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert int(soft["Max address space"]) == 1024**3
    assert int(soft["Max cpu time"]) <= 60


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_its_owner(end: signal.Signals) -> None:
    """However the owner ends, even without a chance to close anything."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        worker = int(owner.stdout.readline())
        owner.send_signal(end)
    assert _ends(worker)


def _shown(process: int, name: str) -> bytes:
    path = Path(f"/proc/{process}/{name}")
    if not path.exists():
        pytest.skip("this system has no /proc")
    return path.read_bytes()


def _ends(process: int) -> bool:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if _is_zombie(process):
            return True
        signal.sigtimedwait([], 0.05)
    return False


def _is_zombie(process: int) -> bool:
    # An orphan that ended may wait for its new parent, which is not ours to hurry.
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
