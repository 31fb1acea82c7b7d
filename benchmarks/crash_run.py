"""One database and one platform, and the processes that are killed over them."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from aiohttp import web
from sqlalchemy import func, select

from benchmarks.crash_child import LEASE
from benchmarks.crash_processes import Forks, Process, execute
from benchmarks.crash_report import Tally
from bot.domain.errors import StorageError
from bot.domain.model import (
    DeliveryStatus,
    Destination,
    Language,
    Subscription,
    Taste,
)
from bot.domain.schedule import parse_schedule
from bot.storage import deliveries as outbox
from bot.storage import subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries
from tests.fakes.loopback import Loopback
from tests.fakes.postgres import PostgresServer

ROOT = Path(__file__).parents[1]

# Several processes at once, as while a hosting service hands over from one to the next.
PROCESSES = 4

# A killed process's destinations wait for the lease: with so many the others have work.
CHANNELS = 100

# The outbox is filled up to this, by digests of so many parts.
FILL, PARTS = 400, 2

# A passing of a named point at which the process dies: the first, or one a little later.
MOST_PASSES = 4

# A process that was not killed at its point by then (it had nothing to do) is killed anyway.
PATIENCE = 10.0

# Random times: from the start of the interpreter to well into the sending.
RANDOM_SECONDS = 1.0

# One process of so many is a new interpreter; the others are forks of one that has its imports
# done, so that the kills fall into the work and not into a start that is always the same.
EXECUTED_OF = 10

FROZEN_SECONDS = LEASE.total_seconds() + 1

SETTLE_SECONDS = 90

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
FIRST_KILLS = 10
LOOKS = ("before look-up", "after look-up")

TASTE = Taste(
    topics=("japan-korea",),
    schedule=parse_schedule("daily 08:00", "Asia/Seoul"),
    language=Language.EN,
    max_stories=10,
)


# As the environment names a database → as the storage does.
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def database_url(url: str) -> str:
    """Return the address with its driver."""
    scheme, _, rest = url.partition(":")
    return f"{DRIVERS[scheme]}:{rest}"


class Mode(StrEnum):
    """How what became of a message is found out."""

    HISTORY = "history"
    KEYS = "keys"
    BLIND = "blind"


@dataclass(kw_only=True)
class Run:
    """A database of one mode and its processes."""

    url: str
    mode: Mode
    chance: random.Random
    folder: Path
    database: Database
    platform: Loopback
    server: PostgresServer | None
    tally: Tally
    aims: dict[int, str] = field(default_factory=dict)
    expected: dict[str, list[str]] = field(default_factory=dict)
    subscribed: list[Subscription] = field(default_factory=list)
    slots: int = 0
    seen: set[int] = field(default_factory=set)
    forks: Forks = field(init=False)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, mode: Mode, *, seed: int, server: PostgresServer | None
    ) -> AsyncIterator["Run"]:
        """Make the database, its subscriptions and the platform."""
        with tempfile.TemporaryDirectory(prefix="strait-crash-") as folder:
            database = Database(database_url(url))
            platform = Loopback(honours_key=mode is Mode.KEYS)
            async with platform:
                run = cls(
                    url=url,
                    mode=mode,
                    chance=random.Random(f"{seed}{mode}{bool(server)}"),
                    folder=Path(folder),
                    database=database,
                    platform=platform,
                    server=server,
                    tally=Tally(database="postgres" if server else "sqlite", mode=mode),
                )
                platform.on_stage = run._at_stage
                await run._prepare()
                try:
                    yield run
                finally:
                    await run.forks.close()
                    await database.close()

    async def _prepare(self) -> None:
        await self.database.migrate()
        config = self.folder / "config"
        config.mkdir()
        (config / "feeds.toml").write_text("")
        (config / "settings.toml").write_text("".join(map(self._output, range(CHANNELS))))
        self.forks = Forks(self.environ, self.folder / "stderr")
        await self.forks.open()
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            for number in range(CHANNELS):
                where = Destination(platform="webhook", workspace="local", channel=f"c{number}")
                self.subscribed.append(
                    await subscriptions.add(
                        connection, where, TASTE, created_by=None, after=now, now=now
                    )
                )

    def _output(self, number: int) -> str:
        name = f"c{number}"
        more = {
            Mode.HISTORY: f'lookup_url = "{self.platform.history(name)}"\n',
            Mode.KEYS: "honours_key = true\n",
            Mode.BLIND: "",
        }[self.mode]
        url = self.platform.url(name)
        return f'[[output]]\nname = "{name}"\nkind = "webhook"\nurl = "{url}"\n{more}'

    async def crash(self, kills: int, *, troubles: bool = True) -> Tally:
        """Kill so often, then let everything be sent; returns what was counted.

        Without ``troubles`` there is nothing but kills.
        """
        began = asyncio.get_running_loop().time()
        await self._fill()
        hands = [asyncio.create_task(self._kill_until(kills)) for _ in range(PROCESSES)]
        try:
            await asyncio.gather(*hands)
        finally:
            for hand in hands:
                hand.cancel()
        if troubles and self.mode is not Mode.BLIND:
            await self._other_troubles()
        await self._settle()
        await self._count()
        self.tally.seconds = asyncio.get_running_loop().time() - began
        return self.tally

    async def _kill_until(self, kills: int) -> None:
        while self.tally.kills < kills:
            await self._fill()
            await self._kill_once(self.chance.choice(self._points()))

    def _points(self) -> tuple[str, ...]:
        # Only what an earlier kill has left can be looked for.
        looks = LOOKS if self.mode is not Mode.BLIND and self.tally.kills > FIRST_KILLS else ()
        return (*SELF, *PLATFORM, *looks, "random time")

    async def _kill_once(self, point: str) -> None:
        nth = self.chance.randint(1, MOST_PASSES)
        process = await self.start(point if point in {*SELF, *LOOKS} else "none", nth)
        if point in PLATFORM:
            self.aims[process.pid] = PLATFORM[point]
        patience = self.chance.uniform(0, RANDOM_SECONDS) if point == "random time" else PATIENCE
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            # It had nothing to do at its point: a kill at a random time all the same.
            self.tally.missed[point] += point != "random time"
            point = "random time"
            await process.kill()
        self.aims.pop(process.pid, None)
        if process.code == -signal.SIGKILL:
            self.tally.killed(point)
        else:
            self.tally.failed(point, process.code)

    def _at_stage(self, stage: str, request: web.BaseRequest) -> None:
        pid = int(request.headers.get("User-Agent", "/0").partition("/")[2] or 0)
        self.seen.add(pid)
        if self.aims.get(pid) == stage:
            self.aims.pop(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def start(self, point: str = "none", nth: int = 1, *, limit: int = 0) -> Process:
        """Start a sending process: of some the whole life is tried, of most the work."""
        seed = str(self.chance.randrange(2**31))
        arguments = (point, str(nth), seed, str(limit), "run", "--roles", "send")
        if self.chance.randrange(EXECUTED_OF) == 0:
            return await execute(arguments, self.environ, self.folder / "stderr")
        return await self.forks.start(arguments)

    @property
    def environ(self) -> dict[str, str]:
        """The processes' environment."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": self.url,
            "STRAIT_CONFIG_DIR": str(self.folder / "config"),
            "STRAIT_ALLOW_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "ERROR",
        }

    async def _until_sending(self, process: Process) -> None:
        async with asyncio.timeout(SETTLE_SECONDS):
            while process.pid not in self.seen:  # noqa: ASYNC110 - many are waited for
                await asyncio.sleep(0.01)

    async def _start_sending(self) -> Process:
        """Start a process and wait until it is in the middle of its work."""
        process = await self.start()
        await self._until_sending(process)
        await asyncio.sleep(self.chance.uniform(0, 0.2))
        return process

    async def _fill(self) -> None:
        """Put digests into the outbox until enough is waiting."""
        while await self._waiting() < FILL:
            self.slots += 1
            slot = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.slots)
            await self._write(slot)

    async def _write(self, slot: datetime) -> None:
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            for one in self.subscribed:
                payloads = [f'{{"text":"{self.slots}.{part}"}}' for part in range(PARTS)]
                await outbox.add(connection, one, payloads, slot_at=slot, now=now)

    async def _waiting(self) -> int:
        statuses = [DeliveryStatus.PENDING, DeliveryStatus.SENDING]
        statement = select(func.count()).select_from(deliveries)
        async with self.database.read() as connection:
            count = await connection.scalar(statement.where(deliveries.c.status.in_(statuses)))
        return count or 0

    async def _other_troubles(self) -> None:
        """SIGTERM, a frozen process, a lost database and a full disk, each beside another one."""
        await self._terminate()
        await self._freeze()
        await (self._lose_database() if self.server else self._fill_disk())

    async def _terminate(self) -> None:
        for _ in range(3):
            await self._fill()
            process = await self._start_sending()
            process.send(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), 25)
            self.tally.other("SIGTERM", ended=code == 0)

    async def _freeze(self) -> None:
        """Freeze a process in the middle of its work until another has taken its claims."""
        for _ in range(3):
            await self._fill()
            process = await self._start_sending()
            process.send(signal.SIGSTOP)
            other = await self.start()
            await asyncio.sleep(FROZEN_SECONDS)
            process.send(signal.SIGCONT)
            await asyncio.sleep(1)
            for one in (process, other):
                await one.kill()
            self.tally.other("frozen past its lease", ended=True)

    async def _lose_database(self) -> None:
        if self.server is None:
            raise RuntimeError("SQLite has no connections to lose")
        name = self.url.rpartition("/")[2]
        for trouble in ("connections ended", "connections ended", "database restarted"):
            await self._fill()
            processes = [await self._start_sending(), await self._start_sending()]
            if trouble == "database restarted":
                await self.database.close()
                await asyncio.to_thread(self.server.restart)
            else:
                await asyncio.to_thread(self.server.terminate, name)
            await asyncio.sleep(2)
            alive = all(process.code is None for process in processes)
            self.tally.other(trouble, ended=alive)
            for process in processes:
                await process.kill()

    async def _fill_disk(self) -> None:
        path = Path(self.url.removeprefix("sqlite:///"))
        for _ in range(3):
            await self._fill()
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # The log may grow by a few pages, then nothing can be written any more.
            process = await self.start(limit=self.chance.randint(4, 40) * 4096)
            await asyncio.sleep(2)
            self.tally.other("full disk", ended=process.code is None)
            await process.kill()

    async def _settle(self) -> None:
        """Let two processes end the work undisturbed."""
        processes = [await self.start(), await self.start()]
        end = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while asyncio.get_running_loop().time() < end:
            with suppress(StorageError):
                if not await self._waiting():
                    break
            await asyncio.sleep(0.3)
        for process in processes:
            process.send(signal.SIGTERM)
            await process.wait()

    async def _count(self) -> None:
        statement = select(
            deliveries.c.channel, deliveries.c.key, deliveries.c.status, deliveries.c.problem
        ).order_by(deliveries.c.id)
        async with self.database.read() as connection:
            rows = (await connection.execute(statement)).all()
        self.tally.count(
            [(row.channel, row.key, row.status, row.problem) for row in rows],
            [(one.channel, one.key) for one in self.platform.arrived],
        )


async def migrations_survive(new_url: Callable[[str], str], kills: int, seed: int) -> Tally:
    """Kill `migrate` between its statements; the schema is the old or the new one, never half."""
    chance = random.Random(seed)
    tally = Tally(database="sqlite", mode="migrations")
    url = new_url("migrations")
    tally.database = "sqlite" if url.startswith("sqlite") else "postgres"
    began = asyncio.get_running_loop().time()
    while tally.kills < kills:
        process = await _migrate(url, "migration", chance.randint(1, 60))
        if process.returncode == -signal.SIGKILL:
            tally.killed("migration")
        else:
            url = new_url(f"migrations-{tally.kills}-{chance.randrange(10**6)}")
    ended = (await _migrate(url, "none", 1)).returncode == 0
    database = Database(database_url(url))
    await database.check()
    await database.close()
    tally.other("migrated in the end", ended=ended)
    tally.seconds = asyncio.get_running_loop().time() - began
    return tally


async def _migrate(url: str, point: str, nth: int) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.crash_child", point, str(nth), "1", "0", "migrate"),
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "DATABASE_URL": url},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    return process
