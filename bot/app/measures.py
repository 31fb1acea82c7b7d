"""The numbers that ``/metrics`` shows, read from the database no more often than is of use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.app.core import App
from bot.app.health import beat_facts
from bot.domain.errors import StorageError
from bot.domain.measures import Measures
from bot.storage import measures

# Prometheus asks every 15 to 60 s; several that ask share an answer (seconds).
FRESH = 10.0

# Prometheus itself gives up after 10 s (scrape_timeout): a reason must come before.
LATEST = 8.0


class Scrapes:
    """Answers scrapes; those that come within ``FRESH`` get the last answer, a failure too."""

    def __init__(self, app: App, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Read nothing yet."""
        self._app = app
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._read_at: float | None = None
        self._answer: Measures | StorageError

    async def read(self) -> Measures:
        """Return the numbers. Raises StorageError where the database does not give them."""
        async with self._turn:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at >= FRESH:
                self._answer = await self._ask()
                self._read_at = self._monotonic()
        if isinstance(self._answer, StorageError):
            # Not the very same again: each raising would lengthen its traceback.
            raise StorageError(str(self._answer))
        return self._answer

    async def _ask(self) -> Measures | StorageError:
        try:
            async with asyncio.timeout(LATEST), self._app.database.read() as connection:
                return await measures.read(connection, beats=beat_facts(), now=self._app.clock())
        except StorageError as error:
            return error
        except TimeoutError:
            return StorageError(f"The database has not answered for {LATEST:.0f} s.")
