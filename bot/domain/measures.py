"""What is counted for whoever watches the bot: numbers, under names from closed lists.

What stands in the database may come from strangers, so that no word of it becomes a name here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# How a summary may come to be: what bot/summarize writes.
METHODS = (
    "extractive",
    "extractive:budget",
    "extractive:ungrounded",
    "extractive:unreachable",
    "extractive:unreadable",
)

# A model's method names it ("llm:NAME"); its name is free text, and told by this word alone.
BY_MODEL, MODEL = "llm:", "model"

PLATFORMS = ("console", "discord", "feed", "file", "slack", "webhook")

# What is on no list: a newer version's word, or nonsense.
OTHER = "other"


class FeedHealth(StrEnum):
    """How a feed that is polled answers; one that is gone said so itself (HTTP 410)."""

    OK = "ok"
    FAILING = "failing"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelUse:
    """What a model was asked: requests by method, and tokens and cost as they were settled."""

    requests: Mapping[str, int]
    tokens: int
    cost: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """The numbers of one moment. Keys of two parts are a platform and a status.

    ``model_total`` is of all days, ``model_today`` of this one (UTC), ``model_reserved`` the
    tokens that today's requests under way may take. ``oldest_pending`` and the ages in
    ``beats`` are in seconds; a process that has never succeeded is not in ``beats``.
    """

    summaries: Mapping[str, int]
    model_total: ModelUse
    model_today: ModelUse
    model_reserved: int
    deliveries: Mapping[tuple[str, str], int]
    oldest_pending: float
    subscriptions: Mapping[tuple[str, str], int]
    entries: int
    unread: int
    stories: int
    feeds: Mapping[str, int]
    beats: Mapping[str, float]
