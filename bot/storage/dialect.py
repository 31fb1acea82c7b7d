"""The few statements that the databases spell differently."""

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can name what to do on conflict."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


async def be_patient(connection: AsyncConnection, *, lock_seconds: int) -> None:
    """Let the transaction's statements take as long as they need, and wait for others."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text(f"SET LOCAL lock_timeout = {lock_seconds * 1000}"))
        await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
