"""What the reading of one entry came to, taken apart: signals, names, the nearest stories."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.growth import Joined
from bot.domain.model import Entry, Issue, Reading
from bot.domain.topic import Level, Topic


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A signal and the log-odds that it added; ``words`` say it in English."""

    signal: str
    words: str
    by: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A name that was found: as it is written, its id and kind, whose it is.

    ``role`` is the person's on the day of publication.
    """

    form: str
    id: str
    kind: str
    countries: tuple[str, ...]
    role: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueSigns:
    """An issue that was weighed: its log-odds up to a constant, and the signs for it."""

    issue: Issue
    score: float
    signs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A story that an entry was compared with, and the log-odds that it belongs there."""

    story_id: int
    odds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An entry read again for one topic, from what is stored now.

    ``bias`` is the log-odds where nothing speaks for or against; it and what the signals
    ``moved`` add up to ``relevance`` (0..1). ``moved`` and ``issues`` begin with what weighs
    most. ``candidates`` are the stories of the days before, the likeliest first; an entry
    joins from ``join`` on.
    """

    relevance: float
    level: Level
    bias: float
    moved: tuple[Moved, ...]
    names: tuple[Named, ...]
    sides: tuple[str, ...]
    issue: Issue
    issues: tuple[IssueSigns, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    join: float | None = None


def as_stored(
    topic: Topic, entry: Entry, reading: Reading | None, before: Sequence[Joined]
) -> Account:
    """Return the account of what is stored alone, where nothing can be read again."""
    del entry, before
    relevance = reading.relevance if reading else 0.0
    return Account(
        relevance=relevance,
        level=topic.level(relevance),
        bias=0.0,
        moved=(),
        names=(),
        sides=(),
        issue=reading.issue if reading else Issue.OTHER,
    )
