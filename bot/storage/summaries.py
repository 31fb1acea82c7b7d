"""Summaries, kept so that the same story is not summarized twice."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Summary
from bot.storage import documents
from bot.storage.dialect import insert
from bot.storage.schema import summaries

# A NUL as JSON writes it, and what stands for the method of a summary that has one.
NUL = r"\u0000"
UNREADABLE = "unreadable"


async def get(
    connection: AsyncConnection, story_id: int, language: str, fingerprint: str
) -> Summary | None:
    """Return the summary made of exactly these texts, or None."""
    statement = select(summaries.c.summary).where(
        summaries.c.story_id == story_id,
        summaries.c.language == language,
        summaries.c.fingerprint == fingerprint,
    )
    row = (await connection.execute(statement)).first()
    summary: Summary | None = documents.load(Summary, row.summary) if row else None
    return summary


async def latest(
    connection: AsyncConnection, story_ids: Sequence[int], language: str
) -> dict[int, Summary]:
    """Return the stories' summaries in this language, where digests have made them."""
    statement = select(summaries.c.story_id, summaries.c.summary).where(
        summaries.c.story_id.in_(story_ids), summaries.c.language == language
    )
    rows = await connection.execute(statement)
    return {row.story_id: documents.load(Summary, row.summary) for row in rows}


async def of_story(connection: AsyncConnection, story_id: int) -> dict[str, Summary]:
    """Return a story's summaries by their languages, where digests have made them."""
    statement = select(summaries.c.language, summaries.c.summary).where(
        summaries.c.story_id == story_id
    )
    rows = await connection.execute(statement.order_by(summaries.c.language))
    return {row.language: documents.load(Summary, row.summary) for row in rows}


async def count_by_method(connection: AsyncConnection) -> dict[str, int]:
    """Return how many of the summaries that are kept came to be in which way."""
    # Postgres takes two of the same expression for different ones where they hold parameters.
    each = select(method().label("method")).subquery()
    statement = select(each.c.method, func.count().label("count")).group_by(each.c.method)
    rows = await connection.execute(statement.order_by(each.c.method))
    return {row.method: row._mapping["count"] for row in rows}


def method() -> ColumnElement[str]:
    """Return how a summary that is kept came to be."""
    # Postgres keeps a NUL in a JSON document, and then refuses to look into it.
    unreadable = cast(summaries.c.summary, Text).contains(NUL, autoescape=True)
    return case((unreadable, UNREADABLE), else_=summaries.c.summary["method"].as_string())


async def save(
    connection: AsyncConnection, story_id: int, language: str, fingerprint: str, summary: Summary
) -> None:
    """Keep the story's summary in this language; the one before it goes."""
    values = {"fingerprint": fingerprint, "summary": documents.dump(summary)}
    statement = insert(connection, summaries).values(story_id=story_id, language=language, **values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[summaries.c.story_id, summaries.c.language], set_=values
        )
    )
