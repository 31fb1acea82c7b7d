"""What writers take turns at, because they decide by what they have read before.

On SQLite a writer is alone from its first statement on. On Postgres writers work side by
side, and each statement sees what others have committed by then (READ COMMITTED): a
decision then needs that nobody else decides the same meanwhile. A turn lasts until the
transaction ends.
"""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def migration(connection: AsyncConnection) -> None:
    """Nobody else changes the schema."""
    await _take(connection, "migration")


async def reading(connection: AsyncConnection) -> None:
    """Nobody else decides which story holds an entry, or whether it must be read again."""
    await _take(connection, "reading")


async def feed_addresses(connection: AsyncConnection) -> None:
    """Nobody else gives a feed a new address."""
    await _take(connection, "feed addresses")


async def workspace(connection: AsyncConnection, platform: str, name: str) -> None:
    """Nobody else adds to what the workspace has, of which it may have so many."""
    await _take(connection, "workspace", platform, name)


async def _take(connection: AsyncConnection, *name: str) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_number(name))))


def _number(name: tuple[str, ...]) -> int:
    # Advisory locks are named by a signed number of 64 bits.
    digest = hashlib.sha256("\0".join(("strait", *name)).encode(errors="replace")).digest()
    return int.from_bytes(digest[:8], signed=True)
