"""Kills the bot a thousand times on each database, and counts what was lost or sent twice.

``python -m benchmarks.crash [--kills 1000] [--databases sqlite,postgres] [--seed 1]``

Each process that is killed is a new interpreter. They send to webhooks, to Slack and to Discord
(doubles over real HTTP on loopback, which now and then cut connections, fail, hurry or stall)
and die at named points, in the middle of requests and at random times; others are ended by
SIGTERM, frozen past their lease, cut off from their database and left without disk. A part of
the kills falls to the whole bot as a person starts it, writing and sending; another to
migrations. Exit code 1 unless nothing was lost, repeated or out of order, and nothing is
uncertain where the platform can be asked.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from benchmarks.crash_migrations import migrations_survive
from benchmarks.crash_receivers import Kind
from benchmarks.crash_report import Tally, print_report
from benchmarks.crash_run import Run
from benchmarks.crash_troubles import other_troubles
from benchmarks.crash_whole import WholeRun
from tests.fakes.postgres import PostgresServer, running_postgres

# Of a thousand kills, so many fall to each platform, to the whole bot and to migrations. Where
# nobody can find out (blind), kills are extra, and what is uncertain is counted apart.
WEBHOOKS = {Kind.KEY: 160, Kind.LOOK_UP: 160, Kind.BLIND: 40}
CHATS = {Kind.SLACK: 250, Kind.DISCORD: 250, Kind.SLACK_BLIND: 30, Kind.DISCORD_BLIND: 30}
WHOLE, MIGRATIONS = 140, 40

NewUrl = Callable[[str], str]


@contextmanager
def databases(kind: str) -> Iterator[tuple[NewUrl, PostgresServer | None]]:
    """Yield what makes a new database's address; on Postgres a server of its own, too."""
    if kind == "postgres":
        with running_postgres() as server:
            yield (lambda _: server.url(server.create())), server
        return
    with tempfile.TemporaryDirectory(prefix="strait-crash-") as folder:
        yield (lambda name: f"sqlite:///{folder}/{name}.sqlite3"), None


async def crash(database: str, kills: int, seed: int) -> list[Tally]:
    """Kill on one database; returns what was counted with each platform.

    Three lanes side by side, since leases are waited for: each with databases (on Postgres a
    server) of its own, as servers are stopped and crashed too.
    """
    with databases(database) as one, databases(database) as two, databases(database) as three:
        lanes = await asyncio.gather(
            _whole(database, one[0], kills=kills, seed=seed),
            _platforms(WEBHOOKS, *two, kills=kills, seed=seed),
            _platforms(CHATS, *three, kills=kills, seed=seed),
        )
    return [tally for lane in lanes for tally in lane]


async def _whole(database: str, new_url: NewUrl, *, kills: int, seed: int) -> list[Tally]:
    wanted = _share(kills, MIGRATIONS)
    migrated = _told(await migrations_survive(new_url, wanted, seed, name=database))
    async with WholeRun.open(new_url("whole"), seed=seed, name=database) as run:
        return [migrated, _told(await run.crash(_share(kills, WHOLE)))]


async def _platforms(
    shares: Mapping[Kind, int],
    new_url: NewUrl,
    server: PostgresServer | None,
    *,
    kills: int,
    seed: int,
) -> list[Tally]:
    tallies = []
    for kind, share in shares.items():
        url = new_url(kind.name.lower())
        async with Run.open(url, kind, seed=seed, server=server) as run:
            await run.kill(_share(kills, share))
            if kind.can_tell:
                await other_troubles(run)
            tallies.append(_told(await run.settle()))
    return tallies


def _share(kills: int, per_thousand: int) -> int:
    return max(1, kills * per_thousand // 1000)


def _told(tally: Tally) -> Tally:
    """Print what is known so far: the whole takes half an hour."""
    print(
        f"# {tally.database}, {tally.kind}: {tally.kills} kills, {len(tally.lost)} lost, "
        f"{len(tally.repeated)} repeated, {sum(tally.uncertain.values())} uncertain, "
        f"{len(tally.disordered)} out of order, {'right' if tally.is_right else 'WRONG'}, "
        f"{tally.seconds:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the bot, and count.")
    parser.add_argument("--kills", type=int, default=1000, help="on each database")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tallies: list[Tally] = []
    for database in given.databases.split(","):
        began = time.monotonic()
        tallies += asyncio.run(crash(database, given.kills, given.seed))
        print(f"# {database}: {time.monotonic() - began:.0f} s in all", file=sys.stderr)
    print(
        f"python -m benchmarks.crash --kills {given.kills} --databases {given.databases} "
        f"--seed {given.seed}\n"
    )
    print_report(tallies)
    kills = sum(tally.kills for tally in tallies)
    unmodified = sum(tally.unmodified for tally in tallies)
    print(
        f"{kills} kills, each of a new interpreter; {unmodified} of `python -m bot run` as it is, "
        "the others with the harness's points and shorter times around it."
    )
    sys.exit(not all(tally.is_right for tally in tallies))


if __name__ == "__main__":
    main()
