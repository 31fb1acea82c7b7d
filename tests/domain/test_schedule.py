from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.model import Schedule, ScheduleKind
from bot.domain.schedule import (
    CATCH_UP,
    LATE,
    check_zone,
    covered_since,
    describe,
    due_slot,
    next_slot,
    parse_clock,
    parse_schedule,
    period,
    previous_slot,
    slot_on,
    slots,
)

ZONES = st.sampled_from(
    ["Asia/Seoul", "Asia/Tokyo", "America/New_York", "Europe/Paris", "Australia/Lord_Howe", "UTC"]
)
SCHEDULES = st.builds(
    Schedule,
    kind=st.just(ScheduleKind.DAILY),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=ZONES,
) | st.builds(
    Schedule,
    kind=st.just(ScheduleKind.WEEKLY),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=ZONES,
    weekday=st.integers(0, 6),
)
MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def daily(clock: str, zone: str) -> Schedule:
    return parse_schedule(f"daily {clock}", zone)


def test_a_local_time_becomes_its_utc_moment() -> None:
    """08:00 in Seoul is 23:00 UTC of the day before."""
    slot = slot_on(daily("08:00", "Asia/Seoul"), date(2026, 11, 20))
    assert slot == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)


def test_a_skipped_local_time_is_due_once() -> None:
    """02:30 does not exist on New York's spring day: it is due at 03:30 EDT."""
    schedule = daily("02:30", "America/New_York")
    day = datetime(2026, 3, 8, tzinfo=UTC)
    found = list(slots(schedule, after=day, until=day + timedelta(days=1)))
    assert found == [datetime(2026, 3, 8, 7, 30, tzinfo=UTC)]


def test_a_repeated_local_time_is_due_the_first_time_only() -> None:
    """01:30 comes twice on New York's autumn day."""
    schedule = daily("01:30", "America/New_York")
    day = datetime(2026, 11, 1, tzinfo=UTC)
    found = list(slots(schedule, after=day, until=day + timedelta(days=1)))
    assert found == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]


@given(schedule=SCHEDULES, start=MOMENTS, steps=st.lists(st.integers(1, 5 * 24 * 60), max_size=30))
def test_slots_do_not_depend_on_when_they_are_asked_for(
    schedule: Schedule, start: datetime, steps: list[int]
) -> None:
    """Asked in steps of any size, each slot comes exactly once, in order."""
    end = start + sum((timedelta(minutes=step) for step in steps), timedelta())
    at_once = list(slots(schedule, after=start, until=end))
    in_steps: list[datetime] = []
    at = start
    for step in steps:
        in_steps += slots(schedule, after=at, until=at + timedelta(minutes=step))
        at += timedelta(minutes=step)
    assert in_steps == at_once
    assert at_once == sorted(set(at_once))


@given(schedule=SCHEDULES, start=MOMENTS)
def test_every_local_day_or_week_has_one_slot(schedule: Schedule, start: datetime) -> None:
    """Local dates of four weeks' slots are all distinct, and none is left out."""
    until = start + timedelta(days=28)
    found = list(slots(schedule, after=start, until=until))
    zone = ZoneInfo(schedule.zone)
    days = [slot.astimezone(zone).date() for slot in found]
    apart = timedelta(days=7 if schedule.kind is ScheduleKind.WEEKLY else 1)
    assert all(later - day == apart for day, later in pairwise(days))
    assert len(days) in {28 // apart.days - 1, 28 // apart.days, 28 // apart.days + 1}


@given(schedule=SCHEDULES, now=MOMENTS)
def test_next_and_previous_slots_enclose_the_moment(schedule: Schedule, now: datetime) -> None:
    """No slot lies between the previous and the next one but perhaps the moment itself."""
    before, after = previous_slot(schedule, before=now), next_slot(schedule, after=now)
    assert before < now < after
    between = list(slots(schedule, after=before, until=after - timedelta(microseconds=1)))
    assert between in ([], [now])


@given(schedule=SCHEDULES, now=MOMENTS, down=st.integers(0, 60))
def test_after_a_downtime_only_the_latest_recent_slot_is_due(
    schedule: Schedule, now: datetime, down: int
) -> None:
    """However long the bot was down, one digest comes, and none older than the window."""
    after = now - timedelta(days=down)
    due = due_slot(schedule, after=after, now=now)
    window = max(CATCH_UP, period(schedule))
    missed = [s for s in slots(schedule, after=after, until=now) if s > now - window]
    assert due == (missed[-1] if missed else None)


def test_a_digest_reaches_back_to_the_last_one() -> None:
    """After a day of downtime the digest covers that day too, but not a whole month."""
    schedule = daily("08:00", "UTC")
    slot = datetime(2026, 11, 20, 8, tzinfo=UTC)
    day = timedelta(days=1)
    assert covered_since(schedule, slot, last_slot=slot - day) == slot - day - LATE
    assert covered_since(schedule, slot, last_slot=slot - 2 * day) == slot - 2 * day - LATE
    longest = slot - day - CATCH_UP - LATE
    assert covered_since(schedule, slot, last_slot=slot - 30 * day) == longest


def test_a_weekly_digest_outlives_a_downtime_of_days() -> None:
    """Down from Monday to Wednesday, the week's digest still comes."""
    schedule = parse_schedule("weekly monday 08:00", "UTC")
    monday = datetime(2026, 11, 16, 8, tzinfo=UTC)
    now = monday + timedelta(days=3)
    assert due_slot(schedule, after=monday - timedelta(hours=1), now=now) == monday


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("daily 8:00", "daily 08:00 Asia/Tokyo"),
        ("Weekly Mon 23:59", "weekly monday 23:59 Asia/Tokyo"),
        ("weekly sunday 00:00", "weekly sunday 00:00 Asia/Tokyo"),
    ],
)
def test_schedules_are_read_from_words(words: str, shown: str) -> None:
    """What is shown of a schedule is what can be typed again."""
    schedule = parse_schedule(words, "asia/tokyo")
    assert describe(schedule) == shown
    assert parse_schedule(" ".join(shown.split()[:-1]), "Asia/Tokyo") == schedule


@pytest.mark.parametrize(
    ("words", "zone", "told"),
    [
        ("hourly", "UTC", 'write "daily 08:00"'),
        ("daily", "UTC", 'write "daily 08:00"'),
        ("weekly someday 08:00", "UTC", 'write "daily 08:00"'),
        ("daily 24:00", "UTC", "from 00:00 to 23:59"),
        ("daily 8:5", "UTC", "from 00:00 to 23:59"),
        ("daily ८:00", "UTC", "from 00:00 to 23:59"),
        ("daily 08:00", "Asia/Soul", 'did you mean "Asia/Seoul"?'),
        ("daily 08:00", "???", 'write one such as "Asia/Tokyo"'),
    ],
)
def test_a_wrong_schedule_is_explained(words: str, zone: str, told: str) -> None:
    """The sentence says what can be written instead."""
    with pytest.raises(InputError) as raised:
        parse_schedule(words, zone)
    assert told in str(raised.value)


@given(text=st.text(max_size=8))
def test_no_text_breaks_the_clock(text: str) -> None:
    """Any text is a time of day or an error that says how to write one."""
    try:
        hour, minute = parse_clock(text)
    except InputError:
        return
    assert 0 <= hour <= 23
    assert 0 <= minute <= 59


def test_a_zone_gets_its_own_spelling() -> None:
    """People type zones in lower case."""
    assert check_zone("america/new_york") == "America/New_York"
