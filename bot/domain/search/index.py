"""What the index holds of a report: its words, and flags that searches are narrowed by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Protocol

from bot.domain.model import Issue
from bot.domain.words import MOST_CHARACTERS, fold, script_language, words

# Periods are filtered by whole months and years in the index; this year stands for all before
# it too: feeds seldom hold anything as old.
FIRST_YEAR = 2015
MONTHS = range(1, 13)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What else must hold of a report; None lets everything through.

    ``since`` and ``until`` bound the time of publication, both included. ``outlet`` is the
    id of a card or the name that a feed gave; ``country`` and ``language`` are ISO codes.
    """

    topic: str | None = None
    issue: Issue | None = None
    since: datetime | None = None
    until: datetime | None = None
    outlet: str | None = None
    country: str | None = None
    language: str | None = None


class Indexed(Protocol):
    """What the index holds of an entry: an Entry, or a row of their table."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102
    @property
    def outlet(self) -> str: ...  # noqa: D102
    @property
    def outlet_name(self) -> str: ...  # noqa: D102
    @property
    def country(self) -> str | None: ...  # noqa: D102
    @property
    def published_at(self) -> datetime: ...  # noqa: D102


def entry_words(entry: Indexed) -> list[str]:
    """Return what an entry is found by: its title's words, its flags, its text's words."""
    body = words(entry.text[:MOST_CHARACTERS])
    return [*words(entry.title[:MOST_CHARACTERS]), *_flags(entry), *body]


def _flags(entry: Indexed) -> Iterator[str]:
    published = entry.published_at
    yield _year_flag(max(published.year, FIRST_YEAR))
    yield _month_flag(published.year, published.month)
    yield from {_flag("o", entry.outlet), _flag("o", entry.outlet_name)}
    if language := entry.language or script_language(entry.title):
        yield _flag("l", language[:2])
    if entry.country:
        yield _flag("c", entry.country)


def filter_words(filters: Filters) -> list[tuple[str, ...]]:
    """Return the filters as words of the index: of each tuple a report has at least one."""
    named = (("o", filters.outlet), ("l", filters.language), ("c", filters.country))
    flags: list[tuple[str, ...]] = [(_flag(kind, value),) for kind, value in named if value]
    if filters.until is not None:
        flags.append(tuple(_period(filters.since, filters.until)))
    return flags


def _period(since: datetime | None, until: datetime) -> Iterator[str]:
    """Yield flags of whole years, and of the months at both ends, that cover a period."""
    last = (until.year, until.month)
    first = min((since.year, since.month), last) if since else (FIRST_YEAR, 1)
    for year in range(max(first[0], FIRST_YEAR), max(last[0], FIRST_YEAR) + 1):
        months = [month for month in MONTHS if first <= (year, month) <= last]
        if len(months) == len(MONTHS) or year == FIRST_YEAR:
            yield _year_flag(year)
        else:
            yield from (_month_flag(year, month) for month in months)


def _flag(kind: str, value: str) -> str:
    # Hashed, for ids and names of outlets hold what the index takes for a word's end.
    return f"_{kind}{blake2b(fold(value).encode(), digest_size=4).hexdigest()}"


def _year_flag(year: int) -> str:
    return f"_y{year:04}"


def _month_flag(year: int, month: int) -> str:
    return f"_m{year:04}{month:02}"
