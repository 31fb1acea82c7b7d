"""The answer to ``why``: how an entry was read, where its story stands, who was told of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.account import Account, Candidate
from bot.domain.model import Entry, Reading, Story, Subscription
from bot.domain.topic import Level, Topic
from bot.domain.why import Fate


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionFate:
    """What became of a story in one subscription."""

    subscription: Subscription
    fate: Fate


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A story that an entry was compared with; None where the story is not kept."""

    candidate: Candidate
    story: Story | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicWhy:
    """How an entry was read for one topic: stored then (``reading``), and read again now.

    ``original`` is what it repeats. ``joined`` is its own story among those that it was
    compared with, ``runner_up`` the likeliest other one.
    """

    topic: Topic
    reading: Reading | None
    level: Level
    account: Account
    original: Entry | None = None
    story: Story | None = None
    joined: Compared | None = None
    runner_up: Compared | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """The answer. For an address or an entry ``entry`` and ``topics``, for a story ``story``.

    ``alike`` are other entries of the same address; ``readings`` those of a story's entries.
    ``merged_from`` is the id that was asked of, where another story took that one in.
    """

    entry: Entry | None = None
    alike: tuple[Entry, ...] = ()
    topics: tuple[TopicWhy, ...] = ()
    story: Story | None = None
    readings: Mapping[int, Reading] | None = None
    merged_from: int | None = None
    fates: tuple[SubscriptionFate, ...] = ()
