"""Small facts that outlive a restart, by name."""

from sqlalchemy import select, update
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


async def swap(connection: AsyncConnection, name: str, before: str | None, value: str) -> bool:
    """Keep a value if the one before is still what it was; False where another came first."""
    if before is None:
        fresh = insert(connection, facts).values(name=name, value=value)
        statement = fresh.on_conflict_do_nothing().returning(facts.c.name)
        return (await connection.execute(statement)).first() is not None
    mine = (facts.c.name == name, facts.c.value == before)
    changed = update(facts).where(*mine).values(value=value).returning(facts.c.name)
    return (await connection.execute(changed)).first() is not None
