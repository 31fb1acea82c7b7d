"""What people ask of feeds from chat: asked by one process, answered by one that polls."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.feed_requests import FeedAnswer, FeedRequest, FeedVerb
from bot.storage.schema import feed_requests


async def ask(
    connection: AsyncConnection,
    verb: FeedVerb,
    address: str,
    *,
    platform: str,
    workspace: str,
    now: datetime,
) -> int:
    """Put a workspace's request where a job finds it; returns its number."""
    statement = (
        feed_requests.insert()
        .values(platform=platform, workspace=workspace, verb=verb, address=address, asked_at=now)
        .returning(feed_requests.c.id)
    )
    number: int = (await connection.execute(statement)).scalar_one()
    return number


async def answer_to(
    connection: AsyncConnection, number: int, *, platform: str, workspace: str
) -> FeedAnswer | None:
    """Return the answer to a workspace's own request; None where there is none yet."""
    statement = select(feed_requests.c.answer).where(
        feed_requests.c.id == number,
        feed_requests.c.platform == platform,
        feed_requests.c.workspace == workspace,
    )
    found = (await connection.execute(statement)).scalar()
    return FeedAnswer(**found) if found else None


async def any_open(connection: AsyncConnection, *, since: datetime, now: datetime) -> bool:
    """Tell whether a request that somebody still waits for is to be answered."""
    statement = select(feed_requests.c.id).where(_open(since=since, now=now)).limit(1)
    return (await connection.execute(statement)).first() is not None


async def take(
    connection: AsyncConnection, *, since: datetime, now: datetime, lease: timedelta
) -> FeedRequest | None:
    """Take the first open request that was asked since a moment; nobody else gets it meanwhile."""
    statement = (
        select(feed_requests.c.id, feed_requests.c.verb, feed_requests.c.address)
        .where(_open(since=since, now=now))
        .order_by(feed_requests.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    mine = update(feed_requests).where(feed_requests.c.id == row.id)
    await connection.execute(mine.values(taken_until=now + lease))
    return FeedRequest(id=row.id, verb=FeedVerb(row.verb), address=row.address)


def _open(*, since: datetime, now: datetime) -> ColumnElement[bool]:
    taken = feed_requests.c.taken_until
    return (
        feed_requests.c.answer.is_(None)
        & (feed_requests.c.asked_at >= since)
        & or_(taken.is_(None), taken <= now)
    )


async def answer(connection: AsyncConnection, number: int, given: FeedAnswer) -> None:
    """Answer a request, which is not asked again after that."""
    mine = update(feed_requests).where(feed_requests.c.id == number)
    await connection.execute(mine.values(answer=asdict(given)))


async def drop(connection: AsyncConnection, *, before: datetime) -> None:
    """Drop what was asked before a moment."""
    await connection.execute(delete(feed_requests).where(feed_requests.c.asked_at < before))
