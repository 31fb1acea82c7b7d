"""``export`` and ``restore``: all that the database holds, in one file."""

from collections.abc import Callable
from pathlib import Path

from bot.app.core import utc_now
from bot.app.database import open_database
from bot.domain.errors import NotFoundError
from bot.settings import Settings
from bot.storage.restore import restore_database
from bot.storage.transfer import Moved, export_database


async def export_to(
    settings: Settings, file: Path, *, with_secrets: bool, on_rows: Callable[[int], None]
) -> Moved:
    """Write all that the database of the settings holds into a file."""
    database = open_database(settings, create=False)
    if database.path is not None and not database.path.exists():
        raise NotFoundError(f"There is no database {database.path}: DATABASE_URL names it.")
    try:
        return await export_database(
            database, file, now=utc_now(), with_secrets=with_secrets, on_rows=on_rows
        )
    finally:
        await database.close()


async def restore_from(
    settings: Settings, file: Path, *, replace: bool, on_rows: Callable[[int], None]
) -> Moved:
    """Put all that a file holds into the database of the settings."""
    database = open_database(settings)
    try:
        return await restore_database(database, file, replace=replace, on_rows=on_rows)
    finally:
        await database.close()
