"""Fixtures that several parts share."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.storage.database import Database
from tests.fakes.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real Postgres, started when the first test asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """The name of a database at the newest schema, to be copied."""
    name = postgres.create()

    async def migrate() -> None:
        opened = Database(postgres.engine_url(name))
        await opened.migrate()
        await opened.close()

    # In a thread, for a loop may run in this one already.
    asyncio.run(migrate())
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/strait.sqlite3"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database."""
    name = postgres.create()
    yield postgres.engine_url(name)
    postgres.drop(name)


@pytest.fixture
def migrated_postgres_url(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The address of a database at the newest schema."""
    name = postgres.create(template=postgres_template)
    yield postgres.engine_url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    """A real SQLite database on disk, at the newest schema."""
    opened = Database(sqlite_url)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_database(migrated_postgres_url: str) -> AsyncIterator[Database]:
    """A real Postgres database, at the newest schema."""
    opened = Database(migrated_postgres_url)
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A real database at the newest schema, of each kind."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The folder of the evaluation data, which is not part of the repository."""
    folder = Path(os.environ.get("STRAIT_EVAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no evaluation data in {folder}: name its folder in STRAIT_EVAL_DATA")
    return folder
