"""Where digests go, when, and to whose taste."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from bot.domain.model.tastes import NO_FILTERS, Breaking, Filters, Length
from bot.domain.model.words import Language

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
    """What a subscription holds and when it is due; ``breaking`` None: nothing in between."""

    topics: tuple[str, ...]
    schedule: Schedule
    language: Language
    max_stories: int
    filters: Filters = NO_FILTERS
    length: Length = Length.FULL
    breaking: Breaking | None = None


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
