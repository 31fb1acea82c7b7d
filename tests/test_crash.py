"""The sending process, killed at named points and at random times: nothing lost, nothing twice.

A short run of `benchmarks.crash`, which does it a thousand times.
"""

from pathlib import Path

import pytest

from benchmarks.crash_run import Mode, Run, migrations_survive
from tests.fakes.postgres import PostgresServer

KILLS = 12


async def test_kills_lose_and_repeat_nothing_on_sqlite(tmp_path: Path) -> None:
    """Where the platform can be asked, nothing is uncertain either."""
    url = f"sqlite:///{tmp_path}/crash.sqlite3"
    async with Run.open(url, Mode.HISTORY, seed=1, server=None) as run:
        tally = await run.crash(KILLS, troubles=False)
    assert tally.kills >= KILLS
    assert tally.is_right, tally


async def test_kills_lose_and_repeat_nothing_on_postgres(postgres: PostgresServer) -> None:
    """The receiver drops what comes twice by its key."""
    url = postgres.url(postgres.create())
    async with Run.open(url, Mode.KEYS, seed=1, server=postgres) as run:
        tally = await run.crash(KILLS, troubles=False)
    assert tally.kills >= KILLS
    assert tally.is_right, tally


async def test_where_nobody_can_tell_nothing_is_guessed(tmp_path: Path) -> None:
    """Lost and repeated stay none; what is uncertain is told with its cause."""
    url = f"sqlite:///{tmp_path}/crash.sqlite3"
    async with Run.open(url, Mode.BLIND, seed=2, server=None) as run:
        tally = await run.crash(KILLS, troubles=False)
    assert tally.uncertain
    assert all("cannot be asked" in problem for problem in tally.uncertain)
    assert tally.is_right, tally


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_migration_that_is_killed_is_made_whole(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Between any two of its statements."""

    def new_url(name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.sqlite3"
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.url(server.create())

    tally = await migrations_survive(new_url, 2, seed=1)
    assert tally.kills == 2
    assert tally.is_right, tally
