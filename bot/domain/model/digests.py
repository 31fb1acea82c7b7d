"""Digests, their deliveries, and what sending one comes to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.model.evidence import CountsDiffer, StoryStatus, TermsDiffer
from bot.domain.model.stories import StoryRef
from bot.domain.model.subscriptions import Destination
from bot.domain.model.words import Issue, Language


class ItemKind(StrEnum):
    """Whether the destination has been told of the story before."""

    NEW = "new"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """An entry as a digest cites it: ``number`` is its mark in the sentences, from 1.

    ``translation`` is the title in the digest's language, where a model gave one.
    """

    number: int
    entry_id: int
    outlet_name: str
    country: str | None
    language: str
    title: str
    url: str
    published_at: datetime
    translation: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestSentence:
    """A sentence and the numbers of the sources that it comes from."""

    text: str
    sources: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestPerspective:
    """What a side's reports stress, and the numbers of the sources that it comes from."""

    side: str
    text: str
    sources: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SinceTold:
    """What a story has become since its destination was told of it last.

    ``sides`` are those that report now and did not then; ``sentence`` is the newest of what
    is new, None where the summary has it already or none can stand alone.
    """

    reports: int
    sides: tuple[str, ...] = ()
    sentence: DigestSentence | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionNote:
    """That something told was wrong, when that was mended and why; ``withdrawn``: all of it."""

    at: datetime
    reason: str
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionNotice:
    """A correction of a story that an earlier digest told, in a message that cannot be edited."""

    story_id: int
    headline: str
    note: CorrectionNote


@dataclass(frozen=True, kw_only=True, slots=True)
class PastStory:
    """A story of about this day a year ago, by one of its reports."""

    story_id: int
    headline: str
    outlet_name: str
    url: str
    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Prebrief:
    """What a digest says before a day of the calendar.

    ``approximate``: the day is when it is expected. ``year_ago`` holds stories of its issue.
    """

    occasion: str
    day: date
    title: str
    lines: tuple[str, ...]
    issue: Issue
    approximate: bool = False
    year_ago: tuple[PastStory, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestItem:
    """One story as a digest tells it. ``sources`` hold every report, the cited ones first.

    ``update`` numbers the updates that the destination was told (0: it is new to it), and
    ``news`` says what has come since. ``silent`` are the sides that could have reported and
    have not; ``status`` is None where nobody asked for it.
    """

    story_id: int
    story_version: int
    kind: ItemKind
    headline: str
    language: str
    issue: Issue
    sentences: tuple[DigestSentence, ...]
    sources: tuple[Source, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    method: str
    update: int = 0
    news: SinceTold | None = None
    perspectives: tuple[DigestPerspective, ...] = ()
    terms: tuple[TermsDiffer, ...] = ()
    counts: tuple[CountsDiffer, ...] = ()
    silent: tuple[str, ...] = ()
    earlier: tuple[StoryRef, ...] = ()
    status: StoryStatus | None = None
    peripheral: bool = False
    correction: CorrectionNote | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueWeek:
    """An issue's week: its stories and reports, reports by local day, its main story's line.

    ``by_day`` has the days in order, the last being the digest's own. ``cooperation`` and
    ``friction`` count the stories whose titles have that tone (``bot.domain.timeline``).
    """

    issue: Issue
    stories: int
    reports: int
    by_day: tuple[int, ...]
    cooperation: int
    friction: int
    main_story_id: int
    headline: str
    language: str
    url: str

    @property
    def temperature(self) -> float | None:
        """The temperature, −1 (all friction) to 1; None where no story has a tone."""
        told = self.cooperation + self.friction
        return (self.cooperation - self.friction) / told if told else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """The neutral document that every platform renders.

    ``since`` and ``until`` bound the stories considered; ``entries_read`` and
    ``outlets_read`` count the reports of the stories told or, on a quiet day, all that
    was read in the time; ``stories_left_out`` says how many stories more there were.
    ``sides`` are the topic's two countries. ``late``: it was due at ``slot_at`` and could not
    be written then; ``slots_skipped`` counts the earlier digests that it stands for.
    ``stories_outside`` counts the stories that the subscription's filters leave out. A weekly
    digest has the week's ``arc``, an issue a line. ``breaking``: told between the slots.
    ``prebriefs`` tell of days to come, ``corrections`` of what earlier digests had wrong.
    ``is_page``: it is one story's own page, which says how its summary was made.
    """

    topic: str
    topic_title: str
    sides: tuple[str, str]
    language: Language
    zone: str
    since: datetime
    until: datetime
    items: tuple[DigestItem, ...]
    stories_left_out: int = 0
    entries_read: int = 0
    outlets_read: int = 0
    slot_at: datetime | None = None
    late: bool = False
    slots_skipped: int = 0
    stories_outside: int = 0
    arc: tuple[IssueWeek, ...] = ()
    breaking: bool = False
    prebriefs: tuple[Prebrief, ...] = ()
    corrections: tuple[CorrectionNotice, ...] = ()
    is_page: bool = False


class DeliveryStatus(StrEnum):
    """Where a delivery is on its way. ``held`` waits for its destination to be mended."""

    PENDING = "pending"
    SENDING = "sending"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One part of one digest to one destination, its payload frozen when it was written.

    ``key`` is unique to subscription, slot and part: the platform's idempotency key.
    ``claim`` numbers the claims: only the newest one's holder may send and record. A
    ``notice`` is no digest, but tells a person what became of one. One that ``edits`` another
    (its id) replaces the message of that one, whose ``message_id`` it has.
    """

    id: int
    subscription_id: int = 0
    key: str
    destination: Destination
    slot_at: datetime
    part: int
    payload: str
    status: DeliveryStatus
    attempts: int = 0
    next_attempt_at: datetime | None = None
    leased_until: datetime | None = None
    first_attempt_at: datetime | None = None
    message_id: str | None = None
    problem: str | None = None
    claim: int = 0
    notice: bool = False
    edits: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What the person who subscribed is told of a digest that did not simply arrive.

    ``status`` is what became of it: ``held`` (its destination is paused), ``uncertain`` or
    ``failed``. ``subscriptions`` are the ids of those concerned.
    """

    destination: Destination
    status: DeliveryStatus
    problem: str
    language: Language
    subscriptions: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The platform took the message and named it."""

    message_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimited:
    """The platform asks to wait; ``everywhere``: with messages to any destination."""

    retry_after: timedelta
    everywhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """The platform will never take this message; ``problem`` says why, with the mend."""

    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """The destination takes no message at all until a person mends it, as ``problem`` says."""

    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreachable:
    """The message certainly did not arrive; it may be tried again."""

    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """The message may have arrived: look before trying again.

    ``final``: nobody will ever be able to tell, so that looking again is of no use.
    """

    problem: str
    final: bool = False


SendOutcome = Sent | RateLimited | Rejected | Blocked | Unreachable | Unknown
