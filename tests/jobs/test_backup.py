"""Backups are made on time, whole, for their owner alone; a failure is told and tried again."""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.backups import BackupPlan
from bot.domain.errors import StorageError
from bot.jobs.backup import UNEXPECTED, Export, back_up_if_due
from bot.storage import backups
from bot.storage.backups import Made
from bot.storage.database import Database
from tests.builders import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def plan(tmp_path: Path) -> BackupPlan:
    return BackupPlan(folder=str(tmp_path / "backups"), keep=3)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


async def export(out: Path) -> None:
    """Write as an export does: a file of its own, put in place of the one that is there."""
    beside = out.with_name("other")
    beside.write_text("everything")
    beside.replace(out)


def failing(error: Exception) -> Export:
    async def fail(out: Path) -> None:
        await asyncio.to_thread(out.write_text, "half")
        raise error

    return fail


async def back_up(
    database: Database, plan: BackupPlan, *, hours: float = 0, export: Export = export
) -> Made | None:
    now = NOW + hours * HOUR
    return await back_up_if_due(database=database, plan=plan, export=export, now=now)


def text_and_mode(file: str) -> tuple[str, int]:
    return Path(file).read_text(), Path(file).stat().st_mode & 0o777


def names(plan: BackupPlan) -> list[str]:
    return sorted(path.name for path in plan.path.iterdir())


@pytest.mark.usefixtures("open_umask")
async def test_a_backup_is_for_its_owner_alone(database: Database, plan: BackupPlan) -> None:
    """Whatever the umask says, and whatever the export made."""
    made = await back_up(database, plan)
    assert made is not None
    assert text_and_mode(made.file) == ("everything", 0o600)
    assert plan.path.stat().st_mode & 0o777 == 0o700
    assert names(plan) == ["strait-20261120T003000Z.backup"]


async def test_without_a_folder_none_is_made(database: Database) -> None:
    """Whoever hosts it says where backups outlive the disk."""
    assert await back_up(database, BackupPlan()) is None


async def test_it_is_due_by_what_is_stored(database: Database, plan: BackupPlan) -> None:
    """A restart, or a second process, makes no second one."""
    both = await asyncio.gather(back_up(database, plan), back_up(database, plan))
    assert sum(made is not None for made in both) == 1
    assert await back_up(database, plan, hours=23.9) is None
    assert await back_up(database, plan, hours=24) is not None


async def test_the_newest_are_kept(database: Database, plan: BackupPlan) -> None:
    """What someone else keeps in the folder stays."""
    plan.path.mkdir()
    (plan.path / "strait-mine.backup").write_text("")
    for day in range(5):
        await back_up(database, plan, hours=24 * day)
    assert names(plan) == [
        "strait-20261122T003000Z.backup",
        "strait-20261123T003000Z.backup",
        "strait-20261124T003000Z.backup",
        "strait-mine.backup",
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StorageError("The database is locked: end the other."), "The database is locked"),
        (OSError(28, "No space left on device"), "No space left on device): make room"),
        (RuntimeError("secret inside"), UNEXPECTED),
    ],
)
async def test_a_failure_is_told_and_leaves_what_was_there(
    database: Database, plan: BackupPlan, error: Exception, said: str
) -> None:
    """Half a backup never looks like one; the next hour tries again."""
    await back_up(database, plan)
    before = names(plan)
    assert await back_up(database, plan, hours=25, export=failing(error)) is None
    assert names(plan) == before
    async with database.read() as connection:
        failed = await backups.last_failed(connection)
        made = await backups.last_made(connection)
    assert failed is not None
    assert said in failed.problem
    assert made is not None
    assert made.at == NOW
    assert await back_up(database, plan, hours=25.5) is None
    assert await back_up(database, plan, hours=26) is not None


async def test_a_folder_that_cannot_be_made_is_told(database: Database, tmp_path: Path) -> None:
    """The mend names the setting."""
    (tmp_path / "file").write_text("")
    assert await back_up(database, BackupPlan(folder=str(tmp_path / "file" / "x"))) is None
    async with database.read() as connection:
        failed = await backups.last_failed(connection)
    assert failed is not None
    assert "settings.toml [backup]" in failed.problem


async def test_what_a_killed_process_left_is_removed(database: Database, plan: BackupPlan) -> None:
    """Half files do not pile up."""
    plan.path.mkdir()
    (plan.path / ".strait-20261119T003000Z.backup.part").write_text("half")
    await back_up(database, plan)
    assert names(plan) == ["strait-20261120T003000Z.backup"]
