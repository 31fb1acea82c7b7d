"""When an item was published, as feeds write it."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

# A publisher's clock may run ahead; beyond this the date is wrong (zoneless local times
# are read as hours ahead: miniflux#1906).
CLOCK_SKEW = timedelta(minutes=10)

# A date farther ahead is a placeholder (9999-12-31), not a clock's mistake.
PLACEHOLDER_AHEAD = timedelta(days=366)

# News sites went on the web in the middle of the nineties: an earlier date is a default.
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)

# Longer than any date that is written in full.
MAX_DATE_LENGTH = 80

# Hours east of Greenwich. RFC 822 names the American ones; the others are what publishers
# of the region write. Ambiguous names have the RFC's meaning (CST) or the commonest (IST).
ZONE_HOURS = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0.0),
    **dict.fromkeys(("JST", "KST"), 9.0),
    **dict.fromkeys(("SGT", "HKT", "MYT", "PHT", "AWST"), 8.0),
    **dict.fromkeys(("ICT", "WIB"), 7.0),
    "IST": 5.5,
    "ACST": 9.5,
    "AEST": 10.0,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "BST": 1.0,
    "WEST": 1.0,
    "CET": 1.0,
    "MEZ": 1.0,
    "CEST": 2.0,
    "MESZ": 2.0,
    "EET": 2.0,
    "EEST": 3.0,
    "MSK": 3.0,
    "TRT": 3.0,
    "GST": 4.0,
    "EST": -5.0,
    "EDT": -4.0,
    "CST": -6.0,
    "CDT": -5.0,
    "MST": -7.0,
    "MDT": -6.0,
    "PST": -8.0,
    "PDT": -7.0,
    "AKST": -9.0,
    "HST": -10.0,
}

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}

EPOCH = re.compile(r"(?P<seconds>\d{9,10})(?:\d{3})?")
COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?(?P<rest>\D.*)?"
)
DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2026-08-12, 2026/8/12, 2026.08.12., 2026년 8월 12일, 2026年8月12日
        r"(?P<year>\d{4})\s*[-/.年년]\s*(?P<month>\d{1,2})\s*[-/.月월]\s*(?P<day>\d{1,2})[日일.]?",
        # 12 Aug 2026, 12-Aug-26, 12 08 2026, 12 8월 2026
        r"(?P<day>\d{1,2})[\s-]+(?P<month>[a-z]{3,9}|\d{1,2})[.월]?[\s-]+(?P<year>\d{4}|\d{2}\b)",
        # August 12, 2026
        r"(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
    )
)
# Wed Aug 12 09:00:00 KST 2026, as C's asctime and Java's Date write it.
ASCTIME = re.compile(r"([A-Za-z]{3}) +(\d{1,2}) +([\d:]{5,8}) +(?:([A-Z]{1,5}) +)?(\d{4})$")
TIME = re.compile(
    r"[\s,T(月火水木金土日월화수목금토일)]*"
    r"(?P<before>오전|오후|午前|午後|[ap]\.?m\.?)?\s*"
    r"(?P<hour>\d{1,2})\s*[:시時]\s*(?:(?P<minute>\d{1,2})\s*[:분分]?\s*)?"
    r"(?:(?P<second>\d{1,2})(?:[.,]\d{1,9})?\s*[초秒]?)?\s*"
    r"(?P<after>[ap]\.?m\b\.?)?",
    re.IGNORECASE,
)
OFFSET = re.compile(
    r"\s*\(?(?:GMT|UTC|UT|Z)?\s*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?"
)
ZONE_NAME = re.compile(r"\s*\(?(?P<name>[A-Za-z]{1,5})\b")
AFTERNOON = ("오후", "午後", "p")


def parse_date(text: str | None, *, zone: str | None) -> datetime | None:
    """Return the moment in UTC, or None where the text is no date that can be trusted.

    ``zone`` is the IANA zone of dates that name none; without it they are UTC. Zone names
    (JST, KST), offsets (``+0900``, ``GMT+9``), epochs, and the ways to write a date in
    English, Japanese and Korean feeds are understood; the weekday is not looked at.
    """
    cleaned = unicodedata.normalize("NFKC", text or "").strip()
    if not cleaned or len(cleaned) > MAX_DATE_LENGTH:
        return None
    try:
        return _epoch(cleaned) or _compact(cleaned, zone) or _written(cleaned, zone)
    except (ValueError, OverflowError, KeyError):
        # No such day, month or time of day, or a zone that the system does not know.
        return None


def trusted(published_at: datetime | None, *, now: datetime) -> datetime | None:
    """Return the date as it may be believed: future ones are ``now``, absurd ones None."""
    if published_at is None or published_at < EARLIEST:
        return None
    if published_at > now + PLACEHOLDER_AHEAD:
        return None
    return now if published_at > now + CLOCK_SKEW else published_at


def _epoch(text: str) -> datetime | None:
    match = EPOCH.fullmatch(text)
    return datetime.fromtimestamp(int(match["seconds"]), UTC) if match else None


def _compact(text: str, zone: str | None) -> datetime | None:
    match = COMPACT.fullmatch(text)
    return _moment(match, match, match["rest"] or "", zone) if match else None


def _written(text: str, zone: str | None) -> datetime | None:
    ordered = ASCTIME.sub(r"\2 \1 \5 \3 \4", text)
    for pattern in DATES:
        date = pattern.search(ordered)
        if date is None:
            continue
        time = TIME.match(ordered, date.end())
        return _moment(date, time, ordered[time.end() :] if time else "", zone)
    return None


def _moment(
    date: re.Match[str], time: re.Match[str] | None, rest: str, zone: str | None
) -> datetime:
    hours, minutes, seconds = _clock(time) if time else (0, 0, 0)
    day = datetime(
        _year(date["year"]), _month(date["month"]), int(date["day"]), tzinfo=_zone(rest, zone)
    )
    # Added, not set: 24:00:00 is written for midnight, and :60 for a leap second.
    return (day + timedelta(hours=hours, minutes=minutes, seconds=seconds)).astimezone(UTC)


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    found = time.groupdict()
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 60:  # noqa: PLR2004 - the clock's own bounds
        raise ValueError("no time of day")
    half = (found.get("before") or found.get("after") or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith(AFTERNOON) else 0)
    return hour, minute, second


def _year(text: str) -> int:
    year = int(text)
    # RFC 2822, 4.3: two digits below 50 are of this century.
    return year if len(text) == len("2026") else year + (2000 if year < 50 else 1900)  # noqa: PLR2004


def _month(text: str) -> int:
    return int(text) if text.isdigit() else MONTHS[text[:3].lower()]


def _zone(rest: str, zone: str | None) -> tzinfo:
    if offset := OFFSET.match(rest):
        distance = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return timezone(-distance if offset["sign"] == "-" else distance)
    name = ZONE_NAME.match(rest)
    if name and (hours := ZONE_HOURS.get(name["name"].upper())) is not None:
        return timezone(timedelta(hours=hours))
    return ZoneInfo(zone) if zone else UTC
