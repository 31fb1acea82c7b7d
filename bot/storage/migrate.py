"""Brings a schema up to date, in one transaction, by one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.domain.errors import DatabaseTooNewError
from bot.storage.problems import place

MIGRATIONS = Path(__file__).parent / "migrations"


def revisions(connection: Connection) -> tuple[str | None, str]:
    """Return the schema's revision and the newest one known here.

    Raises DatabaseTooNewError where a newer version of Strait wrote the schema.
    """
    scripts = ScriptDirectory.from_config(_config(connection))
    newest = scripts.get_current_head() or ""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known_revisions(connection):
        raise DatabaseTooNewError(
            f"T{place(connection.engine.url)[1:]} was written by a newer version of "
            f"Strait (schema {current}; this version knows up to {newest}). "
            "Install that version, or name another database in DATABASE_URL."
        )
    return current, newest


def known_revisions(connection: Connection) -> set[str]:
    """Return every revision that this version knows."""
    scripts = ScriptDirectory.from_config(_config(connection))
    return {script.revision for script in scripts.walk_revisions()}


def upgrade(connection: Connection, *, to: str = "head") -> tuple[str | None, str]:
    """Run what is missing up to a revision; returns the revision before, and the newest."""
    before, newest = revisions(connection)
    if before != newest:
        command.upgrade(_config(connection), to)
    return before, newest


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
