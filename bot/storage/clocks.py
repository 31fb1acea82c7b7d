"""How far this machine's clock was from others' when feeds were polled last."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import facts

OFFSET = "clock offset"


async def save_offset(connection: AsyncConnection, offset: timedelta) -> None:
    """Keep by how much others' clocks were ahead of ours."""
    await facts.save(connection, OFFSET, f"{offset.total_seconds():.0f}")


async def last_offset(connection: AsyncConnection) -> timedelta | None:
    """Return by how much others' clocks were ahead of ours; None where none was asked."""
    seconds = await facts.get(connection, OFFSET)
    return timedelta(seconds=int(seconds)) if seconds else None
