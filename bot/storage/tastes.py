"""Tastes as they are stored: JSON with the number of its shape."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from bot.domain.model import NO_FILTERS, Breaking, Filters, Length, Taste

# The shape of what is written. A later one reads the earlier ones too.
VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    filters: Filters = NO_FILTERS
    length: Length = Length.FULL
    breaking: Breaking | None = None


# Made once: a thousand subscriptions are read in the minute in which they are due.
_ADAPTER = TypeAdapter(_Stored)
_PLAIN = _Stored()


def dump(taste: Taste) -> dict[str, Any] | None:
    """Return what is stored of a taste beside its own columns; None where it is plain."""
    stored = _Stored(filters=taste.filters, length=taste.length, breaking=taste.breaking)
    if stored == _PLAIN:
        return None
    document: dict[str, Any] = _ADAPTER.dump_python(stored, mode="json", exclude_defaults=True)
    return {"version": VERSION, **document}


def load(document: dict[str, Any] | None) -> dict[str, Any]:
    """Return the fields of a taste that ``dump`` stored."""
    values = {key: value for key, value in (document or {}).items() if key != "version"}
    stored = _ADAPTER.validate_python(values) if values else _PLAIN
    return {"filters": stored.filters, "length": stored.length, "breaking": stored.breaking}
