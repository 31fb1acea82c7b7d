"""Which schema a database has, and which is the newest here: asked at every start.

Alembic, which would know too, takes longer to import than all the rest of a process that
only sends; it is needed where there is something to migrate.
"""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.domain.errors import DatabaseTooNewError
from bot.storage.problems import place

VERSIONS = Path(__file__).parent / "migrations" / "versions"

# The revision is the number that the file's name begins with.
VERSION_FILE = re.compile(r"(\d+)_\w+\.py")


def known() -> tuple[str, ...]:
    """Return the revisions known here, the newest last."""
    return _in(VERSIONS)


@cache
def _in(folder: Path) -> tuple[str, ...]:
    found = (VERSION_FILE.fullmatch(path.name) for path in folder.iterdir())
    return tuple(sorted(match[1] for match in found if match))


def revisions(connection: Connection) -> tuple[str | None, str]:
    """Return the schema's revision (None: there is no schema) and the newest one known here.

    Raises DatabaseTooNewError where a newer version of Strait wrote the schema.
    """
    current, newest = _current(connection), known()[-1]
    if current is not None and current not in known():
        raise DatabaseTooNewError(
            f"T{place(connection.engine.url)[1:]} was written by a newer version of "
            f"Strait (schema {current}; this version knows up to {newest}). "
            "Install that version, or name another database in DATABASE_URL."
        )
    return current, newest


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None
