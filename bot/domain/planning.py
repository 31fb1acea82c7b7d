"""What becomes of a subscription's slots: which digest is told now, late or on time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.model import Slot, SlotStatus, Subscription, Taste
from bot.domain.schedule import next_slot, slots

# Later than this a digest says that it is late. A thousand digests of one slot are written
# and sent within 30 seconds (benchmarks/on_time.py); nobody's watch is truer than two minutes.
LATE_AFTER = timedelta(minutes=2)

# A missed digest is told within this time, or while its own slot is nearer than the next one.
CATCH_UP = timedelta(days=2)

# Skipped slots are recorded so far back; before that nobody will ask for them.
RECORDED = timedelta(days=35)

# Clocks are corrected by less than this all the time. A slot further ahead was written by a
# clock that was wrong.
CLOCK_SKEW = timedelta(minutes=1)

SUPERSEDED = "a later digest was due when it could be told again"
TOO_OLD = "it was too old when it could be told again"
HELD_UP = "it could not be written when it was due"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be done about a subscription's slots at a moment.

    ``tell`` is the slot whose digest is told now. ``next_at`` is when to look again.
    """

    tell: Slot | None
    skipped: tuple[Slot, ...]
    next_at: datetime


def plan(subscription: Subscription, *, now: datetime) -> Plan:
    """Decide which of the slots that are due is told: the latest, if it is not too old.

    The others are skipped, so that a downtime ends with one digest and not with a flood.
    """
    schedule = subscription.taste.schedule
    settled = subscription.last_slot_at
    owed = subscription.owed_slot_at
    next_at = next_slot(schedule, after=max(settled, now))
    due = set(slots(schedule, after=max(settled, now - RECORDED), until=now))
    if owed is not None and owed <= now:
        due.add(owed)
    elif owed is not None:
        next_at = min(next_at, owed)
    if not due:
        return Plan(tell=None, skipped=(), next_at=next_at)
    *older, latest = sorted(due)
    if _too_old(latest, next_at=next_at, now=now):
        return Plan(tell=None, skipped=tuple(_skip([*older, latest], TOO_OLD)), next_at=next_at)
    told = _tell(latest, subscription, now=now)
    return Plan(tell=told, skipped=tuple(_skip(older, SUPERSEDED)), next_at=next_at)


def change_taste(subscription: Subscription, taste: Taste, *, now: datetime) -> Subscription:
    """Return the subscription with another taste, so that no slot is lost or repeated.

    Of another schedule only the slots from now on count; what was due by the one before and
    is not told yet stays owed.
    """
    if taste.schedule == subscription.taste.schedule:
        return replace(subscription, taste=taste)
    due = plan(subscription, now=now).tell
    return replace(
        subscription,
        taste=taste,
        last_slot_at=now,
        owed_slot_at=due.slot_at if due else None,
    )


def configured(taste: Taste, settings: Taste) -> Taste:
    """Return the taste as the settings have it; filters, which they do not hold, stay."""
    return replace(settings, filters=taste.filters, length=taste.length, breaking=taste.breaking)


def stepped_back(last_slot_at: datetime, *, now: datetime) -> bool:
    """Tell whether the slot was settled by a clock that was ahead of this one."""
    return last_slot_at > now + CLOCK_SKEW


def _too_old(slot: datetime, *, next_at: datetime, now: datetime) -> bool:
    return now - slot > max(CATCH_UP, (next_at - slot) / 2)


def _tell(slot: datetime, subscription: Subscription, *, now: datetime) -> Slot:
    # A first digest that is sent at once, for a slot before the subscription, is not late.
    late = now - slot > LATE_AFTER and slot >= subscription.created_at
    if late:
        return Slot(slot_at=slot, status=SlotStatus.LATE, reason=HELD_UP)
    return Slot(slot_at=slot, status=SlotStatus.ON_TIME)


def _skip(due: list[datetime], reason: str) -> Iterator[Slot]:
    return (Slot(slot_at=slot, status=SlotStatus.SKIPPED, reason=reason) for slot in due)
