"""Exports the database into a folder on a schedule, and keeps the newest ones."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from bot.domain.backups import BackupPlan, backup_name, surplus
from bot.domain.errors import StorageError, StraitError
from bot.storage import backups
from bot.storage.backups import Failed, Made
from bot.storage.database import Database

log = structlog.get_logger()

# Writes the whole database, as one state and without secrets, to a file that it may replace.
Export = Callable[[Path], Awaitable[object]]

OWNER_ONLY_FOLDER, OWNER_ONLY = 0o700, 0o600

# What a backup is called until it is whole; its name sorts before none of the whole ones.
PART = ".part"

UNEXPECTED = "Strait failed on the backup by a mistake of its own, which its log describes."


async def back_up_if_due(
    *, database: Database, plan: BackupPlan, export: Export, now: datetime
) -> Made | None:
    """Make a backup where the plan wants one and none is due to another process.

    One that fails is told in the log and by ``doctor``, and tried again an hour later; those
    made before stay. Raises StorageError where the database cannot tell what is due.
    """
    if not plan.folder:
        return None
    async with database.write() as connection:
        if not await backups.claim_due(connection, plan, now=now):
            return None
    try:
        made = await _back_up(plan, export, now=now)
    except (StraitError, OSError) as error:
        await _tell(database, Failed(at=now, problem=_words(plan, error)))
        return None
    except Exception:
        log.exception("backup failed unexpectedly")
        await _tell(database, Failed(at=now, problem=UNEXPECTED))
        return None
    async with database.write() as connection:
        await backups.save_made(connection, made)
    log.info("backup made", file=made.file, bytes=made.size)
    return made


async def _back_up(plan: BackupPlan, export: Export, *, now: datetime) -> Made:
    folder = plan.path
    folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
    whole = folder / backup_name(now)
    partial = folder / f".{whole.name}{PART}"
    await asyncio.to_thread(_sweep, folder)
    try:
        _make_private(partial)
        await export(partial)
        await asyncio.to_thread(_settle, partial, whole)
    finally:
        partial.unlink(missing_ok=True)
    _rotate(folder, plan.keep)
    return Made(at=now, file=str(whole), size=whole.stat().st_size)


def _make_private(path: Path) -> None:
    """Make an empty file for its owner alone, whatever the umask says."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
    os.close(descriptor)


def _settle(partial: Path, whole: Path) -> None:
    """Give a file its name once all of it is on the disk."""
    # The export may have put a file of its own in place of ours.
    partial.chmod(OWNER_ONLY)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(whole)


def _sweep(folder: Path) -> None:
    """Remove what processes left that died over a backup; a backup has one process at a time."""
    for path in folder.glob(f".strait-*{PART}"):
        path.unlink(missing_ok=True)


def _rotate(folder: Path, keep: int) -> None:
    for name in surplus([path.name for path in folder.iterdir()], keep=keep):
        (folder / name).unlink(missing_ok=True)


def _words(plan: BackupPlan, error: Exception) -> str:
    if isinstance(error, OSError):
        return (
            f"The backup cannot be written to {plan.path} ({error.strerror}): make room or give "
            "the folder to the user that runs Strait, or name another in settings.toml [backup]."
        )
    return str(error)


async def _tell(database: Database, failed: Failed) -> None:
    log.error("backup failed; it is tried again", problem=failed.problem)
    # Where the disk is full, even this cannot be saved; the log has it.
    with suppress(StorageError):
        async with database.write() as connection:
            await backups.save_failed(connection, failed)
