"""Sends 10,000 deliveries to 1,000 destinations of a platform that allows only so much.

``python -m benchmarks.outbox [--deliveries 10000] [--destinations 1000] [--seed 1]``

The real process (``run --roles send``) sends to a platform on loopback that answers 429 above
its allowance for each channel, fails now and then, and drops connections before and after it
has taken a message. Nothing may be lost, repeated or out of order; memory must stay flat. Exit
code 1 otherwise.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.crash_outbox import TASTE
from benchmarks.crash_report import Tally, Told
from benchmarks.crash_run import database_url
from bot.domain.model import DeliveryStatus, Destination
from bot.storage import deliveries as outbox
from bot.storage import subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries
from tests.fakes.loopback import ACCEPT, ACCEPT_AND_DROP, DROP, Loopback, Step, refuse

ROOT = Path(__file__).parents[1]

# One message in ten seconds for a channel: a tenth of Slack's and Discord's allowance, so that
# ten messages to each of a thousand channels meet it.
PER_SECOND = 0.1

# Of a thousand requests so many fail in each way.
FAULTS: Sequence[tuple[Step, int]] = ((ACCEPT_AND_DROP, 2), (DROP, 2), (refuse(503), 2))

# A digest as large as most: three stories with their sources.
TEXT = "x" * 4000

# A process that grows by less than this over ten thousand deliveries keeps nothing of them.
FLAT_MB = 10.0

# The time until its caches are warm.
WARM_SHARE = 0.2

PATIENCE_SECONDS = 1800


@dataclass
class Memory:
    """The process's resident memory over time, in MB."""

    samples: list[float] = field(default_factory=list)

    def sample(self, pid: int) -> None:
        """Look once."""
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        self.samples.append(pages * os.sysconf("SC_PAGESIZE") / 1e6)

    @property
    def warm(self) -> float:
        """What it was once warm."""
        return self.samples[int(len(self.samples) * WARM_SHARE)]

    @property
    def is_flat(self) -> bool:
        """Whether it has grown by no more than noise since."""
        return self.samples[-1] - self.warm < FLAT_MB


async def send_all(count: int, destinations: int, seed: int) -> tuple[Tally, Memory, Loopback]:
    """Put the deliveries into an outbox and let a process send them."""
    chance = random.Random(seed)
    platform = Loopback(per_second=PER_SECOND, default=ACCEPT)
    tally, memory = Tally(database="sqlite", kind="webhook, look-up"), Memory()
    with tempfile.TemporaryDirectory(prefix="strait-outbox-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/strait.sqlite3"
        async with platform:
            platform.script.extend(_script(chance, count * 3))
            database = Database(database_url(url))
            await database.migrate()
            expected = await _fill(database, count // destinations, destinations)
            process = await _start(folder, url, platform, destinations)
            began = asyncio.get_running_loop().time()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await _waiting(database):
                    memory.sample(process.pid)
                    await asyncio.sleep(1)
            tally.seconds = asyncio.get_running_loop().time() - began
            process.terminate()
            await process.wait()
            tally.count(expected, _arrived(platform), await _told(database))
            await database.close()
    return tally, memory, platform


def _script(chance: random.Random, count: int) -> list[Step]:
    steps, weights = zip(*FAULTS, strict=True)
    usual = 1000 - sum(weights)
    return chance.choices([ACCEPT, *steps], [usual, *weights], k=count)


async def _fill(database: Database, each: int, destinations: int) -> dict[str, list[str]]:
    """Put digests into the outbox; returns what each channel must get, in order."""
    now = datetime.now(UTC)
    async with database.write() as connection:
        mine = [
            await subscriptions.add(
                connection,
                Destination(platform="webhook", workspace="local", channel=f"c{number}"),
                TASTE,
                created_by=None,
                after=now,
                now=now,
            )
            for number in range(destinations)
        ]
        for slot in range(each):
            slot_at = now + timedelta(hours=slot)
            payload = json.dumps({"text": f"{_label(slot_at)} {TEXT}"})
            await outbox.add_for(connection, mine, [payload], slot_at=slot_at, now=now)
    labels = [_label(now + timedelta(hours=slot)) for slot in range(each)]
    return {one.destination.channel: labels for one in mine}


def _label(slot: datetime) -> str:
    return f"{slot:%Y-%m-%dT%H:%M}"


async def _start(
    folder: Path, url: str, platform: Loopback, destinations: int
) -> asyncio.subprocess.Process:
    tables = (
        f'[[output]]\nname = "c{n}"\nkind = "webhook"\nurl = "{platform.url(f"c{n}")}"\n'
        f'lookup_url = "{platform.history(f"c{n}")}"\n'
        for n in range(destinations)
    )
    (folder / "settings.toml").write_text("".join(tables), encoding="utf-8")
    (folder / "feeds.toml").write_text("", encoding="utf-8")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--roles", "send"),
        cwd=ROOT,
        env={
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": url,
            "STRAIT_CONFIG_DIR": str(folder),
            "STRAIT_ALLOW_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "ERROR",
        },
    )


async def _waiting(database: Database) -> int:
    statuses = [DeliveryStatus.PENDING, DeliveryStatus.SENDING]
    statement = select(func.count()).select_from(deliveries)
    async with database.read() as connection:
        return await connection.scalar(statement.where(deliveries.c.status.in_(statuses))) or 0


def _arrived(platform: Loopback) -> list[tuple[str, str]]:
    return [(one.channel, one.document["text"].partition(" ")[0]) for one in platform.arrived]


async def _told(database: Database) -> dict[tuple[str, str], Told]:
    columns = (deliveries.c.channel, deliveries.c.slot_at, deliveries.c.status)
    async with database.read() as connection:
        rows = await connection.execute(select(*columns, deliveries.c.problem))
        return {
            (row.channel, _label(row.slot_at)): Told(status=row.status, problem=row.problem)
            for row in rows
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Send many deliveries, and count.")
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--destinations", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally, memory, platform = asyncio.run(
        send_all(given.deliveries, given.destinations, given.seed)
    )
    print(
        f"python -m benchmarks.outbox --deliveries {given.deliveries} "
        f"--destinations {given.destinations} --seed {given.seed}\n\n"
        f"{tally.expected} deliveries to {given.destinations} destinations in "
        f"{tally.seconds:.0f} s ({tally.expected / tally.seconds:.0f} a second)\n"
        f"{platform.requests} requests, {platform.refused} of them answered 429\n"
        f"lost {len(tally.lost)}, repeated {len(tally.repeated)}, "
        f"uncertain {sum(tally.uncertain.values())}, unfinished {len(tally.unfinished)}, "
        f"destinations out of order {len(tally.disordered)}\n"
        f"memory (MB): start {memory.samples[0]:.0f}, warm {memory.warm:.0f}, "
        f"end {memory.samples[-1]:.0f}, peak {max(memory.samples):.0f}"
    )
    sys.exit(not (tally.is_right and memory.is_flat))


if __name__ == "__main__":
    main()
