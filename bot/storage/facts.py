"""Small facts that outlive a restart, by name."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.dialect import insert
from bot.storage.schema import facts


async def get(connection: AsyncConnection, name: str) -> str | None:
    """Return what was saved last under the name; None where nothing was."""
    row = (await connection.execute(select(facts.c.value).where(facts.c.name == name))).first()
    return row.value if row else None


async def save(connection: AsyncConnection, name: str, value: str) -> None:
    """Keep a value under the name, in place of the one before."""
    statement = insert(connection, facts).values(name=name, value=value)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[facts.c.name], set_={"value": value})
    )
