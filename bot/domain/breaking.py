"""When a story is told at once: enough independent outlets within minutes, outside quiet hours."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.growth import moment
from bot.domain.model import Breaking, Quiet, Story

# What outlets reported longer ago is not breaking any more: feeds are asked every quarter of
# an hour, and an hour covers a slow one. The next digest tells it.
FRESH = timedelta(hours=1)


def listening_since(breaking: Breaking, *, zone: str, now: datetime) -> datetime | None:
    """Return from when on what broke is told now; None in quiet hours.

    Just after quiet hours that is their beginning: what broke in them is told at their end.
    """
    since = now - FRESH
    if breaking.quiet is None:
        return since
    begun, ended = _last_quiet(breaking.quiet, ZoneInfo(zone), now)
    if now < ended:
        return None
    return min(since, begun - FRESH) if ended > since else since


def _last_quiet(quiet: Quiet, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the quiet hours that began last: their beginning and their end."""
    spans = timedelta(days=quiet.end <= quiet.start)
    today = now.astimezone(zone).date()
    for back in range(3):
        day = today - timedelta(days=back)
        begun = datetime.combine(day, quiet.start, zone)
        if begun.timestamp() <= now.timestamp():
            return begun, datetime.combine(day + spans, quiet.end, zone)
    raise AssertionError("a time of day comes every day")


def breaks(
    story: Story, breaking: Breaking, *, owners: Mapping[str, str], since: datetime, now: datetime
) -> bool:
    """Tell whether enough independent outlets reported the story within the minutes.

    The report that made it enough must be of ``(since, now]``.
    """
    reports = sorted(
        (moment(entry), owners.get(entry.outlet, entry.outlet)) for entry in story.entries
    )
    window = timedelta(minutes=breaking.minutes)
    inside: Counter[str] = Counter()
    first = 0
    for at, owner in reports:
        inside[owner] += 1
        while reports[first][0] < at - window:
            inside[reports[first][1]] -= 1
            first += 1
        if since < at <= now and len(+inside) >= breaking.outlets:
            return True
    return False
