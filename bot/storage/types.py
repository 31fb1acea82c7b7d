"""Column types that hold the same on SQLite and Postgres."""

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import DateTime, TypeDecorator
from sqlalchemy.engine import Dialect

# Postgres stores no NUL in a text; halves of surrogate pairs, which broken JSON and UTF-16
# leave behind, can be written to neither database.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Text(TypeDecorator[str]):
    """A text without the characters that a database cannot store: they are left out.

    What is looked for is cleaned alike, so that it is found as it was stored.
    """

    impl: Any = sqlalchemy.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Leave out what cannot be stored."""
        return None if value is None else UNSTORABLE.sub("", value)


class String(Text):
    """A short text of our own making; Postgres refuses a longer one."""

    impl = sqlalchemy.String
    cache_ok = True


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite stores it without a zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back as another moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the time its zone back."""
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
