"""Which stories a digest tells first."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import exp2

from bot.domain.model import Issue, Story

# A story loses half its weight in this time: yesterday's news gives way to today's.
HALF_LIFE = timedelta(hours=24)

# Reported on both sides is what this topic is about; a third party adds less.
SIDE_WEIGHT = 2.0
OUTLET_WEIGHT = 1.0

# Issues in which governments act stand before those about people and culture.
ISSUE_WEIGHT: Mapping[Issue, float] = {
    Issue.SUMMIT_DIPLOMACY: 1.5,
    Issue.HISTORY_FORCED_LABOUR: 1.3,
    Issue.HISTORY_COMFORT_WOMEN: 1.3,
    Issue.TERRITORY: 1.3,
    Issue.SECURITY: 1.2,
    Issue.YASUKUNI_TEXTBOOKS: 1.2,
    Issue.CULTURE: 0.7,
    Issue.OTHER: 0.8,
}


def score(story: Story, *, sides: tuple[str, str], now: datetime) -> float:
    """Return the story's weight in a digest, above 0.

    Coverage (distinct outlets, and each of the two sides that reported it) times the
    issue's weight, halved every ``HALF_LIFE`` since the last report.
    """
    outlets = {entry.outlet for entry in story.entries}
    reported = {entry.country for entry in story.entries} & set(sides)
    coverage = OUTLET_WEIGHT * len(outlets) + SIDE_WEIGHT * len(reported)
    age = max(now - story.last_seen_at, timedelta())
    return coverage * ISSUE_WEIGHT.get(story.issue, 1.0) * exp2(-(age / HALF_LIFE))


def rank(stories: Iterable[Story], *, sides: tuple[str, str], now: datetime) -> list[Story]:
    """Return the stories, heaviest first; ties fall to the newer, then the lower id."""
    return sorted(
        stories,
        key=lambda s: (-score(s, sides=sides, now=now), -s.last_seen_at.timestamp(), s.id),
    )
