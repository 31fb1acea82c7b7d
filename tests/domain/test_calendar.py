"""Days of the calendar, and the digest that tells of each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.calendar import (
    Occasion,
    between,
    heralded,
    occurrences,
    parse_when,
    year_ago,
)
from bot.domain.schedule import next_slot, parse_schedule, slots


def occasion(when: str, name: str = "day") -> Occasion:
    return Occasion(id=name, when=when, issue="other", topics=("japan-korea",), title={}, brief={})


def days(when: str, first: str, last: str) -> list[str]:
    found = occurrences(
        [occasion(when)], first=date.fromisoformat(first), last=date.fromisoformat(last)
    )
    return [one.day.isoformat() for one in found]


def test_a_yearly_day_returns_every_year() -> None:
    """The last and the first day asked for are included."""
    assert days("02-22", "2026-02-22", "2028-02-22") == ["2026-02-22", "2027-02-22", "2028-02-22"]


def test_a_leap_day_comes_in_leap_years_only() -> None:
    """29 February is a day, though not of every year."""
    assert days("02-29", "2026-01-01", "2029-12-31") == ["2028-02-29"]


def test_a_weekday_of_a_month_is_counted() -> None:
    """The first, the n-th and the last are found in each year's own calendar."""
    assert days("second friday of july", "2026-01-01", "2027-12-31") == ["2026-07-10", "2027-07-09"]
    assert days("last tuesday of march", "2026-01-01", "2026-12-31") == ["2026-03-31"]
    assert days("first monday of june", "2026-01-01", "2026-12-31") == ["2026-06-01"]


def test_a_single_day_comes_once() -> None:
    """A summit of one year does not return."""
    assert days("2026-01-13", "2025-01-01", "2028-12-31") == ["2026-01-13"]


@pytest.mark.parametrize(
    "text",
    ["02-30", "2025-02-29", "13-01", "fifth friday of july", "second july", "", "8-15", "soon"],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """A day that does not exist is a mistake, never another day."""
    with pytest.raises(ValueError, match="write"):
        parse_when(text)


@pytest.mark.parametrize(
    "words",
    ["daily 08:00", "daily 00:00", "daily 08:00,18:00", "every 6 hours", "weekly monday 08:00"],
)
@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York", "Pacific/Apia"])
def test_each_day_is_told_in_exactly_one_slot(words: str, zone: str) -> None:
    """Over a year of any schedule no day is told twice or missed, and always before it begins."""
    schedule = parse_schedule(words, zone)
    mine = [occasion("02-22", "a"), occasion("08-15", "b"), occasion("last sunday of march", "c")]
    start = datetime(2026, 1, 20, tzinfo=UTC)
    told: dict[str, list[datetime]] = {}
    for slot in slots(schedule, after=start, until=start + timedelta(days=300)):
        for one in heralded(mine, schedule, slot, first_slot_at=slot, now=slot):
            told.setdefault(one.occasion.id, []).append(slot)
    assert {name: len(found) for name, found in told.items()} == {"a": 1, "b": 1, "c": 1}
    for name, (slot,) in told.items():
        day = next(o for o in mine if o.id == name)
        local = occurrences([day], first=date(2026, 1, 20), last=date(2026, 12, 1))[0].day
        following = next_slot(schedule, after=slot)
        assert between([day], zone, after=slot, until=following, now=slot)
        # The last slot before the local day begins: the next one is in it or after it.
        assert slot.astimezone(_zone(zone)).date() < local
        assert following.astimezone(_zone(zone)).date() >= local


def _zone(name: str):  # type: ignore[no-untyped-def]
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def test_a_weekly_digest_tells_of_the_week_ahead() -> None:
    """Monday's digest has Thursday's day and next Monday's, but not the Monday after."""
    schedule = parse_schedule("weekly monday 08:00", "Asia/Tokyo")
    slot = datetime(2026, 11, 22, 23, tzinfo=UTC)  # Monday 23 November, 08:00
    mine = [occasion("11-26", "in it"), occasion("11-30", "end"), occasion("12-01", "after")]
    found = heralded(mine, schedule, slot, first_slot_at=slot, now=slot)
    assert [one.occasion.id for one in found] == ["in it", "end"]


def test_a_digest_after_a_downtime_tells_of_today_but_of_no_day_that_is_over() -> None:
    """What the skipped slots would have told is told while it is still to come or today."""
    schedule = parse_schedule("daily 08:00", "UTC")
    skipped, slot = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 4, 8, tzinfo=UTC)
    mine = [occasion("03-02", "over"), occasion("03-04", "today"), occasion("03-05", "tomorrow")]
    found = heralded(mine, schedule, slot, first_slot_at=skipped, now=slot + timedelta(hours=1))
    assert [one.occasion.id for one in found] == ["today", "tomorrow"]


def test_a_year_ago_is_the_week_around_that_day() -> None:
    """Three days before and after it, whole local days."""
    since, until = year_ago(date(2026, 8, 15), "Asia/Tokyo")
    assert since == datetime(2025, 8, 11, 15, tzinfo=UTC)
    assert until == datetime(2025, 8, 18, 15, tzinfo=UTC)


def test_a_year_before_a_leap_day_is_the_day_before_march() -> None:
    """29 February has no counterpart."""
    since, until = year_ago(date(2028, 2, 29), "UTC")
    assert since < datetime(2027, 2, 28, tzinfo=UTC) < until
