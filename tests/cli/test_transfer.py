"""A newcomer's SQLite moves to Postgres and back with two commands."""

from dataclasses import replace
from pathlib import Path

from tests.fakes.postgres import PostgresServer
from tests.processes import Bot


async def test_a_bot_moves_to_postgres_and_back(
    sampled: Bot, postgres: PostgresServer, tmp_path: Path
) -> None:
    """It goes on there with all it knew: the same stories, and no entry twice."""
    name = postgres.create()
    moved = replace(sampled, environ=sampled.environ | {"DATABASE_URL": heroku_url(postgres, name)})
    assert (await sampled.run("poll", "--once")).code == 0
    story = (await sampled.run("news", "japan-korea")).out
    assert len(story.splitlines()) > 5
    backup, back = str(tmp_path / "backup.gz"), str(tmp_path / "back.gz")
    exported = await sampled.run("export", backup)
    assert "rows of" in exported.err
    assert "--with-secrets takes them along" in exported.err
    restored = await moved.run("restore", backup)
    assert (restored.code, f"restored from {backup}" in restored.err) == (0, True)
    assert (await moved.run("news", "japan-korea")).out == story
    again = await moved.run("poll", "--once")
    assert "0 entries read" in again.err
    assert (await moved.run("export", back)).code == 0
    refused = await sampled.run("restore", back)
    assert (refused.code, "--replace" in refused.err) == (1, True)
    assert (await sampled.run("restore", back, "--replace")).code == 0
    assert (await sampled.run("news", "japan-korea")).out == story
    postgres.drop(name)


async def test_there_is_nothing_to_export_before_the_first_run(bot: Bot, tmp_path: Path) -> None:
    """And none is made by asking for it."""
    asked = await bot.run("export", str(tmp_path / "backup.gz"))
    assert (asked.code, "There is no database" in asked.err) == (1, True)
    assert list_of(tmp_path, "*.sqlite3") == []


def list_of(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


def heroku_url(postgres: PostgresServer, name: str) -> str:
    return postgres.url(name).replace("postgresql://", "postgres://") + "?sslmode=prefer"
