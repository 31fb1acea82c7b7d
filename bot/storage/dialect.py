"""The few statements that the databases spell differently."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import Table, func, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can name what to do on conflict."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - slow to import

        return postgresql.insert(table)
    return sqlite.insert(table)


async def take_turns(connection: AsyncConnection, *name: str) -> None:
    """Wait until no other transaction holds the name, and hold it until this one ends.

    For writers that decide by what they have read. On SQLite a writer is alone already.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_number(name))))


# A patient transaction waits this long for others, in seconds.
PATIENCE = 60


async def be_patient(connection: AsyncConnection) -> None:
    """Let the transaction's statements take as long as they need, and wait for others."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE * 1000}"))
        await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _number(name: tuple[str, ...]) -> int:
    # Advisory locks are named by a signed number of 64 bits.
    digest = hashlib.sha256("\0".join(("strait", *name)).encode(errors="replace")).digest()
    return int.from_bytes(digest[:8], signed=True)
