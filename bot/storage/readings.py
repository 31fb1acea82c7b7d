"""Readings: what was understood of each entry, and which story holds it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, case, null, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Entry, Issue, Reading
from bot.storage import entries as entry_rows
from bot.storage import facts
from bot.storage.dialect import insert
from bot.storage.schema import entries, readings

# The fact that names the last batch that was read: who reads on must know of it.
SEAL = "last batch read"

COLUMNS = tuple(readings.c[field.name] for field in fields(Reading))


async def save(connection: AsyncConnection, read: Iterable[Reading]) -> None:
    """Save readings; a second reading of an entry replaces the first.

    An entry that was taken out of a story does not join that one again.
    """
    for reading in read:
        values = asdict(reading) | {
            "reasons": list(reading.reasons),
            "entities": list(reading.entities),
        }
        statement = insert(connection, readings).values(**values)
        joined = statement.excluded.story_id
        kept_out = case((readings.c.parted_from == joined, null()), else_=joined)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[readings.c.entry_id, readings.c.topic],
                set_=values | {"story_id": kept_out},
            )
        )


async def break_seal(connection: AsyncConnection) -> None:
    """Let every process load what it remembers of the stories anew, before it reads on."""
    await facts.save(connection, SEAL, uuid4().hex)


async def move(connection: AsyncConnection, topic: str, moved: Mapping[int, int]) -> dict[int, int]:
    """Give entries (entry id → story id), and all the rest of their stories, to other stories.

    Returns the stories that were left, each with the story that its entries went to.
    """
    of_topic = readings.c.topic == topic
    holds = select(readings.c.entry_id, readings.c.story_id).where(
        of_topic, readings.c.entry_id.in_(list(moved)), readings.c.story_id.is_not(None)
    )
    left = {row.story_id: moved[row.entry_id] for row in await connection.execute(holds)}
    left = {old: new for old, new in left.items() if old != new}
    for old, new in left.items():
        await connection.execute(
            update(readings).where(readings.c.story_id == old, of_topic).values(story_id=new)
        )
    return left


async def remembered(
    connection: AsyncConnection,
    topic: str,
    *,
    since: datetime,
    before: Entry | None = None,
) -> list[tuple[Entry, Reading]]:
    """Return the topic's readings of entries seen since a moment, in order of arrival.

    Of those that came ``before`` an entry only the ones that stories hold.
    """
    statement = (
        select(
            *(column.label(f"e_{column.name}") for column in entry_rows.COLUMNS),
            *(column.label(f"r_{column.name}") for column in COLUMNS),
        )
        .join(readings, readings.c.entry_id == entries.c.id)
        .where(readings.c.topic == topic, entries.c.seen_at >= since)
        .order_by(entries.c.seen_at, entries.c.published_at, entries.c.id)
    )
    if before is not None:
        # In order of arrival, as entries.unread hands them out.
        order = tuple_(entries.c.seen_at, entries.c.published_at, entries.c.id)
        arrived = tuple_(before.seen_at, before.published_at, before.id)
        statement = statement.where(
            entries.c.seen_at <= before.seen_at,
            order < arrived,
            readings.c.story_id.is_not(None),
        )
    rows = (await connection.execute(statement)).all()
    return [(Entry(**_prefixed(row, "e_")), _reading(_prefixed(row, "r_"))) for row in rows]


def _prefixed(row: Row[Any], prefix: str) -> dict[str, Any]:
    return {
        key.removeprefix(prefix): value
        for key, value in row._mapping.items()
        if key.startswith(prefix)
    }


def _reading(values: dict[str, Any]) -> Reading:
    values["issue"] = Issue(values["issue"])
    values["reasons"] = tuple(values["reasons"])
    values["entities"] = tuple(values["entities"])
    return Reading(**values)


async def issues_of(
    connection: AsyncConnection, story_ids: Collection[int]
) -> dict[int, list[Issue]]:
    """Return the issues that each story's reports were read as; copies do not count."""
    statement = select(readings.c.story_id, readings.c.issue).where(
        readings.c.story_id.in_(story_ids), readings.c.duplicate_of.is_(None)
    )
    found: dict[int, list[Issue]] = {}
    for row in await connection.execute(statement):
        found.setdefault(row.story_id, []).append(Issue(row.issue))
    return found


async def of_story(connection: AsyncConnection, story_id: int) -> list[Reading]:
    """Return the readings of a story's entries, copies included, in order of arrival."""
    statement = (
        select(*COLUMNS).where(readings.c.story_id == story_id).order_by(readings.c.entry_id)
    )
    return [_reading(dict(row._mapping)) for row in await connection.execute(statement)]


async def of_entry(connection: AsyncConnection, entry_id: int) -> list[Reading]:
    """Return an entry's readings, one for each topic, in the topics' order."""
    statement = select(*COLUMNS).where(readings.c.entry_id == entry_id).order_by(readings.c.topic)
    return [_reading(dict(row._mapping)) for row in await connection.execute(statement)]
