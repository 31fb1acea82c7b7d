"""Every schema before is brought up to date with its data, on both databases, or not at all."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.domain.errors import StorageError
from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.restore import DERIVED
from bot.storage.schema import metadata
from tests.storage.rows import Snapshot, fill, snapshot

SCRIPTS = ScriptDirectory(str(migrate.MIGRATIONS))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]


@pytest.fixture
def opened(database_url: str) -> Database:
    return Database(database_url)


async def upgrade(database: Database, to: str) -> None:
    async with database.altering() as connection:
        await connection.run_sync(lambda c: migrate.upgrade(c, to=to))


async def filled(database: Database, revision: str) -> dict[str, Snapshot]:
    """Return what a database of a schema before holds, which is something in every table."""
    await upgrade(database, revision)
    async with database.altering() as connection:
        await connection.run_sync(lambda c: fill(c, seed=7))
    found = await held(database)
    assert all(table.rows for table in found.values())
    return found


async def held(database: Database) -> dict[str, Snapshot]:
    async with database.read() as connection:
        return await connection.run_sync(snapshot)


async def revision(database: Database) -> str | None:
    return (await database.revision())[0]


def differences(connection: Connection) -> list[object]:
    """Return where the schema is not that of the code."""

    def is_ours(_thing: object, name: str | None, kind: str, *_rest: object) -> bool:
        return kind != "table" or not str(name).startswith(DERIVED)

    context = MigrationContext.configure(
        connection, opts={"include_object": is_ours, "compare_server_default": False}
    )
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("before", REVISIONS)
async def test_a_schema_before_is_brought_up_to_date_with_its_data(
    opened: Database, before: str
) -> None:
    """No row and no value of a column that stays is lost, and the schema is the code's."""
    was = await filled(opened, before)
    await opened.migrate()
    now = await held(opened)
    for name, table in was.items():
        stays = sorted(table.columns.keys() & now[name].columns.keys())
        missing = [row for row in table.of(stays) if row not in now[name].of(stays)]
        assert missing == [], name
        assert len(now[name].rows) == len(table.rows) or name == "facts"
    async with opened.read() as connection:
        assert await connection.run_sync(differences) == []
    await opened.check()
    await opened.close()


async def test_the_migrations_are_one_line(opened: Database) -> None:
    """Two that follow the same one could be run in either order, or not at all."""
    assert SCRIPTS.get_heads() == [REVISIONS[-1]]
    assert SCRIPTS.get_bases() == [REVISIONS[0]]
    await opened.close()


# A newest migration that changes much before it ends in some way.
CHANGES = """
import time

import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "BEFORE"


def upgrade():
    op.add_column("feeds", sa.Column("rating", sa.Integer()))
    op.execute("UPDATE feeds SET rating = 1")
    op.execute("DELETE FROM told")
    op.execute("CREATE TABLE more (id INTEGER PRIMARY KEY)")
    END
"""


def add_migration(folder: Path, *, end: str) -> None:
    script = CHANGES.replace("BEFORE", REVISIONS[-1]).replace("END", end)
    (folder / "9998_newest.py").write_text(script)


@pytest.fixture
def with_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of one's own beside those that there are."""
    copy = tmp_path / "migrations"
    copy.mkdir()
    for source in migrate.MIGRATIONS.rglob("*"):
        target = copy / source.relative_to(migrate.MIGRATIONS)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        elif source.suffix in {".py", ".mako"}:
            target.write_bytes(source.read_bytes())
    monkeypatch.setattr(migrate, "MIGRATIONS", copy)
    return copy / "versions"


async def test_a_migration_that_fails_leaves_the_old_version_working(
    opened: Database, with_newest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables, rows and revision are those from before, and the next try is like the first."""
    was = await filled(opened, REVISIONS[-1])
    add_migration(with_newest, end="op.execute('SELECT no_such_column FROM feeds')")
    for _ in range(2):
        with pytest.raises(StorageError):
            await opened.migrate()
    monkeypatch.undo()
    await opened.check()
    assert await held(opened) == was
    async with opened.read() as connection:
        assert await connection.run_sync(differences) == []
    await opened.close()


RUN = """
import asyncio, sys
from pathlib import Path
from bot.storage import migrate
from bot.storage.database import Database
migrate.MIGRATIONS = Path(sys.argv[2])
asyncio.run(Database(sys.argv[1]).migrate())
"""


async def test_a_migration_that_is_killed_midway_leaves_the_old_version_working(
    opened: Database, with_newest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Power, or a hosting service's patience, may end at any statement."""
    was = await filled(opened, REVISIONS[-1])
    reached = tmp_path / "reached"
    add_migration(with_newest, end=f"open({str(reached)!r}, 'w').close(); time.sleep(60)")
    url = opened.url.render_as_string(hide_password=False)
    arguments = [sys.executable, "-c", RUN, url, str(with_newest.parent)]
    process = subprocess.Popen(arguments, cwd=Path(__file__).parents[2], env=dict(os.environ))  # noqa: ASYNC220
    while not await asyncio.to_thread(reached.exists):
        assert process.poll() is None, "the migration ended before it was killed"
        await asyncio.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    monkeypatch.undo()
    await opened.check()
    assert await held(opened) == was
    async with opened.write() as connection:
        await connection.execute(text("DELETE FROM told"))
    await opened.close()


async def test_a_table_that_is_made_anew_keeps_what_refers_to_it(
    sqlite_url: str, with_newest: Path
) -> None:
    """SQLite changes some columns only so; dropping the old table must not cascade."""
    opened = Database(sqlite_url)
    was = await filled(opened, REVISIONS[-1])
    anew = (
        "with op.batch_alter_table({}, recreate='always') as b: b.alter_column({}, type_=sa.Text())"
    )
    add_migration(
        with_newest,
        end="\n    ".join(
            anew.format(repr(table), repr(column))
            for table, column in (("subscriptions", "created_by"), ("entries", "country"))
        ),
    )
    assert await opened.migrate() == (REVISIONS[-1], "9998")
    now = await held(opened)
    kept = {name: len(table.rows) for name, table in now.items() if name not in {"told", "more"}}
    assert kept == {name: len(table.rows) for name, table in was.items() if name != "told"}
    await opened.close()


async def test_a_migration_that_orphans_rows_is_refused(
    sqlite_url: str, with_newest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """References are checked at the end: what is wrong is told, and nothing is changed."""
    opened = Database(sqlite_url)
    was = await filled(opened, REVISIONS[-1])
    add_migration(with_newest, end="op.execute('DELETE FROM feeds')")
    with pytest.raises(StorageError, match="refers to one of feeds that is not there"):
        await opened.migrate()
    monkeypatch.undo()
    assert await held(opened) == was
    with pytest.raises(Exception, match="FOREIGN KEY"):
        async with opened.write() as connection:
            await connection.execute(text("DELETE FROM stories"))
    await opened.close()
