"""The running bot while its database goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from bot.domain.model import DeliveryStatus
from bot.storage import deliveries as outbox
from bot.storage import subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries
from bot.storage.schema import subscriptions as table
from tests.fakes.loopback import ACCEPT, Loopback, Step
from tests.fakes.postgres import PostgresServer
from tests.processes import PATIENCE, Bot, toml

CHANNELS = [f"c{number}" for number in range(6)]

# Long enough for the server to go away while messages are under way.
UNDER_WAY = Step(stall=2.0)

# As long as a small plan's failover or a restart for maintenance takes at the least.
DOWN_SECONDS = 3.0


@pytest.fixture
async def platform() -> AsyncIterator[Loopback]:
    async with Loopback() as opened:
        yield opened


@pytest.fixture
async def posting(
    bot: Bot, platform: Loopback, postgres: PostgresServer
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Database]]:
    """A process that writes digests to webhooks and sends them, over a Postgres."""
    name = postgres.create()
    bot.environ["DATABASE_URL"] = postgres.url(name)
    outputs: list[dict[str, object]] = [
        {"name": c, "kind": "webhook", "url": platform.url(c), "schedule": "daily 08:00"}
        for c in CHANNELS
    ]
    (bot.config / "settings.toml").write_text(toml("output", outputs))
    assert (await bot.run("migrate")).code == 0
    database = Database(postgres.engine_url(name))
    process = await bot.start("run", "--roles", "write,send")
    yield process, database
    if process.returncode is None:
        process.kill()
        await process.communicate()
    await database.close()


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await is_so():
            await asyncio.sleep(0.05)


async def count(database: Database, *statuses: DeliveryStatus) -> int:
    found = select(func.count()).select_from(deliveries).where(deliveries.c.status.in_(statuses))
    async with database.read() as connection:
        return await connection.scalar(found) or 0


async def put(database: Database, *payloads: str) -> None:
    """Put messages into the outbox for every channel."""
    now = datetime.now(UTC)
    async with database.write() as connection:
        for one in await subscriptions.active(connection):
            await outbox.add(connection, one, payloads, slot_at=now, now=now)


async def test_the_jobs_go_on_after_an_outage_and_nothing_is_lost_or_repeated(
    posting: tuple[asyncio.subprocess.Process, Database],
    platform: Loopback,
    postgres: PostgresServer,
) -> None:
    """What was under way is recorded once the server is back, what is due then is told."""
    process, database = posting

    async def subscribed() -> bool:
        async with database.read() as connection:
            return len(await subscriptions.active(connection)) == len(CHANNELS)

    async def under_way() -> bool:
        return platform.requests >= len(CHANNELS)

    async def all_sent() -> bool:
        return await count(database, DeliveryStatus.SENT) == 2 * len(CHANNELS)

    async def all_told() -> bool:
        return await count(database, DeliveryStatus.SENT) == 3 * len(CHANNELS)

    await until(subscribed)
    platform.default = UNDER_WAY
    await put(database, '{"text": "first"}', '{"text": "second"}')
    await until(under_way)
    postgres.stop()
    try:
        # The platform takes what is under way; nobody can record it.
        await asyncio.sleep(DOWN_SECONDS)
        assert len(platform.arrived) == len(CHANNELS)
        assert process.returncode is None
    finally:
        postgres.start()
    platform.default = ACCEPT
    await until(all_sent)

    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with database.write() as connection:
        await connection.execute(update(table).values(last_slot_at=yesterday, due_at=None))
    await until(all_told)
    for channel in CHANNELS:
        mine = [one for one in platform.arrived if one.channel == channel]
        assert [one.document.get("text") for one in mine][:2] == ["first", "second"]
        assert len(mine) == len({one.key for one in mine}) == 3
    process.terminate()
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert b"Traceback" not in said


async def test_an_outage_at_the_start_is_waited_for(
    bot: Bot, platform: Loopback, postgres: PostgresServer
) -> None:
    """The process says what it waits for, and begins when the server is there."""
    name = postgres.create()
    bot.environ["DATABASE_URL"] = postgres.url(name)
    assert (await bot.run("migrate")).code == 0
    postgres.stop("fast")
    try:
        process = await bot.start("run", "--roles", "send")
        assert process.stderr is not None
        said = b""
        async with asyncio.timeout(PATIENCE):
            while b"waiting for the database" not in said:
                said = await process.stderr.readline()
                assert said, "it ended instead of waiting"
    finally:
        postgres.start()
    async with asyncio.timeout(PATIENCE):
        while b"first round done" not in said:
            said = await process.stderr.readline()
            assert said, "it ended instead of waiting"
    process.terminate()
    await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
