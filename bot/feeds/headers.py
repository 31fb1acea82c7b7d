"""What the headers of an answer say about the next request."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A header's value may be any number of digits; more than these is more than a century.
SECONDS = re.compile(r"\s*(\d{1,9})\s*")
MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
NO_CACHE = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Return how long the server asks to wait: seconds or a date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    if seconds := SECONDS.fullmatch(value):
        return timedelta(seconds=int(seconds[1]))
    moment = _date(value)
    return _positive(moment - _served_at(headers, now)) if moment else None


def fresh_for(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Return how long the answer stays fresh (RFC 9111, 4.2), None where it says nothing."""
    control = headers.get("Cache-Control", "")
    if NO_CACHE.search(control):
        return None
    if match := MAX_AGE.search(control):
        age = SECONDS.fullmatch(headers.get("Age", ""))
        return _positive(timedelta(seconds=int(match[1]) - int(age[1] if age else 0)))
    expires = _date(headers.get("Expires", ""))
    return _positive(expires - _served_at(headers, now)) if expires else None


def clock_offset(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Return by how much the server's clock is ahead of ours; None where it does not say.

    A cache passes on the date of the original answer, and says how old it is (RFC 9111, 5.1).
    """
    served = _date(headers.get("Date", ""))
    age = SECONDS.fullmatch(headers.get("Age", ""))
    return served + timedelta(seconds=int(age[1]) if age else 0) - now if served else None


def validator(value: str | None) -> str | None:
    """Return an ETag or Last-Modified exactly as it came; None where it cannot be sent back.

    An empty one says nothing, and bytes beyond Latin-1's text cannot go into a header.
    """
    return value if value and value.isprintable() else None


def _served_at(headers: Mapping[str, str], now: datetime) -> datetime:
    # By the server's own clock the distance is right even where that clock is wrong.
    return _date(headers.get("Date", "")) or now


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _positive(distance: timedelta) -> timedelta | None:
    return distance if distance > timedelta(0) else None
