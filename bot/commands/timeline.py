"""The chronology of a topic, and the temperature of its issues. Reads the database only."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from bot.domain.errors import InputError
from bot.domain.model import Issue, Language
from bot.domain.timeline import Happening, Point, ToneWords, chronicle, temperatures
from bot.domain.topic import Topic
from bot.storage import stories
from bot.storage.database import Database

# What is shown where nobody says from when on: a season, in which an issue's course shows.
USUAL = timedelta(days=90)
# Ten years of a busy topic: more is no chronology that anybody reads.
MOST = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Local days, both included."""

    first: date
    last: date

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """Return the moments ``[from, until)`` of the period in a zone, in UTC."""
        starts = (self.first, self.last + timedelta(days=1))
        begin, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in starts)
        return begin.astimezone(UTC), end.astimezone(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """What ``timeline TOPIC`` answers."""

    topic: Topic
    period: Period
    happenings: tuple[Happening, ...]
    points: tuple[Point, ...]


def parse_period(first: str | None, last: str | None, *, today: date) -> Period:
    """Return the days from ``first`` to ``last`` (YYYY-MM-DD); the last 90 days for None.

    Raises InputError for other text, and for days in the wrong order.
    """
    until = _day(last) if last else today
    since = _day(first) if first else until - USUAL
    if since > until:
        raise InputError(f"The period ends ({until}) before it begins ({since}): exchange them.")
    return Period(first=since, last=until)


def parse_issue(name: str) -> Issue:
    """Return the issue of that name; raises InputError with the nearest one."""
    known = [issue.value for issue in Issue]
    if name.casefold() in known:
        return Issue(name.casefold())
    close = get_close_matches(name.casefold(), known, n=1, cutoff=0.4)
    hint = f'did you mean "{close[0]}"?' if close else f"there is {', '.join(known)}."
    raise InputError(f'There is no issue "{name}": {hint}')


async def timeline(
    database: Database,
    topic: Topic,
    period: Period,
    *,
    issue: Issue | None,
    language: Language,
    zone: str,
    words: ToneWords,
) -> Timeline:
    """Return the topic's stories whose first report is in the period, and their temperature."""
    since, until = period.bounds(zone)
    async with database.read() as connection:
        found = await stories.begun(
            connection, topic.id, since=since, until=until, issue=issue, limit=MOST
        )
    happenings = chronicle(
        found, language=language.value, zone=zone, words=words, sides=topic.sides
    )
    return Timeline(
        topic=topic, period=period, happenings=happenings, points=temperatures(happenings)
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    # Years that no zone's arithmetic leaves the calendar in.
    if day is None or not date(1900, 1, 1) <= day <= date(2999, 12, 31):
        raise InputError(f'"{text}" is no day: write it as YYYY-MM-DD, such as 2026-08-15.')
    return day
