"""When digests are due: local times in IANA zones, turned into UTC slots.

The clocks of a zone skip and repeat local times. RFC 5545 (section 3.3.5) says what is meant
then, and so do we: a time that is skipped is taken by the offset before the change (02:30
becomes 03:30), one that is repeated is the first of both. Two times of a schedule that fall
onto the same moment are one slot. Only where digests are so frequent that the repeated hour
would be left out ("every 1 hours") does the second time count too.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.errors import InputError
from bot.domain.model import EVERY_DAY, WORKDAYS, AtTimes, EveryHours, Rule, Schedule

# What was published before a slot may be polled after it: a feed was asked late, or was down.
LATE_NEWS = timedelta(hours=12)

# After a downtime a digest looks back to the one before, but not further than this: what
# happened earlier is news no more.
MOST_COVERED = timedelta(days=7)

# How far a slot's own date can lie before the local date of its moment: a day may be skipped
# whole (Apia, 30 December 2011), and "every n hours" counts on from the day before.
EARLIER = timedelta(days=2)
LATER = timedelta(days=1)

# A slot comes after each of these spans at the latest: weekly ones after seven days, with a
# day's shift of clocks.
HORIZONS = (timedelta(days=1), timedelta(days=9))

HOURS, MINUTES = 24, 60

# A digest an hour is the most that anybody reads.
MOST_TIMES = 24

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST_DAY = len("mon")

SHAPES = (
    '"daily 08:00", "daily 08:00,18:00", "weekdays 08:00", "weekly monday,thursday 08:00" '
    'or "every 6 hours"'
)
# Words that may stand in between without a meaning of their own.
FILLERS = frozenset({"at", "on", "and"})
KEYWORDS = frozenset({"daily", "weekdays", "weekly", "hourly", "every", "hour", "hours", "from"})
SEPARATOR = re.compile(r"\s*[,、;]\s*")

T = TypeVar("T", int, time)

# What a sentence repeats of what was written.
MOST_SHOWN = 60


def parse_schedule(text: str, zone: str) -> Schedule:
    """Return the schedule of words such as ``daily 08:00`` in a zone (see ``parse_rule``).

    Raises InputError where the words, a time or the zone don't exist.
    """
    return Schedule(rule=parse_rule(text), zone=check_zone(zone))


def parse_rule(text: str) -> Rule:
    """Return what words such as these mean; raises InputError for others.

    ``daily 08:00,18:00``, ``weekdays 08:00``, ``weekly monday,thursday 08:00``,
    ``every 6 hours`` or, counted from another time than midnight, ``every 6 hours from 08:00``.
    """
    match _words(text):
        case ["daily", *clocks]:
            return AtTimes(times=_times(clocks, text))
        case ["weekdays", *clocks]:
            return AtTimes(times=_times(clocks, text), weekdays=WORKDAYS)
        case ["weekly", *rest]:
            days = [word for word in rest if not word[0].isdigit()]
            clocks = [word for word in rest if word[0].isdigit()]
            return AtTimes(times=_times(clocks, text), weekdays=_weekdays(days, text))
        case ["hourly", *start] | ["every", "hour", *start]:
            return EveryHours(hours=1, first=_first(start, text))
        case ["every", count, "hour" | "hours", *start]:
            return EveryHours(hours=_hours(count), first=_first(start, text))
    raise _no_schedule(text)


def write_rule(rule: Rule) -> str:
    """Return the words from which ``parse_rule`` makes the same rule."""
    if isinstance(rule, EveryHours):
        return f"every {rule.hours} hours from {write_clock(rule.first)}"
    clocks = ",".join(map(write_clock, rule.times))
    if rule.weekdays == EVERY_DAY:
        return f"daily {clocks}"
    if rule.weekdays == WORKDAYS:
        return f"weekdays {clocks}"
    return f"weekly {','.join(WEEKDAYS[day] for day in rule.weekdays)} {clocks}"


def describe(schedule: Schedule) -> str:
    """Return the schedule in the words that ``parse_schedule`` reads, and its zone."""
    return f"{write_rule(schedule.rule)} {schedule.zone}"


def schedule_length(words: Sequence[str]) -> int:
    """Return how many of these words, from the first on, speak of a schedule.

    What follows is a zone, say. A mistyped word before a time belongs to the schedule.
    """
    clocks = [place for place, word in enumerate(words, 1) if word[:1].isdigit()]
    length = clocks[-1] if clocks else 0
    for word in words[length:]:
        if word.casefold().strip(",") not in {*KEYWORDS, *FILLERS, *WEEKDAYS}:
            break
        length += 1
    return length


def parse_clock(text: str) -> time:
    """Return the time of day of ``8:00`` or ``08:00``; raises InputError for other text."""
    hour, colon, minute = text.partition(":")
    if colon and all(part.isascii() and part.isdigit() for part in (hour, minute)):
        right_length = len(hour) <= len("00") == len(minute)
        if right_length and int(hour) < HOURS and int(minute) < MINUTES:
            return time(int(hour), int(minute))
    shown = _shown(text)
    raise InputError(f'"{shown}" is no time of day: write it as HH:MM, from 00:00 to 23:59.')


def write_clock(clock: time) -> str:
    """Return a time of day as ``08:00``."""
    return f"{clock.hour:02}:{clock.minute:02}"


def check_zone(name: str) -> str:
    """Return the IANA zone of that name in its own spelling; raises InputError for none."""
    zones = _zones()
    if name.casefold() in zones:
        return zones[name.casefold()]
    close = get_close_matches(name.casefold(), zones, n=1)
    hint = f'did you mean "{zones[close[0]]}"?' if close else 'write one such as "Asia/Tokyo".'
    raise InputError(f'"{_shown(name)}" is no IANA time zone: {hint}')


def slots(schedule: Schedule, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the slots in ``(after, until]``, in UTC, in order and each once."""
    zone = ZoneInfo(schedule.zone)
    first = after.astimezone(zone).date() - EARLIER
    last = until.astimezone(zone).date() + LATER
    found = {
        moment
        for local in _local_times(schedule.rule, first, last)
        for moment in _moments(local, zone, schedule.rule)
    }
    yield from sorted(moment for moment in found if after < moment <= until)


def next_slot(schedule: Schedule, *, after: datetime) -> datetime:
    """Return the first slot after a moment, in UTC."""
    return next(s for h in HORIZONS for s in slots(schedule, after=after, until=after + h))


def previous_slot(schedule: Schedule, *, before: datetime) -> datetime:
    """Return the last slot before a moment, in UTC."""
    until = before - timedelta(microseconds=1)
    windows = (list(slots(schedule, after=until - h, until=until)) for h in HORIZONS)
    return next(window[-1] for window in windows if window)


def covered_since(
    schedule: Schedule, slot: datetime, *, covered_until: datetime | None
) -> datetime:
    """Return from when on a slot's digest looks for stories.

    From the slot before on, and further back to where the last digest ended (``covered_until``;
    None where there was none) if the bot was down in between; in both cases ``LATE_NEWS``
    more. What the destination has been told is left out elsewhere.
    """
    return _since(previous_slot(schedule, before=slot), slot, covered_until)


def preview_since(schedule: Schedule, now: datetime, *, covered_until: datetime | None) -> datetime:
    """Return from when on a digest would look for stories if its slot were now."""
    span = next_slot(schedule, after=now) - previous_slot(schedule, before=now)
    return _since(now - span, now, covered_until)


def _since(usual: datetime, slot: datetime, covered_until: datetime | None) -> datetime:
    start = min(usual, covered_until or usual)
    return max(start, min(usual, slot - MOST_COVERED)) - LATE_NEWS


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = SEPARATOR.sub(" ", plain).split()
    return [word for word in words if word not in FILLERS]


def _times(clocks: Sequence[str], text: str) -> tuple[time, ...]:
    if not clocks:
        raise _no_schedule(text)
    if len(clocks) > MOST_TIMES:
        raise InputError(f"{len(clocks)} times a day are too many: write {MOST_TIMES} at most.")
    return _each_once([parse_clock(clock) for clock in clocks], write_clock)


def _weekdays(days: Sequence[str], text: str) -> tuple[int, ...]:
    if not days:
        raise _no_schedule(text)
    return _each_once([_weekday(day) for day in days], lambda day: WEEKDAYS[day])


def _weekday(word: str) -> int:
    found = [number for number, day in enumerate(WEEKDAYS) if day.startswith(word)]
    if len(word) >= SHORTEST_DAY and found:
        return found[0]
    close = get_close_matches(word, WEEKDAYS, n=1)
    hint = f'did you mean "{close[0]}"?' if close else 'write it as "monday" or "mon".'
    raise InputError(f'"{_shown(word)}" is no day of the week: {hint}')


def _first(words: Sequence[str], text: str) -> time:
    match words:
        case []:
            return time(0, 0)
        case ["from", clock]:
            return parse_clock(clock)
    raise _no_schedule(text)


def _hours(count: str) -> int:
    if count.isascii() and count.isdigit() and len(count) <= len("24") and 1 <= int(count) <= HOURS:
        return int(count)
    raise InputError(
        f'"every {_shown(count)} hours" cannot be: write a whole number from 1 to {HOURS}, '
        'such as "every 6 hours".'
    )


def _each_once(values: list[T], write: Callable[[T], str]) -> tuple[T, ...]:
    ordered = sorted(values)
    for value, following in pairwise(ordered):
        if value == following:
            raise InputError(f'"{write(value)}" is there twice: write it once.')
    return tuple(ordered)


def _no_schedule(text: str) -> InputError:
    return InputError(f'"{_shown(text)}" is no schedule: write {SHAPES}.')


def _shown(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


@cache
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


def _local_times(rule: Rule, first: date, last: date) -> Iterator[datetime]:
    """Yield the rule's local times, without a zone, of the days from the first to the last."""
    days = (last - first).days + 1
    for day in (first + timedelta(days=number) for number in range(days)):
        if isinstance(rule, EveryHours):
            start = datetime.combine(day, rule.first)
            yield from (start + timedelta(hours=h) for h in range(0, HOURS, rule.hours))
        elif day.weekday() in rule.weekdays:
            yield from (datetime.combine(day, clock) for clock in rule.times)


def _moments(local: datetime, zone: ZoneInfo, rule: Rule) -> Iterator[datetime]:
    """Yield when a local time is due, in UTC: once, or twice where it is repeated."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    yield first
    if isinstance(rule, EveryHours):
        second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
        if second - first >= timedelta(hours=rule.hours):
            yield second
