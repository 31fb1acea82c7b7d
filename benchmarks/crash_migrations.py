"""Kills `migrate` between its statements, on databases of every schema before with data in them."""

import asyncio
import os
import random
import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from benchmarks.crash_child import Fault
from benchmarks.crash_process import Process, execute
from benchmarks.crash_report import Tally
from benchmarks.crash_run import database_url
from bot.storage import migrate, revisions
from bot.storage.database import Database
from tests.storage.rows import Snapshot, fill, snapshot

KIND = "migrations"

# A migration from nothing takes some sixty statements, one from the schema before a few.
MOST_STATEMENTS = 60

Held = dict[str, Snapshot]


async def migrations_survive(
    new_url: Callable[[str], str], kills: int, seed: int, *, name: str
) -> Tally:
    """Kill so often; what is there must be the old schema with all its data, or the new one."""
    chance = random.Random(f"{seed}{KIND}{name}")
    tally = Tally(database=name, kind=KIND)
    began = asyncio.get_running_loop().time()
    befores = cycle([None, *revisions.known()[:-1]])
    with tempfile.TemporaryDirectory(prefix="strait-crash-") as folder:
        while tally.kills < kills:
            await _survive(
                new_url(f"migrations{sum(tally.others.values())}"),
                next(befores),
                chance,
                tally,
                Path(folder),
            )
    tally.seconds = asyncio.get_running_loop().time() - began
    return tally


async def _survive(
    url: str, before: str | None, chance: random.Random, tally: Tally, folder: Path
) -> None:
    """Kill on one database until a migration comes through, which must be whole."""
    database = Database(database_url(url))
    was = await _filled(database, before)
    # As many as the way from there is long, so that most starts die on it.
    known = revisions.known()
    left = len(known) - (known.index(before) + 1 if before else 0)
    most = max(1, MOST_STATEMENTS * left // len(known))
    while (process := await _migrate(url, chance.randint(1, most), folder)).was_killed:
        tally.killed("migration")
        await _check_old(database, before, was, tally)
        # Ever later, so that it comes to an end.
        most *= 2
    now = await _held(database)
    whole = all(
        len(now[name].rows) >= len(table.rows) for name, table in was.items() if name != "facts"
    )
    newest = (await database.revision())[0] == revisions.known()[-1]
    await database.close()
    tally.other(f"then whole from {before or 'nothing'}", ended_well=process.code == 0 and newest)
    if not whole:
        tally.failures["a migration lost rows"] += 1


async def _check_old(database: Database, before: str | None, was: Held, tally: Tally) -> None:
    """Count what a killed migration left half done; one killed after its commit is whole."""
    revision = (await database.revision())[0]
    if revision == before and await _held(database) != was:
        tally.failures["a killed migration changed the old schema"] += 1
    elif revision not in {before, revisions.known()[-1]}:
        tally.failures[f"a killed migration left schema {revision}"] += 1


async def _filled(database: Database, revision: str | None) -> Held:
    """Make a schema with something in every table; None: nothing at all."""
    if revision is None:
        return await _held(database)
    async with database.altering() as connection:
        await connection.run_sync(lambda c: migrate.upgrade(c, to=revision))
    async with database.altering() as connection:
        await connection.run_sync(lambda c: fill(c, seed=7))
    return await _held(database)


async def _held(database: Database) -> Held:
    async with database.read() as connection:
        return await connection.run_sync(snapshot)


async def _migrate(url: str, nth: int, folder: Path) -> Process:
    environ = {"PATH": os.environ.get("PATH", ""), "DATABASE_URL": url}
    fault = Fault(point="migration", nth=nth)
    process = await execute("migrate", ("migrate",), environ, fault=fault, folder=folder)
    await process.wait()
    return process
