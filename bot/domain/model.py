"""The core types. Frozen, keyword-only; times are aware UTC; ids are database ids."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, ClassVar


class Language(StrEnum):
    """A language that readers and summaries use. Entries may have any ISO 639-1 code."""

    EN = "en"
    JA = "ja"
    KO = "ko"


class Issue(StrEnum):
    """A story's subject within the topic."""

    SUMMIT_DIPLOMACY = "summit-diplomacy"
    HISTORY_FORCED_LABOUR = "history-forced-labour"
    HISTORY_COMFORT_WOMEN = "history-comfort-women"
    TERRITORY = "territory-dokdo-takeshima"
    YASUKUNI_TEXTBOOKS = "yasukuni-textbooks"
    FUKUSHIMA = "fukushima-water-food"
    TRADE = "trade-economy-tech"
    SECURITY = "security-trilateral"
    NORTH_KOREA = "north-korea"
    CULTURE = "culture-people"
    COURTS = "courts"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """Who publishes: an outlet card of ``config/outlets.toml``.

    ``country`` is an ISO 3166-1 alpha-2 code; ``languages`` are ISO 639-1 codes.
    ``domains`` recognise the outlet of an entry by its address.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    id: str
    name: str
    country: str
    languages: tuple[str, ...]
    domains: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """An address that is polled. ``zone`` is the IANA zone of its zoneless dates."""

    id: int
    url: str
    name: str
    outlet: str | None = None
    language: str | None = None
    country: str | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """What is remembered of a feed between polls. Validators are kept byte-exact."""

    feed_id: int
    etag: str | None = None
    last_modified: str | None = None
    next_check_at: datetime | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    failures: int = 0
    problem: str | None = None
    gone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """The feed answered with a document. ``url`` is where it came from after redirects."""

    url: str
    body: bytes
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotModified:
    """The feed has not changed; validators may have been renewed all the same."""

    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """The feed says that it will not come back (HTTP 410)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """The feed has a new address for good (301, 308); ``outcome`` is what it answered there."""

    url: str
    outcome: Fetched | NotModified


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchFailed:
    """The feed could not be had. ``problem`` is said to the user: what happened, and the mend."""

    problem: str
    retry_after: timedelta | None = None


FetchOutcome = Fetched | NotModified | Gone | Moved | FetchFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedEntry:
    """One item of a feed document, cleaned: plain text, canonical URL, aware UTC date.

    ``guid`` is the feed's own identifier or, where it gives none, the canonical URL;
    ``text`` is the longest text the item carries, without markup.
    """

    guid: str
    url: str
    title: str
    text: str = ""
    published_at: datetime | None = None
    language: str | None = None
    outlet_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedFeed:
    """A feed document, read. ``problem`` says why there are no entries, in the user's words."""

    title: str = ""
    language: str | None = None
    entries: tuple[ParsedEntry, ...] = ()
    problem: str | None = None
    ttl: timedelta | None = None


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
    of publication; ``earlier`` are the stories that it follows, the latest first.
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

    ``perspectives`` and ``changed`` (what is new since the summary before) are a model's alone.
    """

    language: str
    headline: str
    sentences: tuple[CitedSentence, ...]
    method: str
    perspectives: tuple[Perspective, ...] = ()
    changed: CitedSentence | None = None


EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WORKDAYS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class AtTimes:
    """Local times of day on some weekdays (0 is Monday): both in order, each once."""

    times: tuple[time, ...]
    weekdays: tuple[int, ...] = EVERY_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class EveryHours:
    """Local times so many hours (1 to 24) apart, counted from ``first`` anew every day."""

    hours: int
    first: time = time(0, 0)


Rule = AtTimes | EveryHours


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """When digests are due: a rule in the local time of an IANA zone."""

    rule: Rule
    zone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where digests go. ``workspace`` owns it: a Slack team, a Discord guild, this console.

    A ``channel`` that begins with ``@`` is a person of that id, told in a direct message.
    """

    platform: str
    workspace: str
    channel: str

    @property
    def person(self) -> str | None:
        """The id of the person that this is; None for a channel."""
        return self.channel[1:] if self.channel.startswith("@") else None


class SubscriptionStatus(StrEnum):
    """Whether a subscription's digests are sent."""

    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Taste:
    """What a subscription holds and when it is due."""

    topics: tuple[str, ...]
    schedule: Schedule
    language: Language
    max_stories: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """A destination and its taste.

    Slots after ``last_slot_at`` are due: it is the last one told, or when the subscription
    was made, resumed or changed. ``owed_slot_at`` is one of the schedule before a change that
    was due already. What was published up to ``covered_until`` has been told.
    ``problem`` says why the bot itself paused it, with the mend.
    """

    id: int
    destination: Destination
    taste: Taste
    status: SubscriptionStatus
    created_at: datetime
    last_slot_at: datetime
    created_by: str | None = None
    owed_slot_at: datetime | None = None
    covered_until: datetime | None = None
    problem: str | None = None


class SlotStatus(StrEnum):
    """What became of a slot."""

    ON_TIME = "on-time"
    LATE = "late"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A due time of a subscription, and why it was late or skipped."""

    slot_at: datetime
    status: SlotStatus
    reason: str | None = None


class ItemKind(StrEnum):
    """Whether the destination has been told of the story before."""

    NEW = "new"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """An entry as a digest cites it: ``number`` is its mark in the sentences, from 1."""

    number: int
    entry_id: int
    outlet_name: str
    country: str | None
    language: str
    title: str
    url: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestSentence:
    """A sentence and the numbers of the sources that it comes from."""

    text: str
    sources: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestItem:
    """One story as a digest tells it. ``sources`` hold every report, the cited ones first."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """The neutral document that every platform renders.

    ``since`` and ``until`` bound the stories considered; ``entries_read`` and
    ``outlets_read`` count the reports of the stories told or, on a quiet day, all that
    was read in the time; ``stories_left_out`` says how many stories more there were.
    ``sides`` are the topic's two countries. ``late``: it was due at ``slot_at`` and could not
    be written then; ``slots_skipped`` counts the earlier digests that it stands for.
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
    ``notice`` is no digest, but tells a person what became of one.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSpec:
    """A feed as ``config/feeds.toml`` or ``feeds add`` names it, before it is stored."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    url: str
    name: str
    outlet: str | None = None
    language: str | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedEntries:
    """How many of a feed's entries were new, and how many had changed."""

    new: int = 0
    changed: int = 0
