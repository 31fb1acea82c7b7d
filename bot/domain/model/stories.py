"""Entries, what was read in them, stories and their summaries."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.model.words import Issue


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One stored item of a feed. ``country`` is where its outlet is at home."""

    id: int
    feed_id: int | None
    guid: str
    url: str
    title: str
    text: str
    language: str | None
    outlet: str
    outlet_name: str
    country: str | None
    published_at: datetime
    seen_at: datetime
    content_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What Strait understood of an entry for one topic.

    ``relevance`` is in 0..1; ``reasons`` say in words what spoke for and against it.
    ``entities`` are ids of the name table. ``vector`` is packed float16, or None where
    the entry could not matter and was not embedded.
    """

    entry_id: int
    topic: str
    language: str
    relevance: float
    relevant: bool
    reasons: tuple[str, ...] = ()
    issue: Issue = Issue.OTHER
    entities: tuple[str, ...] = ()
    vector: bytes | None = None
    duplicate_of: int | None = None
    story_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryRef:
    """An earlier story as a later one names it."""

    id: int
    headline: str
    last_seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Entries about one event: what a reader sees once.

    ``version`` grows with each entry that is not a duplicate. ``entries`` are in order
    of publication; ``earlier`` are the stories that it follows, the latest first. A
    ``peripheral`` one is a single report that only touches the topic.
    """

    id: int
    topic: str
    headline: str
    issue: Issue
    lead_entry_id: int
    first_seen_at: datetime
    last_seen_at: datetime
    version: int = 1
    entries: tuple[Entry, ...] = ()
    earlier: tuple[StoryRef, ...] = ()
    peripheral: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text to be summarized: an entry, or a line of a file given to ``summarize``."""

    id: str
    title: str
    text: str
    language: str
    source: str
    country: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CitedSentence:
    """A sentence of a summary and the ids of the documents it comes from (never none)."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Perspective:
    """What the reports of one side stress, cited. ``side`` is a country code or ``elsewhere``."""

    side: str
    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A summary whose every sentence is cited. ``method`` says how it was made.

    ``perspectives``, ``changed`` (what is new since the summary before) and ``titles`` (the
    titles of single reports, translated) are a model's alone.
    """

    language: str
    headline: str
    sentences: tuple[CitedSentence, ...]
    method: str
    perspectives: tuple[Perspective, ...] = ()
    changed: CitedSentence | None = None
    titles: tuple[CitedSentence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedEntries:
    """How many of a feed's entries were new, and how many had changed."""

    new: int = 0
    changed: int = 0
