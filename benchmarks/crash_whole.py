"""The whole bot, killed while it writes digests and sends them to Slack and Discord at once.

Most processes are ``python -m bot run --roles send,write`` exactly as a person starts it, with
its own leases of minutes, killed from outside: by the platform in the middle of a request, or at
random times. The others die around a commit of the writing or the sending. Slots become due,
are planned, composed and rendered by the bot itself: each channel must get each part once.
"""

import asyncio
import os
import random
import signal
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

from aiohttp import web
from sqlalchemy import func, select

from benchmarks.crash_child import Fault
from benchmarks.crash_outbox import OPEN, TASTE
from benchmarks.crash_process import Process, execute, migrate
from benchmarks.crash_receivers import Kind, Receiver, open_receiver
from benchmarks.crash_report import Tally
from benchmarks.crash_run import PLATFORM, RANDOM, Aim, database_url
from benchmarks.crash_stories import tell
from bot.domain.errors import StorageError
from bot.domain.model import DeliveryStatus
from bot.domain.schedule import parse_schedule
from bot.storage import subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries

KIND = "the whole bot"
KINDS = (Kind.SLACK, Kind.DISCORD)

# Of the points, those in the process (the others need nothing of the harness in it).
COMMITS = ("before commit", "during commit", "after commit")

# Two at once, as while a hosting service hands over from one to the next.
PROCESSES = 2

# Channels of each platform that become due together, one batch after the other.
BATCH = 12

# A start with both platforms' libraries, the writing and a first round takes two seconds here.
PATIENCE, RANDOM_SECONDS = 30.0, 5.0

MOST_PASSES = 4

# After the last kill: a lease of two minutes, half a minute of settling, and the sending.
SETTLE_SECONDS = 400


@dataclass(kw_only=True)
class WholeRun:
    """A database, both platforms, and processes that write and send."""

    url: str
    shortens: bool
    chance: random.Random
    folder: Path
    database: Database
    receivers: tuple[Receiver, ...]
    tally: Tally
    aims: dict[str, Aim] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    channels: list[tuple[str, str]] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)
    names: Iterator[int] = field(default_factory=lambda: count(1))
    numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, seed: int, name: str, shortens: bool = False
    ) -> AsyncIterator["WholeRun"]:
        """Make the database with its stories, and the platforms.

        ``shortens``: leases last seconds, so that a test need not wait for them; then no
        process is as a person starts it.
        """
        database = Database(database_url(url))
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="strait-crash-"))
            receivers = [await stack.enter_async_context(open_receiver(kind)) for kind in KINDS]
            run = cls(
                url=url,
                shortens=shortens,
                chance=random.Random(f"{seed}{KIND}{name}"),
                folder=Path(folder),
                database=database,
                receivers=tuple(receivers),
                tally=Tally(database=name, kind=KIND),
            )
            try:
                await run._prepare()
                yield run
            finally:
                for process in run.processes.values():
                    await process.kill()
                await database.close()

    async def _prepare(self) -> None:
        for receiver in self.receivers:
            receiver.listen(self._at_stage)
        (self.folder / "feeds.toml").write_text("", encoding="utf-8")
        await migrate(self.url, self.folder)
        await tell(self.database)
        await self._learn()

    async def _learn(self) -> None:
        """Let an undisturbed process show of how many parts a digest is."""
        await self._fall_due(1)
        process = await self._start(None if not self.shortens else Fault())
        async with asyncio.timeout(SETTLE_SECONDS):
            while await self._is_owed():  # noqa: ASYNC110 - the bot is another process
                await asyncio.sleep(0.2)
        await process.kill()
        self.parts = {
            receiver.destination(0).platform: len(receiver.arrived()) for receiver in self.receivers
        }

    async def crash(self, kills: int) -> Tally:
        """Kill so often, then let everything be sent; returns what was counted."""
        clock = asyncio.get_running_loop().time
        began = clock()
        hands = [asyncio.create_task(self._kill_until(kills)) for _ in range(PROCESSES)]
        try:
            await asyncio.gather(*hands)
        finally:
            for hand in hands:
                hand.cancel()
        await self._settle()
        await self._count()
        self.tally.seconds = clock() - began
        return self.tally

    async def _kill_until(self, kills: int) -> None:
        points = [*PLATFORM, *PLATFORM, *COMMITS, RANDOM]
        while sum(self.tally.aimed.values()) < kills:
            point = points[sum(self.tally.aimed.values()) % len(points)]
            self.tally.aimed[point] += 1
            await self._fall_due(BATCH)
            await self._kill_once(point)

    async def _kill_once(self, point: str) -> None:
        nth = self.chance.randint(1, MOST_PASSES)
        hooked = point in COMMITS or self.shortens
        fault = Fault(
            point=point if point in COMMITS else "",
            nth=nth,
            seed=self.chance.randrange(2**31),
            shortens=self.shortens,
        )
        process = await self._start(fault if hooked else None)
        if point in PLATFORM:
            self.aims[process.name] = Aim(stage=PLATFORM[point], nth=nth)
        patience = self.chance.uniform(0, RANDOM_SECONDS) if point == RANDOM else PATIENCE
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            point = RANDOM
            await process.kill()
        self.aims.pop(process.name, None)
        if process.was_killed:
            self.tally.killed(point, unmodified=not hooked)
        else:
            self.tally.failed(point, process.code)

    def _at_stage(self, stage: str, request: web.Request) -> None:
        name = request.match_info.get("by", "")
        aim = self.aims.get(name)
        if aim is None or aim.stage != stage:
            return
        aim.nth -= 1
        if aim.nth == 0:
            self.aims.pop(name)
            self.processes[name].send(aim.gets)

    async def _start(self, fault: Fault | None) -> Process:
        name = f"w{next(self.names)}"
        environ = {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": self.url,
            "STRAIT_CONFIG_DIR": str(self.folder),
            "LOG_LEVEL": "WARNING",
        }
        for receiver in self.receivers:
            environ |= receiver.environ(name, 0)
        arguments = ("run", "--roles", "send,write")
        self.processes[name] = await execute(
            name, arguments, environ, fault=fault, folder=self.folder
        )
        return self.processes[name]

    async def _fall_due(self, channels: int) -> None:
        """Subscribe new channels, due for this minute: what the bot must send from here on."""
        now = datetime.now(UTC)
        slot = now.replace(second=0, microsecond=0)
        taste = replace(TASTE, schedule=parse_schedule(f"daily {slot:%H:%M}", "UTC"))
        numbers = [next(self.numbers) for _ in range(channels)]
        places = [receiver.destination(n) for receiver in self.receivers for n in numbers]
        async with self.database.write() as connection:
            for where in places:
                before = slot - timedelta(minutes=1)
                await subscriptions.add(
                    connection, where, taste, created_by=None, after=before, now=now
                )
        self.channels += [(where.platform, where.channel) for where in places]

    async def _is_owed(self) -> bool:
        """Tell whether a channel has nothing yet, or the outbox has something to send."""
        got = {channel for receiver in self.receivers for channel, _ in receiver.arrived()}
        if {channel for _, channel in self.channels} - got:
            return True
        statement = select(func.count()).select_from(deliveries)
        async with self.database.read() as connection:
            return bool(await connection.scalar(statement.where(deliveries.c.status.in_(OPEN))))

    async def _settle(self) -> None:
        fault = Fault() if self.shortens else None
        processes = [await self._start(fault), await self._start(fault)]
        end = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while asyncio.get_running_loop().time() < end:
            with suppress(StorageError):
                if not await self._is_owed():
                    break
            await asyncio.sleep(0.5)
        for process in processes:
            process.send(signal.SIGTERM)
            await process.wait()

    async def _count(self) -> None:
        """Each channel's parts, by what they say: as many as an undisturbed channel got."""
        arrived: list[tuple[str, str]] = []
        expected: dict[str, list[str]] = {}
        for receiver in self.receivers:
            history, dropped = receiver.asked()
            self.tally.history_read += history
            self.tally.repeats_dropped += dropped
            got: dict[str, list[str]] = defaultdict(list)
            for channel, text in receiver.arrived():
                got[channel].append(sha256(text.encode()).hexdigest()[:12])
            platform = receiver.destination(0).platform
            for channel in [c for p, c in self.channels if p == platform]:
                arrived += [(channel, text) for text in got[channel]]
                distinct = list(dict.fromkeys(got[channel]))
                missing = self.parts[platform] - len(distinct)
                expected[channel] = distinct + [f"part {n} more" for n in range(missing)]
                if missing < 0:
                    self.tally.failures[f"{channel} got other digests too"] += 1
        self.tally.count(expected, arrived, {})
        await self._ask_for_uncertain()

    async def _ask_for_uncertain(self) -> None:
        uncertain = deliveries.c.status == DeliveryStatus.UNCERTAIN
        async with self.database.read() as connection:
            rows = await connection.execute(select(deliveries.c.problem).where(uncertain))
            self.tally.uncertain.update(row.problem or "" for row in rows)
