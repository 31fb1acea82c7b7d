"""Searching the stored reports: stories with the reports that match. Reads the database only."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.search import Filters, FoundGroup, Query, group, with_stories
from bot.storage import search as index
from bot.storage import stories
from bot.storage.database import Database

# So many of the newest reports in stories are ranked, and of those in none: far more than
# anybody reads, and few enough to rank in some milliseconds.
MOST_TOLD = 200
MOST_LOOSE = 50

DEFAULT_LIMIT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    """What to look for; ``limit`` bounds the stories and lone reports together."""

    query: Query
    filters: Filters = field(default_factory=Filters)
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """What was found, the best first. ``left_out`` counts what was found beyond the limit."""

    query: Query
    groups: tuple[FoundGroup, ...]
    left_out: int = 0


async def search(database: Database, request: SearchRequest, *, now: datetime) -> SearchResult:
    """Return the stories and lone reports that match, each story once."""
    query, filters = request.query, request.filters
    async with database.read() as connection:
        is_any = filters.topic is None and filters.issue is None
        hits = await index.newest(
            connection, query, filters, told=MOST_TOLD, loose=MOST_LOOSE if is_any else 0
        )
        groups = group(hits, query, now=now)
        chosen = groups[: request.limit]
        ids = [one.story_id for one in chosen if one.story_id is not None]
        known = await stories.by_ids(connection, ids)
    return SearchResult(
        query=query,
        groups=with_stories(chosen, known),
        left_out=len(groups) - len(chosen),
    )
