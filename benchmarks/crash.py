"""Kills the sending process a thousand times and counts what was lost or sent twice.

``python -m benchmarks.crash [--kills 1000] [--databases sqlite,postgres] [--seed 1]``

The real process (``run --roles send``, two at once) sends to a platform on loopback, is killed
at named points and at random times, ended by SIGTERM, frozen past its lease, cut off from its
database and left without disk. Exit code 1 unless nothing was lost, repeated or out of order,
and nothing is uncertain where the platform can be asked. See ``crash_child`` for how.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks.crash_report import Tally, print_report
from benchmarks.crash_run import Mode, Run, migrations_survive
from tests.fakes.postgres import PostgresServer, running_postgres

# Of the kills, so many in a hundred fall to each way of finding out what became of a message.
SHARES = {Mode.HISTORY: 60, Mode.KEYS: 40}

# Where nobody can find out, kills are extra, and what is uncertain is counted apart.
BLIND_PER_HUNDRED = 10

MIGRATION_PER_HUNDRED = 3


async def crash(database: str, kills: int, seed: int) -> list[Tally]:
    """Kill on one database; returns what was counted in each mode."""
    if database == "postgres":
        with running_postgres() as server:
            return await _crash(lambda _: server.url(server.create()), server, kills, seed)
    with tempfile.TemporaryDirectory(prefix="strait-crash-") as folder:
        return await _crash(lambda name: f"sqlite:///{folder}/{name}.sqlite3", None, kills, seed)


async def _crash(
    new_url: Callable[[str], str], server: PostgresServer | None, kills: int, seed: int
) -> list[Tally]:
    migrations = max(3, kills * MIGRATION_PER_HUNDRED // 100)
    tallies = [await migrations_survive(new_url, migrations, seed)]
    wanted = {mode: kills * share // 100 for mode, share in SHARES.items()}
    wanted[Mode.BLIND] = kills * BLIND_PER_HUNDRED // 100
    for mode, count in wanted.items():
        async with Run.open(new_url(mode.value), mode, seed=seed, server=server) as run:
            tallies.append(await run.crash(count))
        print(f"# {run.tally.database}, {mode}: {run.tally.kills} kills", file=sys.stderr)
    return tallies


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the sending process, and count.")
    parser.add_argument("--kills", type=int, default=1000, help="on each database")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    tallies = [
        tally
        for database in given.databases.split(",")
        for tally in asyncio.run(crash(database, given.kills, given.seed))
    ]
    print(
        f"python -m benchmarks.crash --kills {given.kills} --databases {given.databases} "
        f"--seed {given.seed}\n"
    )
    print_report(tallies)
    print(f"\n{sum(t.kills for t in tallies)} kills in {time.monotonic() - began:.0f} s")
    sys.exit(not all(tally.is_right for tally in tallies))


if __name__ == "__main__":
    main()
