"""Indexes entries that were stored before the search index was: after an upgrade, a restore."""

from collections.abc import Callable

import stamina

from bot.domain.errors import StorageError
from bot.storage import search_index
from bot.storage.database import STORAGE_ATTEMPTS, Database

# One transaction: short, for it keeps other writers waiting on SQLite.
BATCH = 200

# What one round of the running bot indexes beside its other work: some seconds.
ROUND = 10_000


async def index_entries(
    database: Database,
    *,
    most: int | None = ROUND,
    on_batch: Callable[[int], None] = lambda count: None,
) -> int:
    """Index waiting entries, the newest first; returns how many.

    ``most`` bounds them; None leaves none waiting. Raises StorageError where a batch cannot
    be saved; the next call goes on from there.
    """
    total = 0
    while most is None or total < most:
        done = await _index_batch(database)
        if not done:
            break
        on_batch(done)
        total += done
    return total


@stamina.retry(on=StorageError, attempts=STORAGE_ATTEMPTS)
async def _index_batch(database: Database) -> int:
    async with database.read() as connection:
        if not await search_index.waiting(connection):
            return 0
    async with database.write() as connection:
        return await search_index.backfill(connection, limit=BATCH)
