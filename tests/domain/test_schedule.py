"""Schedules: their words, their slots, and what their digests cover."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.model import EVERY_DAY, AtTimes, EveryHours, Rule, Schedule
from bot.domain.schedule import (
    LATE_NEWS,
    MOST_COVERED,
    check_zone,
    covered_since,
    describe,
    next_slot,
    parse_clock,
    parse_rule,
    parse_schedule,
    preview_since,
    previous_slot,
    schedule_length,
    slots,
    write_clock,
    write_rule,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
RULES: st.SearchStrategy[Rule] = st.builds(
    AtTimes,
    times=st.sets(CLOCKS, min_size=1, max_size=24).map(sorted).map(tuple),
    weekdays=st.just(EVERY_DAY) | st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple),
) | st.builds(EveryHours, hours=st.integers(1, 24), first=CLOCKS)
ZONES = st.sampled_from(
    ["Asia/Seoul", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Apia"]
)
SCHEDULES = st.builds(Schedule, rule=RULES, zone=ZONES)
MOMENTS = st.datetimes(
    min_value=datetime(2010, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc] # a date's parts


def of_day(words: str, zone: str, day: date) -> list[str]:
    """Return the slots within a local day, as UTC times of day."""
    midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    following = datetime.combine(day + DAY, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    instant = timedelta(microseconds=1)
    schedule = parse_schedule(words, zone)
    found = slots(schedule, after=midnight - instant, until=following - instant)
    return [f"{slot:%H:%M}" for slot in found]


@pytest.mark.parametrize(
    ("words", "zone", "day", "found"),
    [
        # 08:00 in Seoul is 23:00 UTC of the day before.
        ("daily 08:00", "Asia/Seoul", date(2026, 11, 20), ["23:00"]),
        ("weekdays 08:00", "UTC", date(2026, 11, 20), ["08:00"]),
        ("weekdays 08:00", "UTC", date(2026, 11, 21), []),
        ("weekly fri,sun 7:30", "UTC", date(2026, 11, 22), ["07:30"]),
        ("daily 08:00,12:30,18:00", "UTC", date(2026, 11, 20), ["08:00", "12:30", "18:00"]),
        ("every 6 hours", "UTC", date(2026, 11, 20), ["00:00", "06:00", "12:00", "18:00"]),
        ("every 8 hours from 10:00", "UTC", date(2026, 11, 20), ["02:00", "10:00", "18:00"]),
        # The count begins anew every day: the last step is shorter.
        ("every 10 hours from 08:00", "UTC", date(2026, 11, 20), ["04:00", "08:00", "18:00"]),
        # New York skips 02:00–03:00: as long after the jump as it would have been after 02:00.
        ("daily 02:30", "America/New_York", date(2026, 3, 8), ["07:30"]),
        # Two times that fall onto one moment are one slot.
        ("daily 02:30,03:30", "America/New_York", date(2026, 3, 8), ["07:30"]),
        ("daily 02:30,03:00", "America/New_York", date(2026, 3, 8), ["07:00", "07:30"]),
        # New York repeats 01:00–02:00: the first time only …
        ("daily 01:30", "America/New_York", date(2026, 11, 1), ["05:30"]),
        ("every 2 hours from 01:00", "America/New_York", date(2026, 11, 1),
         ["05:00", "08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00", "22:00",
          "00:00", "02:00", "04:00"]),
        # Lord Howe's half an hour: 01:45 comes twice, and is due once.
        ("daily 01:45", "Australia/Lord_Howe", date(2026, 4, 5), ["14:45"]),
        # Apia had no 30 December 2011: its Friday came on Saturday, and once.
        ("weekly friday 08:00", "Pacific/Apia", date(2011, 12, 31), ["18:00"]),
        ("daily 08:00", "Pacific/Apia", date(2011, 12, 31), ["18:00"]),
    ],
)  # fmt: skip
def test_slots_of_a_day(words: str, zone: str, day: date, found: list[str]) -> None:
    """The declared rules, by example."""
    assert of_day(words, zone, day) == found


def test_hourly_digests_come_in_the_repeated_hour_too() -> None:
    """… unless digests are so frequent that the hour would be left out."""
    assert len(of_day("hourly", "America/New_York", date(2026, 11, 1))) == 25
    assert len(of_day("hourly", "America/New_York", date(2026, 3, 8))) == 23
    assert len(of_day("hourly", "America/New_York", date(2026, 3, 9))) == 24


@given(schedule=SCHEDULES, start=MOMENTS, steps=st.lists(st.integers(1, 3 * 24 * 60), max_size=12))
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


@given(schedule=SCHEDULES, now=MOMENTS)
def test_next_and_previous_slots_enclose_the_moment(schedule: Schedule, now: datetime) -> None:
    """No slot lies between the previous and the next one but perhaps the moment itself."""
    before, after = previous_slot(schedule, before=now), next_slot(schedule, after=now)
    assert before < now < after
    between = list(slots(schedule, after=before, until=after - timedelta(microseconds=1)))
    assert between in ([], [now])


@given(hours=st.integers(1, 24), first=CLOCKS, zone=ZONES, start=MOMENTS)
def test_digests_every_n_hours_leave_no_longer_gap(
    hours: int, first: time, zone: str, start: datetime
) -> None:
    """But for the hour or less by which clocks are put back (or a day, in Apia)."""
    schedule = Schedule(rule=EveryHours(hours=hours, first=first), zone=zone)
    found = list(slots(schedule, after=start, until=start + 10 * DAY))
    assert all(later - slot <= (hours + 1) * HOUR for slot, later in pairwise(found))


def test_a_digest_reaches_back_to_the_one_before() -> None:
    """Monday's covers the weekend, noon's the morning; each with what is polled late."""
    monday = utc(2026, 11, 23, 8)
    weekdays = parse_schedule("weekdays 08:00", "UTC")
    assert covered_since(weekdays, monday, covered_until=None) == monday - 3 * DAY - LATE_NEWS
    thrice = parse_schedule("daily 08:00,12:00,18:00", "UTC")
    noon = utc(2026, 11, 23, 12)
    assert covered_since(thrice, noon, covered_until=None) == noon - 4 * HOUR - LATE_NEWS


def test_after_a_downtime_a_digest_reaches_back_further() -> None:
    """To where the last one ended, but not a whole month."""
    daily = parse_schedule("daily 08:00", "UTC")
    slot = utc(2026, 11, 20, 8)
    told = slot - 3 * DAY
    assert covered_since(daily, slot, covered_until=told) == told - LATE_NEWS
    longest = slot - MOST_COVERED - LATE_NEWS
    assert covered_since(daily, slot, covered_until=slot - 30 * DAY) == longest


@given(schedule=SCHEDULES, now=MOMENTS, days=st.integers(0, 40))
def test_nothing_falls_between_two_digests(schedule: Schedule, now: datetime, days: int) -> None:
    """Whatever was published since the slot before, and since the last digest, is looked at."""
    slot = next_slot(schedule, after=now)
    until = slot - days * DAY
    since = covered_since(schedule, slot, covered_until=until)
    assert since < previous_slot(schedule, before=slot)
    assert since < max(until, slot - MOST_COVERED)
    assert preview_since(schedule, now, covered_until=until) < now


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("daily 8:00", "daily 08:00 Asia/Tokyo"),
        ("Daily at 18:00, 8:00 and 12:30", "daily 08:00,12:30,18:00 Asia/Tokyo"),
        ("weekdays 7:30", "weekdays 07:30 Asia/Tokyo"),
        ("Weekly Mon 23:59", "weekly monday 23:59 Asia/Tokyo"),
        ("weekly thurs, monday 0:00", "weekly monday,thursday 00:00 Asia/Tokyo"),
        ("weekly mon tue wed thu fri 08:00", "weekdays 08:00 Asia/Tokyo"),
        ("every 6 hours", "every 6 hours from 00:00 Asia/Tokyo"),
        ("every 1 hour from 0:15", "every 1 hours from 00:15 Asia/Tokyo"),
        ("hourly", "every 1 hours from 00:00 Asia/Tokyo"),
        ("ｄａｉｌｙ　０８：００、１８：００", "daily 08:00,18:00 Asia/Tokyo"),
    ],
)
def test_schedules_are_read_from_words(words: str, shown: str) -> None:
    """In any order, full-width or not; what is shown can be typed again."""
    schedule = parse_schedule(words, "asia/tokyo")
    assert describe(schedule) == shown
    assert parse_schedule(" ".join(shown.split()[:-1]), "Asia/Tokyo") == schedule


@given(rule=RULES)
def test_every_rule_can_be_written_and_read_again(rule: Rule) -> None:
    """The words of a rule are also how it is stored."""
    words = write_rule(rule)
    assert parse_rule(words) == rule
    assert schedule_length([*words.split(), "Asia/Tokyo", "japan-korea"]) == len(words.split())


@pytest.mark.parametrize(
    ("words", "zone", "told"),
    [
        ("", "UTC", 'write "daily 08:00"'),
        ("sometimes", "UTC", 'write "daily 08:00"'),
        ("daily", "UTC", 'write "daily 08:00"'),
        ("weekly 08:00", "UTC", 'write "daily 08:00"'),
        ("weekly monday", "UTC", 'write "daily 08:00"'),
        ("weekly someday 08:00", "UTC", '"someday" is no day of the week: did you mean "sunday"?'),
        ("weekly monkey 08:00", "UTC", 'did you mean "monday"?'),
        ("weekly m 08:00", "UTC", 'write it as "monday" or "mon"'),
        ("weekly mon,monday 08:00", "UTC", '"monday" is there twice: write it once'),
        ("daily 08:00,8:00", "UTC", '"08:00" is there twice: write it once'),
        ("daily " + ",".join(f"00:{n:02}" for n in range(25)), "UTC", "write 24 at most"),
        ("daily 24:00", "UTC", "from 00:00 to 23:59"),
        ("daily 8:5", "UTC", "from 00:00 to 23:59"),
        ("daily 8am", "UTC", "from 00:00 to 23:59"),
        ("daily ८:00", "UTC", "from 00:00 to 23:59"),
        ("daily 000000000008:00", "UTC", "from 00:00 to 23:59"),
        ("every 0 hours", "UTC", '"every 0 hours" cannot be: write a whole number from 1 to 24'),
        ("every 25 hours", "UTC", "from 1 to 24"),
        ("every -6 hours", "UTC", "from 1 to 24"),
        ("every 1.5 hours", "UTC", "from 1 to 24"),
        ("every 6 hours from 25:00", "UTC", "from 00:00 to 23:59"),
        ("every 6 hours until 08:00", "UTC", 'write "daily 08:00"'),
        ("every 6 minutes", "UTC", 'write "daily 08:00"'),
        ("x" * 5000, "UTC", "…"),
        ("daily 08:00", "Asia/Soul", 'did you mean "Asia/Seoul"?'),
        ("daily 08:00", "???", 'write one such as "Asia/Tokyo"'),
    ],
)
def test_a_wrong_schedule_is_explained(words: str, zone: str, told: str) -> None:
    """One sentence of a bearable length says what can be written instead."""
    with pytest.raises(InputError) as raised:
        parse_schedule(words, zone)
    assert told in str(raised.value)
    assert len(str(raised.value)) < 250


@given(text=st.text(max_size=8))
def test_no_text_breaks_the_clock(text: str) -> None:
    """Any text is a time of day or an error that says how to write one."""
    try:
        clock = parse_clock(text)
    except InputError:
        return
    assert text.rjust(5, "0") == write_clock(clock)


@given(
    text=st.text(max_size=30)
    | st.lists(
        st.sampled_from(["daily", "every", "weekly", "hours", "from", "6", "08:00", "mon", ","])
    ).map(" ".join)
)
def test_no_text_breaks_the_words(text: str) -> None:
    """Any text is a rule that can be written again, or an error."""
    try:
        rule = parse_rule(text)
    except InputError:
        return
    assert parse_rule(write_rule(rule)) == rule


def test_a_zone_gets_its_own_spelling() -> None:
    """People type zones in lower case."""
    assert check_zone("america/new_york") == "America/New_York"
