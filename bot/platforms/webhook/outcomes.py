"""What a webhook's answers and failures mean for a delivery."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bot.domain.model import Blocked, RateLimited, Rejected, SendOutcome, Unknown, Unreachable

# Where a receiver that asks to wait does not say how long.
USUAL_WAIT = timedelta(seconds=30)

# A receiver cannot silence its digests for longer.
LONGEST_WAIT = timedelta(hours=1)

MOST_WAIT_DIGITS = 6

# The receiver looked at the request and took nothing; a person has to mend something.
BLOCKING = {
    HTTPStatus.UNAUTHORIZED: "refuses the request as unauthorized: check its address and secret",
    HTTPStatus.PAYMENT_REQUIRED: "asks for payment: settle it",
    HTTPStatus.FORBIDDEN: "refuses the request as forbidden: check its address and secret",
    HTTPStatus.NOT_FOUND: "is not there: check its address",
    HTTPStatus.METHOD_NOT_ALLOWED: "takes no POST: check its address",
    HTTPStatus.GONE: "is gone: give its new address, or remove the output",
}

# These say nothing about whether the digest was taken by an earlier attempt or this one:
# 408 and 425 are about time, 409 says that the same key is being worked on
# (draft-ietf-httpapi-idempotency-key-header-07, 2.7).
UNDECIDED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})

AGAIN = "then start the bot again."


def of_answer(name: str, status: int, retry_after: str | None, *, now: datetime) -> SendOutcome:
    """Return what an answer other than 2xx means for the message."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(retry_after=stated_wait(retry_after, now=now) or USUAL_WAIT)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in UNDECIDED:
        return Unknown(
            problem=f"The webhook {name} failed ({status}): it may have taken the digest."
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        # A redirect could lead the digest and its signature anywhere.
        return Blocked(
            problem=f"The webhook {name} has moved ({status}): give its new address, {AGAIN}"
        )
    if meaning := BLOCKING.get(HTTPStatus(status)) if status in set(HTTPStatus) else None:
        return Blocked(problem=f"The webhook {name} {meaning}, {AGAIN}")
    return Rejected(problem=f"The webhook {name} refuses this digest ({status}).")


def of_failure(name: str, error: Exception, *, written: bool) -> Unreachable | Unknown:
    """Return what a failed connection means; ``written`` says that the request went out."""
    kind = type(error).__name__
    if written:
        return Unknown(problem=f"The webhook {name} did not confirm the digest ({kind}).")
    return Unreachable(problem=f"The webhook {name} cannot be reached ({kind}).")


def stated_wait(said: str | None, *, now: datetime) -> timedelta | None:
    """Return a ``Retry-After`` of seconds or of a date (RFC 9110, 10.2.3), capped."""
    said = (said or "").strip()
    if said.isascii() and said.isdecimal() and len(said) <= MOST_WAIT_DIGITS:
        return min(timedelta(seconds=int(said)), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), LONGEST_WAIT)
