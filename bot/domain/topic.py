"""What the reading knows of the subject: names, and topics that are made of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Literal

from bot.domain.model import Issue

NameKind = Literal["person", "institution", "company", "country", "place", "treaty", "term"]


class Level(StrEnum):
    """How much an entry is about a topic."""

    CORE = "core"
    PERIPHERAL = "peripheral"
    NO = "no"


@dataclass(frozen=True, kw_only=True)
class Office:
    """A public role and the days on which it was held; ``until`` None where it still is.

    Raises ValueError for dates of another shape or order.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    role: str
    since: str
    until: str | None = None

    def __post_init__(self) -> None:
        for key, day in (("since", self.since), ("until", self.until)):
            if day is not None and not _is_day(day):
                raise ValueError(f'{key} is "{day}": write the date as YYYY-MM-DD.')
        if self.until and self.since >= self.until:
            raise ValueError(f"until ({self.until}) is not after since ({self.since}).")

    def held_on(self, day: date) -> bool:
        """Whether the role was held on a day."""
        return self.since <= day.isoformat() and (
            self.until is None or day.isoformat() < self.until
        )


@dataclass(frozen=True, kw_only=True)
class Name:
    """A row of the trilingual table of names: its forms in each language.

    ``id`` is the name's alone; ``country`` says whose it is (ISO 3166-1 alpha-2, or several
    joined by hyphens for what lies between them: ``JP-KR``, ``JP-KR-US``); ``role`` a
    person's or body's public role; ``issue`` the issue that the name speaks for, where it
    speaks for one. ``offices`` say when a person held which role (one may hold an office
    twice); matching does not read them, for who has left office is still news.

    A form is matched in every text, whatever the language of the text. ``traps`` are longer
    words that contain a form and mean something else. ``follow``, where given, lists what may
    come directly after a hangul form of two syllables or fewer, which then must also begin
    a word: ``한일`` with ``회담`` but not with ``병원``.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    id: str
    kind: NameKind
    country: str | None = None
    role: str | None = None
    issue: Issue | None = None
    en: tuple[str, ...] = ()
    ja: tuple[str, ...] = ()
    ko: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    offices: tuple[Office, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """Every form in every language."""
        return (*self.en, *self.ja, *self.ko)

    @property
    def countries(self) -> frozenset[str]:
        """The countries that the name belongs to."""
        return frozenset(self.country.split("-")) if self.country else frozenset()

    def role_on(self, day: date) -> str | None:
        """Return the role held on a day, else "former" with the last one before, else ``role``."""
        held = [office.role for office in self.offices if office.held_on(day)]
        if held:
            return held[-1]
        past = [o for o in self.offices if o.until is not None and o.until <= day.isoformat()]
        return f"former {max(past, key=lambda o: o.since).role}" if past else self.role


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic file.

    ``sides`` are the two countries (ISO 3166-1 alpha-2) and ``threshold`` the relevance
    (0..1) from which an entry is core and kept; from ``peripheral`` on it touches the topic.
    ``cues`` are groups of words that speak for or against; a trailing ``*``
    lets a Latin word go on. ``home`` holds, by language, words that mean the reader's own
    government there (``政府`` in Japanese). ``weights`` are the log-odds of each signal
    (``bot.understanding.relevance`` names them), with ``bias`` for none.

    ``cue_issues`` say which issue a cue group speaks for, ``issue_words`` which words tell an
    issue, ``issue_weights`` how much each kind of sign counts (``bot.understanding.issues``).

    Raises ValueError for a threshold that is no probability, or thresholds out of order.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    id: str
    title: dict[str, str] = field(hash=False)
    sides: tuple[str, str]
    threshold: float
    peripheral: float | None = None
    home: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    cues: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    weights: dict[str, float] = field(default_factory=dict, hash=False)
    cue_issues: dict[str, Issue] = field(default_factory=dict, hash=False)
    issue_words: dict[Issue, tuple[str, ...]] = field(default_factory=dict, hash=False)
    issue_weights: dict[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold}: give a number from 0 to 1.")
        if self.peripheral is not None and not 0 < self.peripheral <= self.threshold:
            raise ValueError(
                f"peripheral is {self.peripheral}: give a number above 0, at most the threshold."
            )

    def level(self, relevance: float) -> Level:
        """Return the level of an entry of this relevance (0..1)."""
        if relevance >= self.threshold:
            return Level.CORE
        least = self.threshold if self.peripheral is None else self.peripheral
        return Level.PERIPHERAL if relevance >= least else Level.NO


def repeated_ids(names: Iterable[Name]) -> tuple[str, ...]:
    """Return the ids that more than one name has, in the order of the table."""
    times = Counter(name.id for name in names)
    return tuple(id_ for id_, count in times.items() if count > 1)


def _is_day(text: str) -> bool:
    try:
        # fromisoformat also takes 20250101 and 2025-W01-1, which do not compare as text.
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
