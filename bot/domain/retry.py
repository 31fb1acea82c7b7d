"""What becomes of a delivery after an attempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.model import (
    Blocked,
    DeliveryStatus,
    RateLimited,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)

FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=1)

# A quarter either way, so that what failed together is not tried again together.
JITTER = 0.25
MIDDLE = 0.5

# With the delays above the last attempt comes about six hours after the first:
# a platform's longest outages are over by then, and the digest is still today's.
MAX_ATTEMPTS = 14

# Longer than the HTTP time-out of a send with all its library's retries.
LEASE = timedelta(minutes=2)

# A claim so young cannot have been lost to another process, whose clock may be ahead of ours:
# the database is not asked again before the message is sent.
FRESH_CLAIM = timedelta(seconds=5)

# A request that was cut off may still be carried out. A platform takes a few seconds for it;
# what is not in its history after half a minute is not coming.
SETTLING = timedelta(seconds=30)

# A platform that says "wait 0 s" is not asked in a loop.
SHORTEST_WAIT = timedelta(seconds=1)

# What is held for a destination to be mended is still sent within this; after it the next
# digest says more than the old one.
KEPT_WHILE_HELD = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """A delivery's status after an attempt, and when it is tried again (None: never).

    An attempt that is not ``counted`` leaves as many to come as before.
    """

    status: DeliveryStatus
    counted: bool = True
    next_attempt_at: datetime | None = None
    message_id: str | None = None
    problem: str | None = None


def back_off(attempts: int) -> timedelta:
    """Return the wait after so many failed attempts: doubling, capped."""
    return min(FIRST_DELAY * (1 << min(attempts - 1, 16)), LONGEST_DELAY)


def jittered(wait: timedelta, chance: float) -> timedelta:
    """Return the wait, moved by up to a quarter; ``chance`` is in 0..1, 0.5 leaves it."""
    return wait * (1 + JITTER * (2 * chance - 1))


def next_step(
    outcome: SendOutcome, *, attempts: int, now: datetime, chance: float = MIDDLE
) -> NextStep:
    """Decide what becomes of a delivery after its ``attempts``-th attempt (from 1).

    ``chance`` (0..1) spreads what failed at the same time.
    """
    match outcome:
        case Sent(message_id=message_id):
            return NextStep(status=DeliveryStatus.SENT, message_id=message_id)
        case RateLimited(retry_after=wait):
            later = now + max(wait, SHORTEST_WAIT)
            return NextStep(status=DeliveryStatus.PENDING, next_attempt_at=later, counted=False)
        case Rejected(problem=problem):
            return NextStep(status=DeliveryStatus.FAILED, problem=problem)
        case Blocked(problem=problem):
            # The attempts begin anew once the destination is mended.
            return NextStep(status=DeliveryStatus.HELD, problem=problem, counted=False)
        case Unknown(problem=problem, final=True):
            return NextStep(status=DeliveryStatus.UNCERTAIN, problem=problem)
        case Unknown() | Unreachable():
            wait = jittered(back_off(attempts), chance)
            return _again(outcome, attempts=attempts, wait=wait, now=now)


def _again(
    outcome: Unknown | Unreachable, *, attempts: int, wait: timedelta, now: datetime
) -> NextStep:
    # What may have arrived stays claimed: whoever takes it up next looks before it sends.
    unknown = isinstance(outcome, Unknown)
    waits = DeliveryStatus.SENDING if unknown else DeliveryStatus.PENDING
    if attempts >= MAX_ATTEMPTS:
        ends = DeliveryStatus.UNCERTAIN if unknown else DeliveryStatus.FAILED
        return NextStep(status=ends, problem=outcome.problem)
    retry_at = now + (max(wait, SETTLING) if unknown else wait)
    return NextStep(status=waits, next_attempt_at=retry_at, problem=outcome.problem)
