"""What writers take turns at, because they decide by what they have read before.

On SQLite a writer is alone from its first statement on. On Postgres writers work side by
side, and each statement sees what others have committed by then (READ COMMITTED): a
decision then needs that nobody else decides the same meanwhile. A turn lasts until the
transaction ends.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.dialect import take_turns


async def migration(connection: AsyncConnection) -> None:
    """Nobody else changes the schema."""
    await take_turns(connection, "migration")


async def reading(connection: AsyncConnection) -> None:
    """Nobody else decides which story holds an entry, or whether it must be read again."""
    await take_turns(connection, "reading")


async def feed_addresses(connection: AsyncConnection) -> None:
    """Nobody else gives a feed a new address."""
    await take_turns(connection, "feed addresses")


async def workspace(connection: AsyncConnection, platform: str, name: str) -> None:
    """Nobody else adds to what the workspace has, of which it may have so many."""
    await take_turns(connection, "workspace", platform, name)
