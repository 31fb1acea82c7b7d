"""Every change of clocks in every IANA zone: each slot is told or skipped, exactly once.

A subscription is simulated as the bot runs it: at each tick the stored state alone decides.
What comes of it is compared with the declared rules, worked out from the two offsets around
the change: without zones, and without any code of the schedules.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.model import WORKDAYS, AtTimes, EveryHours, Rule, Schedule, Subscription
from bot.domain.planning import plan
from bot.domain.schedule import describe
from tests.builders import NOW, TASTE, subscription

FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2037, 12, 1, tzinfo=UTC)
STEP = timedelta(days=5)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)

# Around a change: more than the widest one (24 hours) on both sides.
AROUND = timedelta(hours=26)


@dataclass(frozen=True)
class Change:
    """A change of a zone's clocks: from when the offset ``after`` holds instead of ``before``."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def shape(self) -> tuple[timedelta, timedelta, time]:
        """Return what tells it apart from other changes: the offsets, and the local time."""
        return self.before, self.after, (self.at + self.before).time()


def offset(zone: str, at: datetime) -> timedelta:
    found = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert found is not None
    return found


def changes(zone: str) -> Iterator[Change]:
    """Yield the zone's changes of clocks that are alone within ten days."""
    at, before = FIRST, offset(zone, FIRST)
    while at < LAST:
        later = at + STEP
        after = offset(zone, later)
        if after != before:
            yield Change(zone, moment_of_change(zone, at, later), before, after)
        at, before = later, after


def moment_of_change(zone: str, low: datetime, high: datetime) -> datetime:
    """Return the first second with the later offset, found by bisection."""
    before = offset(zone, low)
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
    return high


@cache
def all_changes() -> tuple[Change, ...]:
    """Return of every zone one change of each shape; an ordinary day of a zone without any."""
    found = {
        (zone, change.shape): change
        for zone in sorted(available_timezones())
        for change in changes(zone)
        if offset(zone, change.at - 3 * DAY) == change.before
        and offset(zone, change.at + 3 * DAY) == change.after
    }
    ordinary = (
        Change(z, NOW, offset(z, NOW), offset(z, NOW)) for z in sorted(zones_without(found))
    )
    return (*found.values(), *ordinary)


def zones_without(found: Iterable[tuple[str, object]]) -> set[str]:
    return available_timezones() - {zone for zone, _ in found}


def rules(change: Change) -> tuple[Rule, ...]:
    """Return rules of every kind whose times lie at the edges of the change, and within."""
    old, new = change.at + change.before, change.at + change.after
    inside, clock = old + (new - old) / 2, (old - MINUTE).time()
    edges = tuple(sorted({minute(m) for m in (old - MINUTE, old, inside, new, new + MINUTE)}))
    return (
        AtTimes(times=(minute(inside),)),
        AtTimes(times=edges),
        AtTimes(times=edges, weekdays=WORKDAYS),
        AtTimes(times=(minute(inside),), weekdays=tuple(sorted({old.weekday(), new.weekday()}))),
        AtTimes(times=edges, weekdays=(inside.weekday(),)),
        EveryHours(hours=1),
        EveryHours(hours=1, first=minute(inside)),
        EveryHours(hours=2, first=minute(old)),
        EveryHours(hours=5, first=clock.replace(second=0)),
        EveryHours(hours=24, first=minute(inside)),
    )


def minute(moment: datetime) -> time:
    return moment.time().replace(second=0, microsecond=0)


def declared(rule: Rule, change: Change) -> set[datetime]:
    """Return the slots around a change by the rules of RFC 5545, from its two offsets alone."""
    found: set[datetime] = set()
    for local in local_times(rule, change):
        early, late = local - change.before, local - change.after
        is_early, is_late = early < change.at, late >= change.at
        # A skipped time goes by the offset before the change; a repeated one is the first.
        found.add(late if is_late and not is_early else early)
        often = isinstance(rule, EveryHours) and late - early >= rule.hours * HOUR
        if is_early and is_late and often:
            found.add(late)
    return {slot for slot in found if change.at - AROUND < slot <= change.at + AROUND}


def local_times(rule: Rule, change: Change) -> Iterator[datetime]:
    """Yield local times, as if they were UTC, of the days around a change."""
    midnight = (change.at + change.before).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (midnight + number * DAY for number in range(-4, 5)):
        if isinstance(rule, EveryHours):
            start = day + timedelta(hours=rule.first.hour, minutes=rule.first.minute)
            yield from (start + n * HOUR for n in range(24) if n % rule.hours == 0)
        elif day.weekday() in rule.weekdays:
            for clock in rule.times:
                yield day + timedelta(hours=clock.hour, minutes=clock.minute)


def ticks(change: Change) -> Iterator[datetime]:
    """Yield when the bot looks: every hour and a half, and finely near the change."""
    near = {change.at + number * 7 * MINUTE + second * SECOND
            for number in range(-26, 27) for second in (-1, 0, 1)}  # fmt: skip
    far = {change.at - AROUND + number * 90 * MINUTE for number in range(1, 36)}
    yield from sorted({tick for tick in near | far if abs(tick - change.at) < AROUND})
    yield change.at + AROUND


def simulate(rule: Rule, change: Change) -> tuple[list[datetime], list[datetime]]:
    """Return the slots told and skipped by a bot that looks at its ticks."""
    schedule = Schedule(rule=rule, zone=change.zone)
    start = change.at - AROUND
    state = subscription(taste=replace(TASTE, schedule=schedule), last_slot_at=start)
    told: list[datetime] = []
    skipped: list[datetime] = []
    due_at = start
    for now in ticks(change):
        if now < due_at:
            continue
        planned = plan(state, now=now)
        due_at = planned.next_at
        skipped += [slot.slot_at for slot in planned.skipped]
        if planned.tell is not None:
            told.append(planned.tell.slot_at)
            state = settled(state, planned.tell.slot_at)
    return told, skipped


def settled(state: Subscription, slot: datetime) -> Subscription:
    return replace(state, last_slot_at=slot, owed_slot_at=None)


def check(rule: Rule, change: Change) -> None:
    told, skipped = simulate(rule, change)
    about = f"{describe(Schedule(rule=rule, zone=change.zone))} at {change.at}"
    assert told == sorted(set(told)), about
    assert set(told).isdisjoint(skipped), about
    assert sorted([*told, *skipped]) == sorted(declared(rule, change)), about


def test_every_zone_and_every_shape_of_change_is_tried() -> None:
    """Half an hour in Lord Howe, a day in Apia, Dublin's winter time, Ramadan in Morocco."""
    found = all_changes()
    shifts = {change.zone: set[timedelta]() for change in found}
    for change in found:
        shifts[change.zone].add(change.after - change.before)
    assert HOUR / 2 in shifts["Australia/Lord_Howe"]
    assert DAY in shifts["Pacific/Apia"]
    assert {HOUR, -HOUR} <= shifts["Europe/Dublin"]
    assert {HOUR, -HOUR} <= shifts["Africa/Casablanca"]
    assert shifts.keys() == available_timezones()


def test_around_every_change_each_slot_is_told_or_skipped_once() -> None:
    """In every zone at least one kind of schedule at each of its changes; all kinds in turn."""
    for number, change in enumerate(all_changes()):
        kinds = rules(change)
        check(kinds[number % len(kinds)], change)


def test_every_kind_of_schedule_keeps_the_rules_at_every_shape_of_change() -> None:
    """There are some two hundred shapes in all the zones together; half the kinds at each."""
    for number, change in enumerate({change.shape: change for change in all_changes()}.values()):
        for rule in rules(change)[number % 2 :: 2]:
            check(rule, change)


@given(
    data=st.data(),
    gaps=st.lists(st.integers(1, 6 * 24 * 60), min_size=1, max_size=40),
)
@settings(max_examples=200, deadline=None)
def test_downtimes_of_any_length_lose_and_repeat_nothing(
    data: st.DataObject, gaps: list[int]
) -> None:
    """In any zone: a slot is told on time, or late, or recorded as skipped; and never twice."""
    change = data.draw(st.sampled_from(all_changes()))
    rule = data.draw(st.sampled_from(rules(change)))
    state = subscription(
        taste=replace(TASTE, schedule=Schedule(rule=rule, zone=change.zone)),
        last_slot_at=change.at - AROUND,
    )
    now, told, skipped = state.last_slot_at, [], set()
    for gap in gaps:
        now += gap * MINUTE
        planned = plan(state, now=now)
        skipped |= {slot.slot_at for slot in planned.skipped}
        if planned.tell is not None:
            told.append(planned.tell.slot_at)
            state = settled(state, planned.tell.slot_at)
    assert told == sorted(set(told))
    assert skipped.isdisjoint(told)
    over = {slot for slot in declared(rule, change) if slot <= now}
    assert over <= {*told, *skipped}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Seoul"])
def test_the_oracle_knows_the_rules_by_itself(zone: str) -> None:
    """If it agreed with anything, nothing would be tested."""
    change = next(c for c in all_changes() if c.zone == zone and c.after < c.before)
    repeated = AtTimes(times=(minute(change.at + change.after + HOUR / 2),))
    [slot] = [s for s in declared(repeated, change) if abs(s - change.at) < HOUR]
    assert slot < change.at
