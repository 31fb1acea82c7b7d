"""A topic's stories as a chronology, and the temperature of its issues by week."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.model import Entry, Issue, Story

# The kinds of words that a title has (keys of ``Tone``'s values); see config/signals.toml.
ToneWords = Callable[[str, str], frozenset[str]]


class Tone(StrEnum):
    """What a title speaks of: agreement or dispute, or neither."""

    COOPERATION = "cooperation"
    FRICTION = "friction"
    NEUTRAL = "neutral"


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """A line of the chronology: one story, on the local day of its first report.

    ``headline`` is a report's title, in the reader's language where one is (``language``).
    ``tone`` is that of most titles that have one; ``outlets`` counts who reported it.
    """

    day: date
    story_id: int
    issue: Issue
    headline: str
    language: str
    url: str
    outlets: int
    sides: tuple[str, ...]
    tone: Tone


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """The temperature of an issue in a week, and the stories that it was read from.

    ``value`` is (cooperation − friction) / stories with a tone, from −1 (all friction) to 1 (all
    cooperation); None where no story of the week has a tone.
    """

    week: date
    issue: Issue
    cooperation: tuple[int, ...]
    friction: tuple[int, ...]
    neutral: tuple[int, ...]

    @property
    def value(self) -> float | None:
        """The temperature, −1..1."""
        warm, cold = len(self.cooperation), len(self.friction)
        return (warm - cold) / (warm + cold) if warm + cold else None

    @property
    def stories(self) -> int:
        """How many stories the issue had in the week."""
        return len(self.cooperation) + len(self.friction) + len(self.neutral)


def chronicle(
    stories: Iterable[Story], *, language: str, zone: str, words: ToneWords, sides: Sequence[str]
) -> tuple[Happening, ...]:
    """Return the stories as dated lines, the earliest first."""
    lines = [
        _happening(story, language=language, zone=zone, words=words, sides=sides)
        for story in stories
        if story.entries
    ]
    return tuple(sorted(lines, key=lambda line: (line.day, line.story_id)))


def temperatures(happenings: Iterable[Happening]) -> tuple[Point, ...]:
    """Return the temperature of each issue and week (from Monday) that has a story."""
    weeks: dict[tuple[date, Issue], dict[Tone, list[int]]] = {}
    for line in happenings:
        week = line.day - timedelta(days=line.day.weekday())
        kinds = weeks.setdefault((week, line.issue), {tone: [] for tone in Tone})
        kinds[line.tone].append(line.story_id)
    return tuple(
        Point(
            week=week,
            issue=issue,
            cooperation=tuple(kinds[Tone.COOPERATION]),
            friction=tuple(kinds[Tone.FRICTION]),
            neutral=tuple(kinds[Tone.NEUTRAL]),
        )
        for (week, issue), kinds in sorted(weeks.items())
    )


def tone_of(titles: Iterable[tuple[str, str]], words: ToneWords) -> Tone:
    """Return the tone that most titles with one have; each is a text and its language."""
    tones = [_tone(words(title, language)) for title, language in titles]
    warm, cold = tones.count(Tone.COOPERATION), tones.count(Tone.FRICTION)
    if warm == cold:
        return Tone.NEUTRAL
    return Tone.COOPERATION if warm > cold else Tone.FRICTION


def _tone(kinds: frozenset[str]) -> Tone:
    told = kinds & {Tone.COOPERATION, Tone.FRICTION}
    return Tone(next(iter(told))) if len(told) == 1 else Tone.NEUTRAL


def _happening(
    story: Story, *, language: str, zone: str, words: ToneWords, sides: Sequence[str]
) -> Happening:
    told = _told(story, language)
    first: datetime = story.first_seen_at.astimezone(ZoneInfo(zone))
    countries: Mapping[str | None, None] = dict.fromkeys(e.country for e in story.entries)
    return Happening(
        day=first.date(),
        story_id=story.id,
        issue=story.issue,
        headline=told.title,
        language=told.language or "",
        url=told.url,
        outlets=len({entry.outlet for entry in story.entries}),
        sides=tuple(side for side in sides if side in countries),
        tone=tone_of(((e.title, e.language or "") for e in story.entries), words),
    )


def _told(story: Story, language: str) -> Entry:
    """Return the report whose title is told: the first in the reader's language, or the lead."""
    own = (entry for entry in story.entries if entry.language == language)
    leads = (entry for entry in story.entries if entry.id == story.lead_entry_id)
    return next(own, None) or next(leads, story.entries[0])
