"""Stories and the entries that they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Entry, Issue, Story, StoryRef
from bot.storage import entries as entry_rows
from bot.storage import terms
from bot.storage.dialect import insert
from bot.storage.schema import entries, readings, stories

# A chain of follow-ups is told so far back.
EARLIER = 5

# Stories whose reports are asked for at once.
PART = 500

# No story goes on for longer than this: each report joins within a week or two of others.
LONGEST = timedelta(days=30)

COLUMNS = (
    stories.c.id,
    stories.c.topic,
    stories.c.headline,
    stories.c.issue,
    stories.c.lead_entry_id,
    stories.c.first_seen_at,
    stories.c.last_seen_at,
    stories.c.version,
    stories.c.peripheral,
)


async def next_id(connection: AsyncConnection) -> int:
    """Return the id that the next new story gets: ids are never used twice."""
    highest = (await connection.execute(select(func.max(stories.c.id)))).scalar()
    return (highest or 0) + 1


async def save(connection: AsyncConnection, changed: Iterable[Story]) -> None:
    """Save stories without their entries, which belong to their readings."""
    for story in changed:
        values = {column.name: getattr(story, column.name) for column in COLUMNS}
        statement = insert(connection, stories).values(**values)
        # Setting the key, even to what it is, would lock out whoever refers to the story.
        del values["id"]
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[stories.c.id], set_=values)
        )


async def locked(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, Story]:
    """Return stories without their entries; no destination is told of one until this is done."""
    chosen = _whole(withdrawn=True).where(stories.c.id.in_(sorted(ids))).order_by(stories.c.id)
    rows = await connection.execute(chosen.with_for_update())
    return {row.id: _story(row) for row in rows}


async def withdraw(connection: AsyncConnection, story_id: int, *, at: datetime | None) -> None:
    """Let a story not be told from a moment on; None lets it be told again."""
    change = update(stories).where(stories.c.id == story_id).values(withdrawn_at=at)
    await connection.execute(change)


async def is_withdrawn(connection: AsyncConnection, story_id: int) -> bool:
    """Tell whether an admin took the story back."""
    statement = select(stories.c.withdrawn_at).where(stories.c.id == story_id)
    return (await connection.execute(statement)).scalar() is not None


async def retitle(connection: AsyncConnection, story_id: int, headline: str) -> None:
    """Give a story another headline."""
    change = update(stories).where(stories.c.id == story_id).values(headline=headline)
    await connection.execute(change)


async def part(connection: AsyncConnection, story: Story, entry_id: int) -> None:
    """Take a report and its copies out of a story, for good; another one leads it if need be."""
    its_own = (readings.c.entry_id == entry_id) | (readings.c.duplicate_of == entry_id)
    change = update(readings).where(readings.c.story_id == story.id, its_own)
    await connection.execute(change.values(story_id=None, parted_from=story.id))
    if story.lead_entry_id == entry_id:
        lead = next(entry for entry in story.entries if entry.id != entry_id)
        changed = update(stories).where(stories.c.id == story.id)
        await connection.execute(changed.values(lead_entry_id=lead.id, headline=lead.title))


async def latest(
    connection: AsyncConnection,
    topic: str,
    *,
    since: datetime,
    until: datetime,
    limit: int = 500,
) -> list[Story]:
    """Return the topic's stories with a report in ``(since, until]``, the newest first."""
    statement = (
        _whole()
        .where(
            stories.c.topic == topic,
            stories.c.last_seen_at > since,
            stories.c.last_seen_at <= until,
            ~stories.c.peripheral,
        )
        .order_by(stories.c.last_seen_at.desc(), stories.c.id)
        .limit(limit)
    )
    return await _fetch(connection, statement)


async def peripheral(
    connection: AsyncConnection,
    topic: str,
    *,
    since: datetime,
    until: datetime,
    limit: int = 500,
) -> list[Story]:
    """Return the reports of ``(since, until]`` that only touch the topic, as stories of one."""
    statement = (
        _whole()
        .where(
            stories.c.topic == topic,
            stories.c.last_seen_at > since,
            stories.c.last_seen_at <= until,
            stories.c.peripheral,
        )
        .order_by(stories.c.last_seen_at.desc(), stories.c.id)
        .limit(limit)
    )
    return await _fetch(connection, statement)


async def led_by(connection: AsyncConnection, topic: str, entry_ids: Sequence[int]) -> set[int]:
    """Return which of these entries have a peripheral story of the topic."""
    statement = select(stories.c.lead_entry_id).where(
        stories.c.lead_entry_id.in_(entry_ids), stories.c.topic == topic, stories.c.peripheral
    )
    return set((await connection.execute(statement)).scalars())


async def alone(connection: AsyncConnection, topic: str, entry_id: int) -> Story | None:
    """Return the story that was made of an entry that only touches the topic."""
    statement = _whole().where(
        stories.c.lead_entry_id == entry_id, stories.c.topic == topic, stories.c.peripheral
    )
    return next(iter(await _fetch(connection, statement.limit(1))), None)


async def begun(
    connection: AsyncConnection,
    topic: str,
    *,
    since: datetime,
    until: datetime,
    issue: Issue | None,
    limit: int,
) -> list[Story]:
    """Return the topic's stories first reported in ``[since, until)``, the newest first."""
    statement = _whole().where(
        stories.c.topic == topic,
        stories.c.first_seen_at >= since,
        stories.c.first_seen_at < until,
        # Nothing is first seen later than last: lets the index of the latest stories serve.
        stories.c.last_seen_at >= since,
        ~stories.c.peripheral,
    )
    if issue is not None:
        statement = statement.where(stories.c.issue == issue)
    ordered = statement.order_by(stories.c.last_seen_at.desc(), stories.c.id).limit(limit)
    found = (await connection.execute(ordered)).all()
    told = [_story(row) for row in found]
    # In parts: a statement takes only so many parameters.
    whole: list[Story] = []
    for at in range(0, len(told), PART):
        part = told[at : at + PART]
        reports = await _reports(connection, part)
        whole += [_with(s, reports[s.id], connection) for s in part if s.id in reports]
    return whole


async def around(
    connection: AsyncConnection,
    topic: str,
    *,
    since: datetime,
    until: datetime,
    peripheral: bool = False,
    limit: int = 500,
) -> list[Story]:
    """Return the topic's stories that may have had a report in ``(since, until]``, by their ends.

    Among them are such as went on after it, for a month at most: stories do not last longer.
    ``peripheral``: those that only touch the topic instead of the others.
    """
    statement = (
        _whole()
        .where(
            stories.c.topic == topic,
            stories.c.last_seen_at > since,
            stories.c.last_seen_at <= until + LONGEST,
            stories.c.first_seen_at <= until,
            stories.c.peripheral if peripheral else ~stories.c.peripheral,
        )
        .order_by(stories.c.last_seen_at, stories.c.id)
        .limit(limit)
    )
    return await _fetch(connection, statement)


async def by_ids(
    connection: AsyncConnection, ids: Sequence[int], *, withdrawn: bool = False
) -> dict[int, Story]:
    """Return the stories of these ids, with their entries; withdrawn ones only on demand."""
    found = await _fetch(connection, _whole(withdrawn=withdrawn).where(stories.c.id.in_(ids)))
    return {story.id: story for story in found}


async def get(
    connection: AsyncConnection, story_id: int, *, withdrawn: bool = False
) -> Story | None:
    """Return a story, or the one that it was merged into; None where there is none.

    A withdrawn story is returned only on demand.
    """
    target = func.coalesce(stories.c.merged_into, stories.c.id)
    found = (await connection.execute(select(target).where(stories.c.id == story_id))).scalar()
    if found is None:
        return None
    return (await by_ids(connection, [found], withdrawn=withdrawn)).get(found)


def _whole(*, withdrawn: bool = False) -> Select[Any]:
    """Select stories that no other holds, and that were not withdrawn unless asked for."""
    whole = select(*COLUMNS).where(stories.c.merged_into.is_(None))
    return whole if withdrawn else whole.where(stories.c.withdrawn_at.is_(None))


async def _fetch(connection: AsyncConnection, statement: Select[Any]) -> list[Story]:
    found = [_story(row) for row in (await connection.execute(statement)).all()]
    reports = await _reports(connection, found)
    earlier = await _earlier(connection, found)
    # A story that is left with copies only has nothing to tell.
    return [
        replace(_with(story, reports[story.id], connection), earlier=tuple(earlier[story.id]))
        for story in found
        if story.id in reports
    ]


def _with(story: Story, reports: Sequence[Entry], connection: AsyncConnection) -> Story:
    """Return a story with its reports; another one leads it where its own may not be shown."""
    whole = replace(story, entries=tuple(reports))
    leads = any(entry.id == story.lead_entry_id for entry in reports)
    if leads or not terms.terms_of(connection).excluded:
        return whole
    return replace(whole, headline=reports[0].title, lead_entry_id=reports[0].id)


async def _earlier(
    connection: AsyncConnection, found: Sequence[Story]
) -> dict[int, list[StoryRef]]:
    """Return the stories that each one follows, step by step, the latest first."""
    chains: dict[int, list[StoryRef]] = {story.id: [] for story in found}
    ends = {story.id: story.id for story in found}
    for _ in range(EARLIER):
        links = await _followed(connection, ends.values())
        for story_id, end in list(ends.items()):
            ref = links.get(end)
            if ref is None or ref.id == story_id or ref in chains[story_id]:
                del ends[story_id]
            else:
                chains[story_id].append(ref)
                ends[story_id] = ref.id
        if not ends:
            break
    return chains


async def _followed(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, StoryRef]:
    """Return the story that each of these follows, or what that was merged into.

    None that was withdrawn, or that an outlet leads of which nothing may be shown.
    """
    named, kept = stories.alias(), stories.alias()
    statement = (
        select(stories.c.id.label("later"), kept.c.id, kept.c.headline, kept.c.last_seen_at)
        .join(named, named.c.id == stories.c.follows)
        .join(kept, kept.c.id == func.coalesce(named.c.merged_into, named.c.id))
        # Its headline is its leading report's.
        .join(entries, entries.c.id == kept.c.lead_entry_id)
        .where(
            stories.c.id.in_(list(set(ids))),
            kept.c.withdrawn_at.is_(None),
            *terms.shown(connection),
        )
    )
    return {
        row.later: StoryRef(id=row.id, headline=row.headline, last_seen_at=row.last_seen_at)
        for row in await connection.execute(statement)
    }


def _story(row: Row[Any]) -> Story:
    return Story(**{**row._mapping, "issue": Issue(row.issue)})


async def _reports(connection: AsyncConnection, found: Sequence[Story]) -> dict[int, list[Entry]]:
    """Return the stories' entries without copies, in order of publication."""
    reports: dict[int, list[Entry]] = {}
    statement = (
        select(readings.c.story_id, readings.c.language.label("read_as"), *entry_rows.COLUMNS)
        .join(entries, entries.c.id == readings.c.entry_id)
        .where(
            readings.c.story_id.in_([story.id for story in found]),
            or_(readings.c.duplicate_of.is_(None), *terms.of_hidden(connection)),
            *terms.shown(connection),
        )
        .order_by(entries.c.published_at, entries.c.id)
    )
    for row in await connection.execute(statement):
        reports.setdefault(row.story_id, []).append(terms.as_allowed(connection, _entry(row)))
    if lone := [story for story in found if story.peripheral]:
        reports |= await _lone_reports(connection, lone)
    return reports


async def _lone_reports(
    connection: AsyncConnection, found: Sequence[Story]
) -> dict[int, list[Entry]]:
    """Return the report of each peripheral story, unless another story holds it by now."""
    statement = (
        select(stories.c.id.label("told_by"), readings.c.language.label("read_as"))
        .add_columns(*entry_rows.COLUMNS)
        .join(entries, entries.c.id == stories.c.lead_entry_id)
        .join(
            readings, (readings.c.entry_id == entries.c.id) & (readings.c.topic == stories.c.topic)
        )
        .where(
            stories.c.id.in_([story.id for story in found]),
            readings.c.story_id.is_(None),
            readings.c.duplicate_of.is_(None),
            *terms.shown(connection),
        )
    )
    allowed = partial(terms.as_allowed, connection)
    return {row.told_by: [allowed(_entry(row))] for row in await connection.execute(statement)}


def _entry(row: Row[Any]) -> Entry:
    values = {column.name: row._mapping[column] for column in entry_rows.COLUMNS}
    return Entry(**values | {"language": row.read_as})
