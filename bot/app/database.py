"""The database of the settings: opened, brought up to date, waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import structlog

from bot.app.tasks import cancel
from bot.domain.errors import DatabaseTooNewError, StorageError
from bot.storage.database import Database

if TYPE_CHECKING:
    from bot.settings import Settings

log = structlog.get_logger()

# A database that is down is asked again after 1 s, doubling, up to half a minute.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=30)


def open_database(settings: Settings, *, create: bool = True) -> Database:
    """Return the database of the settings; a SQLite file is made for its owner alone."""
    connections = settings.environment.strait_database_connections
    # Read when the first entry is, by whoever reads any.
    terms = cache(lambda: settings.outlet_cards.terms)
    database = Database(settings.database_url, connections=connections, terms=terms)
    if create and (path := database.path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                f"The database {path} cannot be made ({error.strerror}): "
                "name a file in a folder that can be written in DATABASE_URL."
            ) from error
    return database


async def prepare(database: Database) -> bool:
    """Bring a SQLite file up to date, check another database; returns whether it was made.

    Postgres may be in use by another version, which a schema changed on any start would
    break: there `migrate` does it, once, when a release is put in place.
    """
    if not database.is_sqlite:
        await database.check()
        return False
    before, _ = await database.migrate()
    return before is None


async def until_set_up(
    set_up: Callable[[], Awaitable[None]], stop: asyncio.Event, *, is_sqlite: bool
) -> bool:
    """Wait for a database server that is down; returns whether it came before the stop.

    Raises StorageError for a file that cannot be used: nobody but its owner can mend that.
    """
    wait = FIRST_WAIT
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        setting_up = asyncio.ensure_future(set_up())
        await asyncio.wait({setting_up, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not setting_up.done():
            break
        error = setting_up.exception()
        if error is None:
            stopping.cancel()
            return True
        if not isinstance(error, StorageError) or is_sqlite or _is_final(error):
            stopping.cancel()
            raise error
        log.error("waiting for the database", problem=str(error), seconds=wait.total_seconds())
        await asyncio.wait({stopping}, timeout=wait.total_seconds())
        wait = min(wait * 2, LONGEST_WAIT)
    await cancel([setting_up])
    return False


def _is_final(error: StorageError) -> bool:
    # A schema that is too old is migrated by the release; one that is too new is not.
    return isinstance(error, DatabaseTooNewError)
