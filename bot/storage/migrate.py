"""Brings a schema up to date, in one transaction, by one process at a time."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from bot.storage import revisions


def upgrade(connection: Connection, *, to: str = "head") -> tuple[str | None, str]:
    """Run what is missing up to a revision; returns the revision before, and the newest."""
    before, newest = revisions.revisions(connection)
    if before != newest:
        command.upgrade(_config(connection), to)
    return before, newest


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(revisions.VERSIONS.parent))
    config.attributes["connection"] = connection
    return config
