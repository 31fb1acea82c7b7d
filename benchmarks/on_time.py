"""How soon after their slot digests have been sent, over real HTTP to a loopback receiver.

``python -m benchmarks.on_time [--subscriptions 1000] [--tastes 20] [--postgres]``: the running
bot (composing and sending) over the sample feeds. Each case waits for the next full minute:

- one subscription alone;
- many that are due in the same minute, of some distinct tastes;
- the same, each of which was told something else, so that no two digests are alike.

The receiver is a process of its own and takes whatever comes. It notes when each digest
arrived; a digest that is missing or comes twice ends the bench.
"""

import argparse
import asyncio
import logging
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import aiohttp
import psycopg
import structlog
from aiohttp import web
from sqlalchemy import select

from benchmarks.report import Row, print_table
from bot.app.core import App, open_app
from bot.app.roles import Role
from bot.app.service import Service
from bot.demo.samples import load_sample_feeds, sample_outlets
from bot.demo.server import serve_samples
from bot.domain.model import Destination, FeedSpec, Language, Taste
from bot.domain.schedule import parse_schedule
from bot.platforms.webhook.config import PLATFORM, Webhook
from bot.platforms.webhook.messenger import WebhookMessenger
from bot.settings import load_settings
from bot.storage import subscriptions
from bot.storage.database import Database
from bot.storage.schema import stories, told
from bot.storage.schema import subscriptions as table
from tests.fakes.postgres import running_postgres

TOPIC = "japan-korea"

# What the project promises: a thousand within half a minute, one alone within two seconds.
MANY_MUST, ONE_MUST = 30.0, 2.0

# Before the slot the bot must have started, and may make summaries.
HEAD_START = timedelta(seconds=12)

# After this a digest that has not come is lost.
PATIENCE_SECONDS = 180

# No story of the samples has as many reports.
MOST_VERSIONS = 1_000

ZONES = ("Asia/Seoul", "Asia/Tokyo", "UTC", "Europe/London", "America/New_York")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """When digests arrived, in seconds after their slot."""

    delays: tuple[float, ...]

    @property
    def last(self) -> float:
        """When the last one arrived."""
        return max(self.delays)


def receive(ready: Connection) -> None:
    """Serve as a process of its own: take digests, and list the arrivals when asked."""
    arrivals: list[tuple[str, float]] = []

    async def take(request: web.Request) -> web.Response:
        await request.read()
        arrivals.append((request.headers["Idempotency-Key"], time.time()))
        return web.json_response({"id": str(len(arrivals))})

    async def tell(_: web.Request) -> web.Response:
        return web.json_response(arrivals)

    async def serve() -> None:
        app = web.Application(client_max_size=2**26)
        app.add_routes([web.post("/in/{channel}", take), web.get("/arrivals", tell)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(serve())


@contextmanager
def receiver() -> Iterator[str]:
    """Start the receiver; yields its address."""
    mine, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=receive, args=(its,), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{mine.recv()}"
    process.terminate()
    process.join()


@asynccontextmanager
async def filled_app(database_url: str) -> AsyncIterator[App]:
    """Open the app over the sample feeds, polled and read."""
    opened = Database(database_url)
    await opened.migrate()
    await opened.close()
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(serve_samples(datetime.now(UTC)))
        feeds = tuple(
            FeedSpec(url=f.url, name=f.name, outlet=f.outlet, language=f.language, zone=f.zone)
            for f in load_sample_feeds(base)
        )
        settings = replace(
            load_settings({}),
            database_url=database_url,
            allow_networks=(ip_network("127.0.0.0/8"),),
        ).with_content(feeds=feeds, outlets=sample_outlets())
        app = await stack.enter_async_context(open_app(settings))
        await app.polling.refresh(only_due=False)
        await app.read()
        yield app


def next_minute() -> datetime:
    """Return the next full minute that leaves the bot its head start."""
    soon = datetime.now(UTC) + HEAD_START + timedelta(minutes=1)
    return soon.replace(second=0, microsecond=0)


def taste(number: int, slot: datetime) -> Taste:
    """Return one of many tastes, all due at the slot: by zone, language and length."""
    zone, language = ZONES[number % len(ZONES)], tuple(Language)[number % len(Language)]
    local = slot.astimezone(ZoneInfo(zone))
    return Taste(
        topics=(TOPIC,),
        schedule=parse_schedule(f"daily {local:%H:%M}", zone),
        language=language,
        max_stories=5 + number // len(ZONES),
    )


async def subscribe(app: App, slot: datetime, *, count: int, tastes: int, alike: bool) -> None:
    """Make so many subscriptions anew, due at the slot; ``alike`` were told the same before."""
    now = app.clock()
    async with app.database.write() as connection:
        await connection.execute(table.delete())
        await connection.execute(told.delete())
        ids = list((await connection.execute(select(stories.c.id))).scalars())
        for number in range(count):
            where = Destination(platform=PLATFORM, workspace="bench", channel=str(number))
            wanted = taste(number % tastes, slot)
            await subscriptions.add(connection, where, wanted, created_by=None, after=now, now=now)
            known = [i for place, i in enumerate(ids) if not alike and number >> place & 1]
            rows = [
                {**asdict(where), "story_id": i, "version": MOST_VERSIONS, "told_at": now}
                for i in known
            ]
            if rows:
                await connection.execute(told.insert(), rows)


async def measure(
    app: App, address: str, *, count: int, tastes: int = 1, alike: bool = True
) -> Measured:
    """Run the bot over a slot; returns when its digests arrived."""
    slot = next_minute()
    await subscribe(app, slot, count=count, tastes=tastes, alike=alike)
    before = len(await arrivals(address))
    hooks = {str(n): Webhook(name=str(n), url=f"{address}/in/{n}") for n in range(count)}
    messenger = WebhookMessenger(hooks, app.texts)
    service = Service(
        app=app, messengers={PLATFORM: messenger}, roles=frozenset({Role.WRITE, Role.SEND})
    )
    stop = asyncio.Event()
    running = asyncio.create_task(service.run_jobs(stop))
    await arrived(address, before + count, slot)
    stop.set()
    await running
    await messenger.close()
    came = (await arrivals(address))[before:]
    if len({key for key, _ in came}) != len(came) or len(came) != count:
        raise SystemExit(f"{count} digests were due, {len(came)} came: {came[:3]} …")
    return Measured(delays=tuple(at - slot.timestamp() for _, at in came))


async def arrived(address: str, count: int, slot: datetime) -> None:
    """Wait until so many digests are there, and a little longer for what should not come."""
    end = slot + timedelta(seconds=PATIENCE_SECONDS)
    # The receiver is another process: it can only be asked.
    while len(await arrivals(address)) < count and datetime.now(UTC) < end:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)


async def arrivals(address: str) -> list[tuple[str, float]]:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/arrivals") as answer:
        return [(key, at) for key, at in await answer.json()]


async def measure_all(database_url: str, *, count: int, tastes: int) -> list[Row]:
    """Measure every case on one database."""
    with receiver() as address:
        async with filled_app(database_url) as app:
            one = await measure(app, address, count=1)
            many = await measure(app, address, count=count, tastes=tastes)
            unlike = await measure(app, address, count=count, tastes=tastes, alike=False)
    named = f"{count} of {tastes} tastes"
    return [
        Row(measure="1 alone, s", value=one.last, must=ONE_MUST, lower_is_better=True),
        Row(measure=f"{named}: first, s", value=min(many.delays)),
        Row(measure=f"{named}: median, s", value=statistics.median(many.delays)),
        Row(measure=f"{named}: last, s", value=many.last, must=MANY_MUST, lower_is_better=True),
        Row(measure=f"{named}, none alike: last, s", value=unlike.last, note="all told otherwise"),
    ]


@contextmanager
def database(*, postgres: bool) -> Iterator[str]:
    """Yield the address of an empty database; Postgres is as durable as where it is hosted."""
    if not postgres:
        with TemporaryDirectory(prefix="strait-on-time-") as folder:
            yield f"sqlite+aiosqlite:///{folder}/strait.sqlite3"
        return
    with running_postgres() as server:
        name = server.create()
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = on")
            connection.execute("SELECT pg_reload_conf()")
        yield server.engine_url(name)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=1_000)
    parser.add_argument("--tastes", type=int, default=20)
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with database(postgres=chosen.postgres) as url:
        rows = asyncio.run(measure_all(url, count=chosen.subscriptions, tastes=chosen.tastes))
    kind = "Postgres" if chosen.postgres else "SQLite"
    print_table(rows, title=f"Digests on time, {kind}: seconds from the slot to the receiver")


if __name__ == "__main__":
    main()
