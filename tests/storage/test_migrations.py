"""Every schema before is brought up to date with its data, on both databases, or not at all."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from bot.domain.errors import DatabaseTooNewError, InputError, StorageError, StraitError
from bot.storage import migrate, revisions
from bot.storage.database import Database
from bot.storage.restore import DERIVED, restore_database
from bot.storage.schema import metadata
from bot.storage.transfer import export_database
from tests.builders import NOW
from tests.storage.rows import Snapshot, fill, snapshot

MIGRATIONS = revisions.VERSIONS.parent
SCRIPTS = ScriptDirectory(str(MIGRATIONS))
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
    # A start knows the newest by its file's number alone.
    assert list(revisions.known()) == REVISIONS
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


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Lets this be a newer version, which has one migration more; returns where they are."""

    def add(end: str) -> Path:
        copy = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
        script = CHANGES.replace("BEFORE", REVISIONS[-1]).replace("END", end)
        (copy / "versions" / "9998_newest.py").write_text(script)
        monkeypatch.setattr(revisions, "VERSIONS", copy / "versions")
        return copy / "versions"

    return add


async def test_a_migration_that_fails_leaves_the_old_version_working(
    opened: Database, newer: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables, rows and revision are those from before, and the next try is like the first."""
    was = await filled(opened, REVISIONS[-1])
    newer("op.execute('SELECT no_such_column FROM feeds')")
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
from bot.storage import revisions
from bot.storage.database import Database
revisions.VERSIONS = Path(sys.argv[2])
asyncio.run(Database(sys.argv[1]).migrate())
"""


async def test_a_migration_that_is_killed_midway_leaves_the_old_version_working(
    opened: Database, newer: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Power, or a hosting service's patience, may end at any statement."""
    was = await filled(opened, REVISIONS[-1])
    reached = tmp_path / "reached"
    versions = newer(f"open({str(reached)!r}, 'w').close(); time.sleep(60)")
    url = opened.url.render_as_string(hide_password=False)
    arguments = [sys.executable, "-c", RUN, url, str(versions)]
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


async def test_going_back_to_the_version_before(
    opened: Database, newer: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As docs/upgrading.md says: the old version refuses, and goes on from the export before."""
    was = await filled(opened, REVISIONS[-1])
    before, after = tmp_path / "before.gz", tmp_path / "after.gz"
    await export_database(opened, before, now=NOW)
    newer("pass")
    assert await opened.migrate() == (REVISIONS[-1], "9998")
    await export_database(opened, after, now=NOW)
    monkeypatch.undo()
    with pytest.raises(DatabaseTooNewError, match="written by a newer version"):
        await opened.check()
    for file in (before, after):
        with pytest.raises(StraitError, match="newer version"):
            await restore_database(opened, file, replace=True)
    async with opened.altering() as connection:
        await connection.run_sync(drop_everything)
    with pytest.raises(InputError, match="made by a newer version"):
        await restore_database(opened, after)
    await restore_database(opened, before)
    assert await held(opened) == was
    await opened.close()


async def test_an_export_of_a_schema_before_is_brought_up_to_date(
    opened: Database, newer: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A backup may be older than the version that restores it."""
    was = await filled(opened, REVISIONS[-1])
    file = tmp_path / "before.gz"
    await export_database(opened, file, now=NOW)
    newer("pass")
    async with opened.altering() as connection:
        await connection.run_sync(drop_everything)
    await restore_database(opened, file)
    assert await revision(opened) == "9998"
    now = await held(opened)
    assert len(now["feeds"].rows) == len(was["feeds"].rows)
    assert {row["rating"] for row in now["feeds"].rows} == {1}
    await opened.close()


def drop_everything(connection: Connection) -> None:
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)


async def test_a_table_that_is_made_anew_keeps_what_refers_to_it(
    sqlite_url: str, newer: Callable[[str], Path]
) -> None:
    """SQLite changes some columns only so; dropping the old table must not cascade."""
    opened = Database(sqlite_url)
    was = await filled(opened, REVISIONS[-1])
    anew = (
        "with op.batch_alter_table({}, recreate='always') as b: b.alter_column({}, type_=sa.Text())"
    )
    newer(
        "\n    ".join(
            anew.format(repr(table), repr(column))
            for table, column in (("subscriptions", "created_by"), ("entries", "country"))
        )
    )
    assert await opened.migrate() == (REVISIONS[-1], "9998")
    now = await held(opened)
    kept = {name: len(table.rows) for name, table in now.items() if name not in {"told", "more"}}
    assert kept == {name: len(table.rows) for name, table in was.items() if name != "told"}
    await opened.close()


async def test_a_migration_that_orphans_rows_is_refused(
    sqlite_url: str, newer: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """References are checked at the end: what is wrong is told, and nothing is changed."""
    opened = Database(sqlite_url)
    was = await filled(opened, REVISIONS[-1])
    newer("op.execute('DELETE FROM feeds')")
    with pytest.raises(StorageError, match="refers to one of feeds that is not there"):
        await opened.migrate()
    monkeypatch.undo()
    assert await held(opened) == was
    with pytest.raises(Exception, match="FOREIGN KEY"):
        async with opened.write() as connection:
            await connection.execute(text("DELETE FROM stories"))
    await opened.close()
