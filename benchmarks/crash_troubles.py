"""What befalls processes beside kills: SIGTERM, a freeze, a lost or full database.

Each shows that the trouble was really met (the process was in the middle of a request, another
one took over what a frozen one held, the database refused) and how the process bore it.
"""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import select

from benchmarks.crash_process import Process
from benchmarks.crash_run import PATIENCE, PLATFORM, SETTLE_SECONDS, Aim, Run
from bot.domain.model import DeliveryStatus
from bot.storage.engines import BUSY_TIMEOUT_MS
from bot.storage.schema import deliveries

# A hosting service kills what has not ended by then (Heroku: 30 s).
TERM_SECONDS = 25

# How long the database is away or full; how long it is locked: well beyond the time for which
# SQLite waits for a lock by itself.
AWAY_SECONDS = 3
LOCKED_SECONDS = 2 * BUSY_TIMEOUT_MS / 1000

# The processes that send while a trouble comes: each has a connection at least.
PAIR = 2

# The log may grow by a few pages, then nothing can be written any more.
PAGE, MOST_PAGES = 4096, 40

# As Postgres tells that its disk is full, to every statement that would write:
# https://www.postgresql.org/docs/current/errcodes-appendix.html (disk_full).
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON deliveries EXECUTE FUNCTION full_disk();
"""
EMPTIED = "DROP TRIGGER full_disk ON deliveries; DROP FUNCTION full_disk();"


async def other_troubles(run: Run) -> None:
    """Let each trouble befall processes in the middle of their work, beside another one."""
    for stage in PLATFORM:
        await _terminate(run, stage)
    for place in ("after claim", *PLATFORM):
        await _freeze(run, place)
    if run.server is None:
        await _lock_database(run)
        await _fill_disk(run)
    else:
        await _lose_database(run)
        await _fill_servers_disk(run)


async def _hit(run: Run, stage: str, name: signal.Signals) -> Process:
    """Start a process, and send it a signal in the middle of a request."""
    await run.outbox.fill()
    process = await run.start()
    run.aims[process.name] = Aim(stage=PLATFORM[stage], nth=2, gets=name)
    await _until(lambda: process.name not in run.aims)
    return process


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SETTLE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - many things are waited for
            await asyncio.sleep(0.01)


async def _terminate(run: Run, stage: str) -> None:
    process = await _hit(run, stage, signal.SIGTERM)
    code = await asyncio.wait_for(process.wait(), TERM_SECONDS)
    run.tally.other(f"SIGTERM, {stage}", ended_well=code == 0)


async def _freeze(run: Run, place: str) -> None:
    """Freeze a process until another has taken over what it held, then let it go on."""
    process = await _frozen(run, place)
    while run.server is None and await asyncio.to_thread(_is_locked, _path(run)):
        # Frozen while it writes: SQLite has no other writer until it wakes or dies.
        await process.kill()
        process = await _frozen(run, place)
    held = await _claimed(run)
    other = await run.start()
    taken = bool(held) and await _in_time(lambda: _is_free(run, held))
    process.send(signal.SIGCONT)
    await asyncio.sleep(1)
    alive = process.code is None
    for one in (process, other):
        await one.kill()
    run.tally.other(f"frozen past its lease, {place}", taken_over=taken, alive=alive)


async def _frozen(run: Run, place: str) -> Process:
    """Freeze a process, in the middle of a request or at a point of its own."""
    if place in PLATFORM:
        process = await _hit(run, place, signal.SIGSTOP)
    else:
        await run.outbox.fill()
        process = await run.start(place, 2, stops=True)
    await _until(process.is_stopped)
    return process


def _is_locked(path: Path) -> bool:
    try:
        with sqlite3.connect(path, timeout=1, isolation_level=None) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    return False


async def _claimed(run: Run) -> set[tuple[int, int]]:
    """Return the deliveries that are being sent, each with the number of its claim."""
    sending = deliveries.c.status == DeliveryStatus.SENDING
    async with run.database.read() as connection:
        rows = await connection.execute(select(deliveries.c.id, deliveries.c.claims).where(sending))
        return {(row.id, row.claims) for row in rows}


async def _is_free(run: Run, held: set[tuple[int, int]]) -> bool:
    return not held & await _claimed(run)


async def _in_time(is_so: Callable[[], Awaitable[bool]]) -> bool:
    """Wait until it is so; False where that takes longer than anything here should."""
    clock = asyncio.get_running_loop().time
    end = clock() + 2 * PATIENCE
    while not (so := await is_so()) and clock() < end:  # noqa: ASYNC110 - others' doings
        await asyncio.sleep(0.05)
    return so


@asynccontextmanager
async def _two_sending(run: Run, trouble: str) -> AsyncIterator[dict[str, bool]]:
    """Let two processes send while a trouble comes and goes; both go on afterwards.

    What the body puts into the dictionary shows that the trouble was met; without it, one of
    the processes must have complained.
    """
    await run.outbox.fill()
    pair = await run.start_sending(), await run.start_sending()
    met = dict[str, bool]()
    yield met
    run.seen.clear()

    async def both_send() -> bool:
        # Neither must have sent everything before the other one is back.
        await run.outbox.fill()
        return {process.name for process in pair} <= run.seen

    again = await _in_time(both_send)
    met = met or {"noticed": any(process.has_complained for process in pair)}
    alive = all(process.code is None for process in pair)
    run.tally.other(trouble, sent_again=again, alive=alive, **met)
    for process in pair:
        await process.kill()


async def _lose_database(run: Run) -> None:
    server = run.server
    if server is None:
        raise RuntimeError("SQLite has no connections to lose")
    for _ in range(2):
        async with _two_sending(run, "connections ended") as met:
            # Those that are in no transaction are replaced without a word.
            met["connected"] = await asyncio.to_thread(server.terminate, _name(run)) >= PAIR
    async with _two_sending(run, "database crashed"):
        await run.database.close()
        await asyncio.to_thread(server.restart)
    async with _two_sending(run, "database away"):
        await run.database.close()
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(server.start)


async def _fill_servers_disk(run: Run) -> None:
    server = run.server
    if server is None:
        raise RuntimeError("SQLite's disk is filled in another way")
    for _ in range(2):
        async with _two_sending(run, "full disk"):
            await asyncio.to_thread(server.execute, FULL, database=_name(run))
            await asyncio.sleep(AWAY_SECONDS)
            await asyncio.to_thread(server.execute, EMPTIED, database=_name(run))


def _name(run: Run) -> str:
    return run.url.rpartition("/")[2]


async def _lock_database(run: Run) -> None:
    """Another program holds the file's lock for longer than the bot waits for it."""
    async with _two_sending(run, "database locked"):
        await asyncio.to_thread(_hold_lock, _path(run))


def _hold_lock(path: Path) -> None:
    with sqlite3.connect(path, timeout=60, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_SECONDS)
        connection.execute("ROLLBACK")


def _path(run: Run) -> Path:
    return Path(run.url.removeprefix("sqlite:///"))


async def _fill_disk(run: Run) -> None:
    for _ in range(3):
        await run.outbox.fill()
        with sqlite3.connect(_path(run)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        limit = run.chance.randint(4, MOST_PAGES) * PAGE
        process = await run.start(file_limit=limit)

        async def noticed_by(one: Process = process) -> bool:
            return one.has_complained

        noticed = await _in_time(noticed_by)
        run.tally.other("full disk", noticed=noticed, alive=process.code is None)
        await process.kill()
