"""Units of work that share a transaction, and what the failure of one means to the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError
from bot.storage import facts
from bot.storage.database import Database
from bot.storage.grouped import MOST, Group

Work = Callable[[AsyncConnection], Awaitable[str]]


class Counted:
    """A group over a database that counts its transactions."""

    def __init__(self, database: Database) -> None:
        self.begun = 0
        self.end: Exception | None = None
        self._database = database
        self.group = Group(self.write)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        self.begun += 1
        async with self._database.write() as connection:
            yield connection
            if self.end is not None:
                raise self.end


def saving(name: str) -> Work:
    async def work(connection: AsyncConnection) -> str:
        await facts.save(connection, name, "saved")
        return name

    return work


async def saved(database: Database, *names: str) -> list[str]:
    async with database.read() as connection:
        return [name for name in names if await facts.get(connection, name)]


async def test_what_comes_while_one_is_under_way_shares_the_next(database: Database) -> None:
    """Each unit gets its own result, once it is saved."""
    counted = Counted(database)
    names = [f"unit {number}" for number in range(10)]
    first = asyncio.create_task(counted.group.run(saving("first")))
    while not counted.begun:
        await asyncio.sleep(0)
    assert await asyncio.gather(*(counted.group.run(saving(name)) for name in names)) == names
    assert await first == "first"
    assert counted.begun == 2
    assert await saved(database, "first", *names) == ["first", *names]


async def test_a_transaction_holds_only_so_many(database: Database) -> None:
    """Nobody waits for a long one; all are done in the end."""
    counted = Counted(database)
    names = [f"unit {number}" for number in range(2 * MOST)]
    await asyncio.gather(*(counted.group.run(saving(name)) for name in names))
    assert counted.begun == 2
    assert await saved(database, *names) == names


async def test_a_units_own_fault_costs_only_itself(database: Database) -> None:
    """The others are saved without it; it is told to whoever asked for it."""
    counted = Counted(database)

    async def broken(connection: AsyncConnection) -> str:
        await facts.save(connection, "broken", "half done")
        raise RuntimeError("a fault of ours")

    before, fault, after = await asyncio.gather(
        counted.group.run(saving("before")),
        counted.group.run(broken),
        counted.group.run(saving("after")),
        return_exceptions=True,
    )
    assert (before, after) == ("before", "after")
    assert isinstance(fault, RuntimeError)
    assert await saved(database, "before", "broken", "after") == ["before", "after"]


async def test_the_databases_failure_is_everybodys(database: Database) -> None:
    """Nothing is saved, each is told, and the next ones are tried as if nothing had been."""
    counted = Counted(database)
    counted.end = StorageError("the disk is full")
    outcomes = await asyncio.gather(
        counted.group.run(saving("one")), counted.group.run(saving("two")), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [StorageError, StorageError]
    assert await saved(database, "one", "two") == []
    counted.end = None
    assert await counted.group.run(saving("three")) == "three"


async def test_a_unit_that_nobody_waits_for_is_not_begun(database: Database) -> None:
    """It was cancelled before its turn came."""
    counted = Counted(database)
    gate = asyncio.Event()

    async def slow(connection: AsyncConnection) -> str:
        await gate.wait()
        return "slow"

    first = asyncio.create_task(counted.group.run(slow))
    while not counted.begun:
        await asyncio.sleep(0)
    second = asyncio.create_task(counted.group.run(saving("second")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    assert await first == "slow"
    await counted.group.finish()
    assert await saved(database, "second") == []


async def test_closing_waits_for_what_is_under_way(database: Database) -> None:
    """What was taken on is saved, not torn off."""
    other = Database(database.url.render_as_string(hide_password=False))
    unit = asyncio.create_task(other.together(saving("last")))
    await asyncio.sleep(0)
    await other.close()
    assert await unit == "last"
    assert await saved(database, "last") == ["last"]
