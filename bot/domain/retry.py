"""What becomes of a delivery after an attempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.model import (
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

# With the delays above the last attempt comes about six hours after the first:
# a platform's longest outages are over by then, and the digest is still today's.
MAX_ATTEMPTS = 14

# Longer than the HTTP time-out of a send with all its library's retries.
LEASE = timedelta(minutes=2)

# A platform that says "wait 0 s" is not asked in a loop.
SHORTEST_WAIT = timedelta(seconds=1)


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


def next_step(outcome: SendOutcome, *, attempts: int, now: datetime) -> NextStep:
    """Decide what becomes of a delivery after its ``attempts``-th attempt (from 1)."""
    match outcome:
        case Sent(message_id=message_id):
            return NextStep(status=DeliveryStatus.SENT, message_id=message_id)
        case RateLimited(retry_after=wait):
            later = now + max(wait, SHORTEST_WAIT)
            return NextStep(status=DeliveryStatus.PENDING, next_attempt_at=later, counted=False)
        case Rejected(problem=problem):
            return NextStep(status=DeliveryStatus.FAILED, problem=problem)
        case Unknown(problem=problem, final=True):
            return NextStep(status=DeliveryStatus.UNCERTAIN, problem=problem)
        case Unknown() | Unreachable():
            return _again(outcome, attempts=attempts, now=now)


def _again(outcome: Unknown | Unreachable, *, attempts: int, now: datetime) -> NextStep:
    # What may have arrived stays claimed: whoever takes it up next looks before it sends.
    waits, ends = (
        (DeliveryStatus.SENDING, DeliveryStatus.UNCERTAIN)
        if isinstance(outcome, Unknown)
        else (DeliveryStatus.PENDING, DeliveryStatus.FAILED)
    )
    if attempts >= MAX_ATTEMPTS:
        return NextStep(status=ends, problem=outcome.problem)
    retry_at = now + back_off(attempts)
    return NextStep(status=waits, next_attempt_at=retry_at, problem=outcome.problem)
