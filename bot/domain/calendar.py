"""The calendar: days that return or come once, and which digest tells of them beforehand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bot.domain.model import Issue, Schedule
from bot.domain.schedule import WEEKDAYS, next_slot

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}

YEARLY = re.compile(r"(\d{2})-(\d{2})")
ONCE = re.compile(r"\d{4}-\d{2}-\d{2}")
NTH = re.compile(r"(\w+) (\w+) of (\w+)")

# 29 February is a day, though not of every year.
LEAP_YEAR = 2024

SHAPES = '"08-15" (every year), "second friday of july" (every year) or "2026-01-13" (once)'

# News of a returning day comes out a little before it or after it.
YEAR_AGO_WINDOW = timedelta(days=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Yearly:
    """The same day every year."""

    month: int
    day: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NthWeekday:
    """A weekday (0 is Monday) of a month every year: the n-th from 0, or the last (-1)."""

    month: int
    weekday: int
    nth: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Once:
    """One day."""

    day: date


When = Yearly | NthWeekday | Once


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """A day worth a pre-brief, as ``config/calendar.toml`` has it.

    ``when`` is in the words of ``parse_when``; ``title`` and ``brief`` (two lines) are by
    language. ``approximate``: the day itself is set late, and usually near this one.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    id: str
    when: str
    issue: str
    topics: tuple[str, ...]
    title: Mapping[str, str]
    brief: Mapping[str, tuple[str, ...]]
    approximate: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """An occasion on one of its days."""

    day: date
    occasion: Occasion

    @property
    def key(self) -> str:
        """What it is remembered by once it has been told."""
        return f"{self.occasion.id}@{self.day.isoformat()}"

    @property
    def issue(self) -> Issue:
        """Its issue within the topic."""
        return Issue(self.occasion.issue)


def parse_when(text: str) -> When:
    """Return the day or days of ``08-15``, ``second friday of july`` or ``2026-01-13``.

    Raises ValueError, with the reason, for other text and for days that do not exist.
    """
    if match := YEARLY.fullmatch(text):
        checked = _existing(LEAP_YEAR, int(match[1]), int(match[2]), text)
        return Yearly(month=checked.month, day=checked.day)
    if ONCE.fullmatch(text):
        of_year, of_month, of_day = map(int, text.split("-"))
        return Once(day=_existing(of_year, of_month, of_day, text))
    if match := NTH.fullmatch(text.strip().casefold()):
        nth, weekday, month = match.groups()
        if nth in ORDINALS and weekday in WEEKDAYS and month in MONTHS:
            return NthWeekday(
                month=MONTHS.index(month) + 1,
                weekday=WEEKDAYS.index(weekday),
                nth=ORDINALS[nth],
            )
    raise ValueError(f'"{text}" is no day: write {SHAPES}.')


def occurrences(occasions: Iterable[Occasion], *, first: date, last: date) -> list[Occurrence]:
    """Return what falls on the days from ``first`` to ``last``, both included, in order."""
    found = [
        Occurrence(day=day, occasion=occasion)
        for occasion in occasions
        for day in _days(parse_when(occasion.when), range(first.year, last.year + 1))
        if first <= day <= last
    ]
    return sorted(found, key=lambda one: (one.day, one.occasion.id))


def heralded(
    occasions: Iterable[Occasion],
    schedule: Schedule,
    slot_at: datetime,
    *,
    first_slot_at: datetime,
    now: datetime,
) -> list[Occurrence]:
    """Return what the digest of a slot tells of: days that begin before the next slot.

    So each day is told of in the last digest before its local midnight, and a weekly digest
    tells of the week ahead. One that stands for skipped slots (``first_slot_at`` is the
    earliest of them) tells of their days too, unless a day is over by now.
    """
    return between(
        occasions,
        schedule.zone,
        after=first_slot_at,
        until=next_slot(schedule, after=slot_at),
        now=now,
    )


def between(
    occasions: Iterable[Occasion], zone: str, *, after: datetime, until: datetime, now: datetime
) -> list[Occurrence]:
    """Return what begins (at local midnight) in ``(after, until]`` and is not over by now."""
    local = ZoneInfo(zone)
    first = max(after.astimezone(local).date(), now.astimezone(local).date())
    found = occurrences(occasions, first=first, last=until.astimezone(local).date())
    return [one for one in found if after < _midnight(one.day, local) <= until]


def year_ago(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the moments ``[from, until)``, in UTC, of about that day a year ago."""
    # 29 February has no counterpart: the day before it is about that day.
    back = day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004 - February
    local = ZoneInfo(zone)
    return (
        _midnight(back - YEAR_AGO_WINDOW, local),
        _midnight(back + YEAR_AGO_WINDOW + timedelta(days=1), local),
    )


def _existing(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f'"{text}" is a day that does not exist: write {SHAPES}.') from None


def _days(when: When, years: Iterable[int]) -> Iterator[date]:
    match when:
        case Once(day=day):
            yield day
        case Yearly(month=month, day=day):
            for year in years:
                try:
                    yield date(year, month, day)
                except ValueError:
                    # 29 February, in a year that has none.
                    continue
        case NthWeekday():
            yield from (_nth(when, year) for year in years)


def _nth(when: NthWeekday, year: int) -> date:
    first = date(year, when.month, 1)
    days = [first + timedelta(days=number) for number in range(31)]
    matching = [d for d in days if d.month == when.month and d.weekday() == when.weekday]
    return matching[when.nth]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
