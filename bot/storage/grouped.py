"""Small units of work that share a transaction: a commit waits for the disk, whatever it holds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

# Units of one transaction: above the outbox's sends at once, and over within some 50 ms.
MOST = 32


@dataclass(frozen=True, slots=True)
class _Unit:
    work: Work[Any]
    result: asyncio.Future[Any]

    def fail(self, error: Exception) -> None:
        if not self.result.done():
            self.result.set_exception(error)

    def succeed(self, value: object) -> None:
        if not self.result.done():
            self.result.set_result(value)


class Group:
    """Runs units of work: those that come while one transaction is under way share the next.

    ``write`` opens a transaction that is saved whole or not at all. A unit that comes alone
    waits for nobody.
    """

    def __init__(self, write: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._write = write
        self._waiting: list[_Unit] = []
        self._under_way: asyncio.Task[None] | None = None

    async def run(self, work: Work[T]) -> T:
        """Run a unit and return what it returned, once that is saved.

        A unit may be run twice, and must mean the same then: where another one of its
        transaction raises, it is run again without that. Raises what the unit raises, and
        StorageError where the transaction failed, for each of its units.
        """
        unit = _Unit(work, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._work_off())
        result: T = await unit.result
        return result

    async def finish(self) -> None:
        """Wait for what is under way."""
        if self._under_way is not None:
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                units, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                # Nobody waits any more for one that was cancelled before its turn.
                await self._together([unit for unit in units if not unit.result.done()])
        finally:
            self._under_way = None
            for unit in self._waiting:
                unit.result.cancel()

    async def _together(self, units: Sequence[_Unit]) -> None:
        try:
            async with self._write() as connection:
                found = [await unit.work(connection) for unit in units]
        except asyncio.CancelledError:
            for unit in units:
                unit.result.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is raised where the unit is waited for
            await self._apart(units, error)
        else:
            for unit, value in zip(units, found, strict=True):
                unit.succeed(value)

    async def _apart(self, units: Sequence[_Unit], error: Exception) -> None:
        """Let one unit's own fault be its own; the database's is everybody's."""
        if len(units) == 1 or isinstance(error, StorageError):
            for unit in units:
                unit.fail(error)
            return
        for unit in units:
            await self._together([unit])
