"""One database, one platform, and the processes that are killed between them."""

import asyncio
import os
import random
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from aiohttp import web

from benchmarks.crash_child import Fault
from benchmarks.crash_outbox import CHANNELS, Outbox
from benchmarks.crash_process import Process, execute, migrate
from benchmarks.crash_receivers import Kind, Receiver, Upset, open_receiver
from benchmarks.crash_report import Tally
from bot.domain.errors import StorageError
from bot.storage.database import Database
from tests.fakes.postgres import PostgresServer

# Several processes at once, as while a hosting service hands over from one to the next.
PROCESSES = 4

# A passing of a named point at which the process dies: the first, or one a little later.
MOST_PASSES = 4

# A process that was not killed at its point by then (it had nothing to do) is killed anyway.
PATIENCE = 30.0

# Random times: from the start of the interpreter to well into the sending.
RANDOM_SECONDS = 3.0

SETTLE_SECONDS = 180

# One post of so many is cut off, refused or left without an answer.
UPSET_OF = 50

SELF = (
    "after claim",
    "before send",
    "after send",
    "before record",
    "before commit",
    "during commit",
    "after commit",
    "after record",
)
PLATFORM = {"request begun": "headers", "request whole": "body", "accepted": "accepted"}
RANDOM = "random time"
# Only what an earlier kill has left can be looked for.
FIRST_KILLS = 5
LOOKS = ("before look-up", "after look-up")

# As the environment names a database → as the storage does.
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def database_url(url: str) -> str:
    """Return the address with its driver."""
    scheme, _, rest = url.partition(":")
    return f"{DRIVERS[scheme]}:{rest}"


@dataclass(kw_only=True)
class Aim:
    """The n-th request of a process at whose stage it gets a signal."""

    stage: str
    nth: int = 1
    gets: signal.Signals = signal.SIGKILL


@dataclass(kw_only=True)
class Run:
    """A database, a platform and their processes."""

    url: str
    kind: Kind
    chance: random.Random
    folder: Path
    database: Database
    receiver: Receiver
    server: PostgresServer | None
    channels: int
    tally: Tally
    aims: dict[str, Aim] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    names: Iterator[int] = field(default_factory=lambda: count(1))
    points: list[str] = field(default_factory=list)
    outbox: Outbox = field(init=False)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        kind: Kind,
        *,
        seed: int,
        server: PostgresServer | None,
        channels: int = CHANNELS,
    ) -> AsyncIterator["Run"]:
        """Make the database, its subscriptions and the platform."""
        name = "postgres" if server else "sqlite"
        database = Database(database_url(url))
        with tempfile.TemporaryDirectory(prefix="strait-crash-") as folder:
            async with open_receiver(kind) as receiver:
                run = cls(
                    url=url,
                    kind=kind,
                    chance=random.Random(f"{seed}{kind}{name}"),
                    folder=Path(folder),
                    database=database,
                    receiver=receiver,
                    server=server,
                    channels=channels,
                    tally=Tally(database=name, kind=kind, can_tell=kind.can_tell),
                )
                try:
                    await run._prepare()
                    yield run
                finally:
                    await run._end()

    async def _prepare(self) -> None:
        self.receiver.listen(self._at_stage)
        await migrate(self.url, self.folder)
        (self.folder / "feeds.toml").write_text("", encoding="utf-8")
        settings = self.receiver.settings(self.channels)
        (self.folder / "settings.toml").write_text(settings, encoding="utf-8")
        self.outbox = Outbox(database=self.database, receiver=self.receiver)
        await self.outbox.subscribe(self.channels)

    async def _end(self) -> None:
        for process in self.processes.values():
            await process.kill()
        await self.database.close()

    async def kill(self, kills: int) -> None:
        """Kill so often, several processes at once."""
        began = asyncio.get_running_loop().time()
        hands = [asyncio.create_task(self._kill_until(kills)) for _ in range(PROCESSES)]
        try:
            await asyncio.gather(*hands)
        finally:
            for hand in hands:
                hand.cancel()
        self.tally.seconds += asyncio.get_running_loop().time() - began

    async def _kill_until(self, kills: int) -> None:
        # What the other hands are about to kill counts too.
        while sum(self.tally.aimed.values()) < kills:
            point = self._next_point()
            self.tally.aimed[point] += 1
            await self.outbox.fill()
            await self._kill_once(point)

    def _next_point(self) -> str:
        """Return each point equally often, in random order."""
        if not self.points:
            looks = LOOKS if self.kind.can_tell and self.kind is not Kind.KEY else ()
            self.points = [*SELF, *PLATFORM, *looks, RANDOM]
            self.chance.shuffle(self.points)
        early = self.tally.kills < FIRST_KILLS
        ready = [p for p in self.points if not (early and p in LOOKS)] or [RANDOM]
        if ready[-1] in self.points:
            self.points.remove(ready[-1])
        return ready[-1]

    async def _kill_once(self, point: str) -> None:
        nth = self.chance.randint(1, MOST_PASSES)
        inside = point in SELF or point in LOOKS
        process = await self.start(point if inside else "", nth)
        if point in PLATFORM:
            self.aims[process.name] = Aim(stage=PLATFORM[point], nth=nth)
        patience = self.chance.uniform(0, RANDOM_SECONDS) if point == RANDOM else PATIENCE
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            # It had nothing to do at its point: a kill at a random time all the same.
            point = RANDOM
            await process.kill()
        self.aims.pop(process.name, None)
        if process.was_killed:
            self.tally.killed(point)
        else:
            self.tally.failed(point, process.code)

    def _at_stage(self, stage: str, request: web.Request) -> None:
        name = request.match_info.get("by", "")
        self.seen.add(name)
        if stage == "body" and self.chance.randrange(UPSET_OF) == 0:
            upset = self.chance.choice(list(Upset))
            self.tally.upsets[upset] += 1
            self.receiver.upset(upset)
        aim = self.aims.get(name)
        if aim is None or aim.stage != stage:
            return
        aim.nth -= 1
        if aim.nth == 0:
            self.aims.pop(name)
            self.processes[name].send(aim.gets)

    async def start(
        self, point: str = "", nth: int = 1, *, stops: bool = False, file_limit: int = 0
    ) -> Process:
        """Start a sending process: a new interpreter."""
        name = f"p{next(self.names)}"
        seed = self.chance.randrange(2**31)
        fault = Fault(point=point, nth=nth, seed=seed, stops=stops, file_limit=file_limit)
        self.processes[name] = await execute(
            name, ("run", "--roles", "send"), self.environ(name), fault=fault, folder=self.folder
        )
        return self.processes[name]

    def environ(self, name: str) -> dict[str, str]:
        """Return a process's environment."""
        return self.receiver.environ(name, self.channels) | {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": self.url,
            "STRAIT_CONFIG_DIR": str(self.folder),
            "STRAIT_ALLOW_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "WARNING",
        }

    async def start_sending(self) -> Process:
        """Start a process and wait until it is in the middle of its work."""
        process = await self.start()
        async with asyncio.timeout(SETTLE_SECONDS):
            while process.name not in self.seen:
                # The others must not have sent everything before it comes.
                await self.outbox.fill()
                await asyncio.sleep(0.05)
        await asyncio.sleep(self.chance.uniform(0, 0.2))
        return process

    async def settle(self) -> Tally:
        """Let two processes end the work undisturbed; returns what was counted."""
        clock = asyncio.get_running_loop().time
        began = clock()
        processes = [await self.start(), await self.start()]
        while clock() - began < SETTLE_SECONDS:
            with suppress(StorageError):
                if not await self.outbox.waiting():
                    break
            await asyncio.sleep(0.3)
        for process in processes:
            process.send(signal.SIGTERM)
            await process.wait()
        self.tally.history_read, self.tally.repeats_dropped = self.receiver.asked()
        told = await self.outbox.told()
        self.tally.count(self.outbox.expected, self.receiver.arrived(), told)
        self.tally.seconds += clock() - began
        return self.tally
