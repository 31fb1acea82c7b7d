"""How long what is stored is kept."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar

# A weekly digest looks back over its week, two days of catching up and half a day
# (bot.domain.schedule); whatever a digest could still be made of must be there.
SHORTEST_DAYS = 14

LONGEST_DAYS = 36_500

# Each kind is dropped at this interval; more often would find little.
PRUNE_EVERY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """Days after which something is dropped; stories, titles, links and deliveries stay.

    ``irrelevant_days``: entries that matter to no topic, whole. ``text_days`` and
    ``vector_days``: of entries that are in a story. ``message_days``: the rendered messages
    of deliveries that are done. ``told_days``: what destinations have been told of stories
    that ended. ``digest_days``: digests as documents. ``slot_days``: what became of each slot.
    ``removed_workspace_days``: all of a workspace that removed the bot. The defaults keep a year
    of the default feeds under 500 MB (`python -m benchmarks.retention`).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    irrelevant_days: int = 30
    text_days: int = 90
    vector_days: int = 30
    message_days: int = 30
    told_days: int = 90
    digest_days: int = 400
    slot_days: int = 400
    removed_workspace_days: int = 30

    def __post_init__(self) -> None:
        """Refuse what would drop news before it could be told."""
        for field in fields(self):
            shortest = 1 if field.name == "removed_workspace_days" else SHORTEST_DAYS
            days = getattr(self, field.name)
            if not shortest <= days <= LONGEST_DAYS:
                raise ValueError(
                    f"{field.name} is {days}; allowed are {shortest} to {LONGEST_DAYS} days."
                )


def is_due(last: datetime | None, *, every: timedelta, now: datetime) -> bool:
    """Tell whether something that was done last at a moment is to be done again.

    A moment that lies ahead was written by a clock that was wrong: it does not count.
    """
    return last is None or now - last >= every or last > now


def cutoff(days: int, *, now: datetime) -> datetime:
    """Return the moment before which what is kept for so many days is dropped."""
    return now - timedelta(days=days)
