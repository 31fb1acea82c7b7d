"""Searching the stored reports: stories with the reports that match. Reads the database only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from bot.commands.news import find_topic, parse_since
from bot.domain.compose import compose_item
from bot.domain.errors import InputError
from bot.domain.model import Digest, DigestItem, Entry, Issue, ItemKind, Language, Story, Summary
from bot.domain.outlets import Outlets
from bot.domain.search import Filters, FoundGroup, Query, group, with_stories
from bot.domain.topic import Topic
from bot.storage import search as index
from bot.storage import search_index, stories
from bot.storage.database import Database

# So many of the newest reports in stories are ranked, and of those in none: far more than
# anybody reads, and few enough to rank in some milliseconds.
MOST_TOLD = 200
MOST_LOOSE = 50

DEFAULT_LIMIT = 10

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LANGUAGE = re.compile(r"[a-z]{2}")
COUNTRY = re.compile(r"[A-Z]{2}")

# What a lone report has in place of a story's id.
NO_STORY = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchOptions:
    """What a user narrows a search by, as it was written; None where it was not."""

    topic: str | None = None
    since: str | None = None
    until: str | None = None
    issue: str | None = None
    outlet: str | None = None
    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    """What to look for; ``limit`` bounds the stories and lone reports together."""

    query: Query
    filters: Filters = field(default_factory=Filters)
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """What was found, the best first.

    ``left_out`` counts what was found beyond the limit; ``waiting`` the entries that the
    index does not have yet.
    """

    query: Query
    groups: tuple[FoundGroup, ...]
    left_out: int = 0
    waiting: int = 0


async def search(database: Database, request: SearchRequest, *, now: datetime) -> SearchResult:
    """Return the stories and lone reports that match, each story once."""
    query, filters = request.query, request.filters
    # A report that no story holds has neither topic nor issue.
    loose = MOST_LOOSE if filters.topic is None and filters.issue is None else 0
    async with database.read() as connection:
        hits = await index.newest(connection, query, filters, told=MOST_TOLD, loose=loose)
        groups = group(hits, query, now=now)
        chosen = groups[: request.limit]
        ids = [one.story_id for one in chosen if one.story_id is not None]
        known = await stories.by_ids(connection, ids)
        waiting = await search_index.waiting(connection)
    return SearchResult(
        query=query,
        groups=with_stories(chosen, known),
        left_out=len(groups) - len(chosen),
        waiting=waiting,
    )


def read_filters(
    options: SearchOptions,
    *,
    topics: Mapping[str, Topic],
    outlets: Outlets,
    zone: str,
    now: datetime,
) -> Filters:
    """Return the filters that options stand for.

    Times are durations before now (``7d``) or days in the zone (``2026-11-01``). Raises
    InputError, or NotFoundError for a topic, with the mend.
    """
    since = _moment(options.since, zone=zone, now=now)
    until = _moment(options.until, zone=zone, now=now, is_end=True)
    if since is not None and until is not None and since > until:
        raise InputError("The time ends before it begins: give an earlier since or a later until.")
    return Filters(
        topic=find_topic(topics, options.topic).id if options.topic else None,
        issue=find_issue(options.issue) if options.issue else None,
        since=since,
        until=until,
        outlet=_outlet(options.outlet, outlets) if options.outlet else None,
        country=_code(options.country, COUNTRY, "country", "KR or JP") if options.country else None,
        language=_code(options.language, LANGUAGE, "language", "en, ja or ko")
        if options.language
        else None,
    )


def _moment(text: str | None, *, zone: str, now: datetime, is_end: bool = False) -> datetime | None:
    if not text:
        return None
    if not DAY.fullmatch(text.strip()):
        return now - parse_since(text)
    try:
        day = datetime.combine(datetime.fromisoformat(text.strip()), time(), ZoneInfo(zone))
        return day + timedelta(days=1, microseconds=-1) if is_end else day
    except (ValueError, OverflowError) as error:
        raise InputError(f'"{text}" is no day: write one such as 2026-11-01.') from error


def find_issue(text: str) -> Issue:
    """Return the issue of that name, or the only one that has the text in its name."""
    wanted = text.strip().casefold()
    found = [issue for issue in Issue if wanted == issue.value]
    found = found or [issue for issue in Issue if wanted and wanted in issue.value]
    if len(found) == 1:
        return found[0]
    known = ", ".join(issue.value for issue in found or Issue)
    raise InputError(f"“{text}” is not one issue: write one of {known}.")


def _outlet(text: str, outlets: Outlets) -> str:
    """Return the id of the card, or the name of an outlet that has none."""
    if card := outlets.named(text):
        return card.id
    if close := get_close_matches(text, outlets.names, n=1):
        raise InputError(f"There is no outlet “{text}”: did you mean {close[0]}?")
    return text


def _code(text: str, shape: re.Pattern[str], what: str, examples: str) -> str:
    code = text.strip().lower() if shape is LANGUAGE else text.strip().upper()
    if not shape.fullmatch(code):
        raise InputError(f"“{text}” is no {what} code: write two letters, such as {examples}.")
    return code


def as_document(
    result: SearchResult,
    *,
    title: str,
    sides: tuple[str, str],
    language: Language,
    zone: str,
    now: datetime,
) -> Digest:
    """Return what was found as the document that every platform renders.

    A story is told by its headline and the reports that match; a lone report has no story's
    id (``NO_STORY``).
    """
    items = tuple(_item(found) for found in result.groups)
    sources = [source for item in items for source in item.sources]
    return Digest(
        topic="search",
        topic_title=title,
        sides=sides,
        language=language,
        zone=zone,
        since=min((source.published_at for source in sources), default=now),
        until=now,
        items=items,
        stories_left_out=result.left_out,
        entries_read=len(sources),
        outlets_read=len({source.outlet_name for source in sources}),
    )


def _item(found: FoundGroup) -> DigestItem:
    story = found.story or _alone(found.reports[0])
    lead = next((e for e in story.entries if e.id == story.lead_entry_id), found.reports[0])
    headline = Summary(
        language=lead.language or "", headline=story.headline, sentences=(), method="headline"
    )
    return compose_item(replace(story, entries=found.reports), ItemKind.NEW, headline)


def _alone(report: Entry) -> Story:
    return Story(
        id=NO_STORY,
        topic="",
        headline=report.title,
        issue=Issue.OTHER,
        lead_entry_id=report.id,
        first_seen_at=report.published_at,
        last_seen_at=report.published_at,
        entries=(report,),
    )
