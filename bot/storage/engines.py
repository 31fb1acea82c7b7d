"""How each database is connected to, and how its transactions begin."""

from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# How long SQLite itself waits for another writer, in milliseconds; above it we retry.
BUSY_TIMEOUT_MS = 5_000

# Connections to Postgres that one process keeps. Heroku's smallest plans allow 20: two dynos
# of two processes each, while the old ones are still ending.
CONNECTIONS = 5

# How long a unit of work waits for a free connection of its process, in seconds.
POOL_TIMEOUT = 20

# What a transaction on Postgres may take, in milliseconds: no statement of ours needs a tenth
# of the first; the last frees the locks of a process that froze in the middle of one.
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 60_000

# A network that swallows packets is found out within half a minute, not after libpq's hours.
NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "strait",
}

# Marks a connection's transactions as a writer's.
WRITES = "strait_write"

# Marks a transaction that may change the schema.
ALTERS = "strait_alter"


def make_engine(url: URL, *, connections: int = CONNECTIONS) -> AsyncEngine:
    """Return an engine for the database; ``connections`` bounds those to Postgres."""
    if url.get_backend_name() == "postgresql":
        return _postgres(url, connections)
    # One writer at a time is SQLite's rule; the pool only serves parallel readers.
    engine = create_async_engine(url, pool_pre_ping=False, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def transaction_options(
    engine: AsyncEngine, *, writes: bool, alters: bool = False
) -> dict[str, Any]:
    """Return the options of a connection whose transaction reads, or writes too.

    A writer on Postgres sees what others commit meanwhile, statement by statement (READ
    COMMITTED); one that decides by what it has read takes turns: see ``turns``.
    """
    if engine.dialect.name == "sqlite" or writes:
        return {WRITES: writes, ALTERS: alters}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _postgres(url: URL, connections: int) -> AsyncEngine:
    given = {name: value for name, value in NETWORK.items() if name not in url.query}
    engine = create_async_engine(
        url,
        # An error's text may reach a log: not with feeds' addresses and tokens in it.
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        # The last one used is used first, so that what a quiet hour does not need ends idle.
        pool_use_lifo=True,
        # A connection that the server or the network ended while it was idle is replaced.
        pool_pre_ping=True,
        # Behind PgBouncer the next transaction may have another server's session, which
        # knows nothing of statements prepared in this one.
        connect_args=given | {"prepare_threshold": None},
    )
    event.listen(engine.sync_engine, "begin", _begin_postgres)
    return engine


def _set_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions on its own: _begin_sqlite says which kind it is.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that upgrades from reading can fail at any
    # statement, without waiting, when another writer came first.
    options = connection.get_execution_options()
    writes = options.get(WRITES, False)
    if options.get(ALTERS, False):
        # Within a transaction SQLite ignores this.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgres(connection: Connection) -> None:
    # LOCAL, for a session's own settings would reach other clients of a PgBouncer. A server may
    # be set to forget its last commits in a crash: what was sent would be sent again.
    connection.exec_driver_sql(
        "SET LOCAL synchronous_commit = on;"
        f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS};"
        f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS};"
        f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS};"
        "SET LOCAL TimeZone = 'UTC'"
    )
