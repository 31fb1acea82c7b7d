"""What a search found, and its order: relevance, then recency."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp2

from bot.domain.model import Entry, Story
from bot.domain.search.query import Clause, Phrase, Query
from bot.domain.words import words

# A report loses half its weight in this time: who searches wants last week's ruling before
# last year's, but finds that too.
HALF_LIFE = timedelta(days=60)

# A word in the title says what a report is about; one in its text may be a passing mention.
TITLE_WEIGHT = 2.0

# What people type as it is written counts more than the name's other forms.
AS_TYPED_WEIGHT = 0.5

# Each doubling of the reports that match adds this share to a story's weight.
REPORTS_WEIGHT = 0.2

# A report that belongs to no story did not matter to any topic.
LOOSE_WEIGHT = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A report that was found, and the story that holds it, if one does."""

    entry: Entry
    story_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundGroup:
    """A story with its reports that match, or one report alone; the best report first."""

    reports: tuple[Entry, ...]
    story_id: int | None
    story: Story | None = None


def group(hits: Iterable[Hit], query: Query, *, now: datetime) -> list[FoundGroup]:
    """Make one group of a story's hits, and order the groups: relevance, then recency."""
    scored: dict[int | str, list[tuple[float, Hit]]] = {}
    for hit in hits:
        key = hit.story_id if hit.story_id is not None else f"entry {hit.entry.id}"
        scored.setdefault(key, []).append((score(hit, query, now=now), hit))
    groups = [_group(found) for found in scored.values()]
    return [made for _, made in sorted(groups, key=lambda pair: pair[0], reverse=True)]


def _group(found: list[tuple[float, Hit]]) -> tuple[tuple[float, int], FoundGroup]:
    found.sort(key=lambda pair: (-pair[0], pair[1].entry.id))
    best, hit = found[0]
    weight = best * (1 + REPORTS_WEIGHT * (len(found).bit_length() - 1))
    reports = tuple(hit.entry for _, hit in found)
    return (weight, hit.entry.id), FoundGroup(reports=reports, story_id=hit.story_id)


def score(hit: Hit, query: Query, *, now: datetime) -> float:
    """Return a report's weight among the hits, above 0.

    The share of the query in the title, above all as it was typed, halved every
    ``HALF_LIFE`` since publication.
    """
    title = f" {' '.join(words(hit.entry.title))} "
    shares = [_share(clause, title) for clause in query.wanted]
    relevance = 1 + TITLE_WEIGHT * sum(shares) / len(shares)
    age = max(now - hit.entry.published_at, timedelta())
    weight = LOOSE_WEIGHT if hit.story_id is None else 1.0
    return weight * relevance * exp2(-(age / HALF_LIFE))


def _share(clause: Clause, title: str) -> float:
    """Return how much of a clause a title (words between spaces) has, from 0 to 1."""
    held = [place for place, phrase in enumerate(clause.phrases) if _has(title, phrase)]
    if not held:
        return 0.0
    return 1.0 if held[0] == 0 else 1 - AS_TYPED_WEIGHT


def _has(title: str, phrase: Phrase) -> bool:
    written = f" {' '.join(phrase.words)}"
    return (written if phrase.is_open else f"{written} ") in title


def with_stories(groups: Iterable[FoundGroup], stories: dict[int, Story]) -> tuple[FoundGroup, ...]:
    """Give the groups their stories; a story that has gone meanwhile takes its group along."""
    known = (
        group if group.story_id is None else replace(group, story=stories.get(group.story_id))
        for group in groups
    )
    return tuple(one for one in known if one.story_id is None or one.story is not None)
