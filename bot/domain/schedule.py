"""When digests are due: local times in IANA zones, turned into UTC slots."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.errors import InputError
from bot.domain.model import Schedule, ScheduleKind

# After a longer downtime older digests are news no more: only the latest slot is told.
CATCH_UP = timedelta(days=2)

# What was published before a slot may be polled after it: a feed was asked late, or was down.
LATE = timedelta(hours=12)

# Local times move by less than this over any change of clocks (IANA zones, 1970 to now).
WIDEST_SHIFT = timedelta(days=1)

HOURS, MINUTES = 24, 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHAPES = '"daily 08:00" or "weekly monday 08:00"'


def parse_schedule(text: str, zone: str) -> Schedule:
    """Return the schedule of words such as ``daily 08:00`` or ``weekly monday 08:00``.

    Raises InputError where the words, the time or the zone don't exist.
    """
    match text.casefold().split():
        case ["daily", clock]:
            weekday = None
        case ["weekly", day, clock] if weekdays := [d for d in WEEKDAYS if d.startswith(day[:3])]:
            weekday = WEEKDAYS.index(weekdays[0])
        case _:
            raise InputError(f'"{text}" is no schedule: write {SHAPES}.')
    kind = ScheduleKind.DAILY if weekday is None else ScheduleKind.WEEKLY
    hour, minute = parse_clock(clock)
    return Schedule(kind=kind, hour=hour, minute=minute, zone=check_zone(zone), weekday=weekday)


def describe(schedule: Schedule) -> str:
    """Return the schedule in the words that ``parse_schedule`` reads, and its zone."""
    day = "" if schedule.weekday is None else f"{WEEKDAYS[schedule.weekday]} "
    return f"{schedule.kind} {day}{schedule.hour:02}:{schedule.minute:02} {schedule.zone}"


def parse_clock(text: str) -> tuple[int, int]:
    """Return hour and minute of ``8:00`` or ``08:00``; raises InputError for other text."""
    hour, colon, minute = text.partition(":")
    if colon and all(part.isascii() and part.isdigit() for part in (hour, minute)):
        clock = int(hour), int(minute)
        if clock[0] < HOURS and clock[1] < MINUTES and len(minute) == len("00"):
            return clock
    raise InputError(f'"{text}" is no time of day: write it as HH:MM, from 00:00 to 23:59.')


def check_zone(name: str) -> str:
    """Return the IANA zone of that name in its own spelling; raises InputError for none."""
    zones = {zone.casefold(): zone for zone in available_timezones()}
    if name.casefold() in zones:
        return zones[name.casefold()]
    close = get_close_matches(name.casefold(), zones, n=1)
    hint = f'did you mean "{zones[close[0]]}"?' if close else 'write one such as "Asia/Tokyo".'
    raise InputError(f'"{name}" is no IANA time zone: {hint}')


def slot_on(schedule: Schedule, day: date) -> datetime:
    """Return the schedule's time on a local day, in UTC.

    A local time that the clocks skip is due when they jump (at the moment that the
    old offset gives it); one that they repeat is due the first time only.
    """
    local = datetime.combine(day, time(schedule.hour, schedule.minute, fold=0))
    return local.replace(tzinfo=ZoneInfo(schedule.zone)).astimezone(UTC)


def falls_on(schedule: Schedule, day: date) -> bool:
    """Tell whether the schedule has a slot on that local day."""
    return schedule.kind is ScheduleKind.DAILY or day.weekday() == schedule.weekday


def slots(schedule: Schedule, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the slots in ``(after, until]``, in UTC and in order."""
    zone = ZoneInfo(schedule.zone)
    day = (after - WIDEST_SHIFT).astimezone(zone).date()
    last = (until + WIDEST_SHIFT).astimezone(zone).date()
    while day <= last:
        slot = slot_on(schedule, day)
        if falls_on(schedule, day) and after < slot <= until:
            yield slot
        day += timedelta(days=1)


def due_slot(schedule: Schedule, *, after: datetime, now: datetime) -> datetime | None:
    """Return the latest slot in ``(after, now]`` that is not too old to tell, or None."""
    start = max(after, now - max(CATCH_UP, period(schedule)))
    return max(slots(schedule, after=start, until=now), default=None)


def next_slot(schedule: Schedule, *, after: datetime) -> datetime:
    """Return the first slot after a moment, in UTC."""
    week = timedelta(days=8)
    return next(slots(schedule, after=after, until=after + week))


def previous_slot(schedule: Schedule, *, before: datetime) -> datetime:
    """Return the last slot before a moment, in UTC."""
    week = timedelta(days=8)
    return max(slots(schedule, after=before - week, until=before - timedelta(microseconds=1)))


def covered_since(schedule: Schedule, slot: datetime, *, last_slot: datetime) -> datetime:
    """Return from when on a slot's digest looks for stories.

    A period back, and further to the last slot told where the bot was down in between;
    in both cases ``LATE`` more. What the destination has been told is left out elsewhere.
    """
    usual = slot - period(schedule)
    return max(min(usual, last_slot), usual - CATCH_UP) - LATE


def period(schedule: Schedule) -> timedelta:
    """Return how long a time one digest of the schedule covers."""
    return timedelta(days=7 if schedule.kind is ScheduleKind.WEEKLY else 1)
