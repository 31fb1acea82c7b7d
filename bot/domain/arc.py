"""The week's arc: what each issue's week was like."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.growth import moment
from bot.domain.model import AtTimes, Entry, Issue, IssueWeek, Schedule, Story
from bot.domain.ranking import rank
from bot.domain.timeline import Tone, ToneWords, tone_of

DAYS = 7


def is_weekly(schedule: Schedule) -> bool:
    """Tell whether digests come once a week."""
    rule = schedule.rule
    return isinstance(rule, AtTimes) and len(rule.weekdays) == len(rule.times) == 1


def week_arc(
    stories: Iterable[Story],
    *,
    until: datetime,
    zone: str,
    language: str,
    words: ToneWords,
    sides: tuple[str, str],
) -> tuple[IssueWeek, ...]:
    """Return the week of each issue that had a report in it, that with the most reports first."""
    by_issue: dict[Issue, list[Story]] = {}
    for story in stories:
        if not story.peripheral and any(_in_week(e, until) for e in story.entries):
            by_issue.setdefault(story.issue, []).append(story)
    weeks = [
        _week(rank(found, sides=sides, now=until), until, zone, language, words)
        for found in by_issue.values()
    ]
    return tuple(sorted(weeks, key=lambda week: (-week.reports, week.issue)))


def _in_week(entry: Entry, until: datetime) -> bool:
    return until - timedelta(days=DAYS) < moment(entry) <= until


def _week(
    ranked: Sequence[Story], until: datetime, zone: str, language: str, words: ToneWords
) -> IssueWeek:
    reports = [e for story in ranked for e in story.entries if _in_week(e, until)]
    tones = [tone_of(((e.title, e.language or "") for e in s.entries), words) for s in ranked]
    main = _told(ranked[0], language)
    return IssueWeek(
        issue=ranked[0].issue,
        stories=len(ranked),
        reports=len(reports),
        by_day=_by_day(reports, until, ZoneInfo(zone)),
        cooperation=tones.count(Tone.COOPERATION),
        friction=tones.count(Tone.FRICTION),
        main_story_id=ranked[0].id,
        headline=main.title,
        language=main.language or "",
        url=main.url,
    )


def _by_day(reports: Iterable[Entry], until: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    """Count reports by local day. The week's first hours, of an eighth day, go to its first."""
    last = until.astimezone(zone).date()
    counts = [0] * DAYS
    for report in reports:
        counts[max(0, DAYS - 1 - _days(moment(report).astimezone(zone).date(), last))] += 1
    return tuple(counts)


def _days(day: date, last: date) -> int:
    return (last - day).days


def _told(story: Story, language: str) -> Entry:
    own = (entry for entry in story.entries if entry.language == language)
    leads = (entry for entry in story.entries if entry.id == story.lead_entry_id)
    return next(own, None) or next(leads, story.entries[0])
