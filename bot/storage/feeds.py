"""Feeds and what is remembered of them between polls."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Feed, FeedSpec, FeedState
from bot.storage import turns
from bot.storage.dialect import insert
from bot.storage.schema import feeds

# The columns of a Feed and of a FeedState, which share the table's id.
FEED = (
    feeds.c.id,
    feeds.c.url,
    feeds.c.name,
    feeds.c.outlet,
    feeds.c.language,
    feeds.c.country,
    feeds.c.zone,
)
STATE = (
    feeds.c.etag,
    feeds.c.last_modified,
    feeds.c.next_check_at,
    feeds.c.checked_at,
    feeds.c.succeeded_at,
    feeds.c.failures,
    feeds.c.problem,
    feeds.c.gone,
)

FeedAndState = tuple[Feed, FeedState]


async def sync_configured(
    connection: AsyncConnection,
    specs: Sequence[FeedSpec],
    *,
    countries: Mapping[str, str],
    now: datetime,
) -> None:
    """Make the table follow ``config/feeds.toml``.

    Feeds that the file names anew are added, those it names no longer are no longer
    polled; what a user added or removed by command stays as it is. ``countries`` maps
    outlet ids to their countries.
    """
    # A user's removal outlives a restart; one by the file ends when the file names it again.
    removed = case((feeds.c.configured, feeds.c.removed), else_=False)
    for spec in specs:
        kept = {"configured": True, "removed": removed, "named_url": spec.url}
        await _upsert(connection, spec, countries, kept, now=now)
    named = [spec.url for spec in specs]
    dropped = feeds.c.configured & feeds.c.named_url.not_in(named)
    await connection.execute(update(feeds).where(dropped).values(removed=True, configured=False))


async def add(
    connection: AsyncConnection, spec: FeedSpec, *, countries: Mapping[str, str], now: datetime
) -> Feed:
    """Add a feed, or bring a removed one back; returns it."""
    await _upsert(connection, spec, countries, {"removed": False, "gone": False}, now=now)
    row = (await connection.execute(select(*FEED).where(_at(spec.url)))).one()
    return _feed(row)


async def _upsert(
    connection: AsyncConnection,
    spec: FeedSpec,
    countries: Mapping[str, str],
    if_known: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    described = asdict(spec) | {"country": countries.get(spec.outlet or "")}
    url = described.pop("url")
    known = update(feeds).where(_at(url)).values(**described, **if_known)
    if (await connection.execute(known.returning(feeds.c.id))).first() is not None:
        return
    fresh = {
        "configured": if_known.get("configured", False),
        "removed": False,
        "failures": 0,
        "gone": False,
        "created_at": now,
    }
    statement = insert(connection, feeds).values(url=url, named_url=url, **described, **fresh)
    # Two processes that start at once both name it: the second one has nothing to add.
    await connection.execute(statement.on_conflict_do_nothing())


def _at(url: str) -> ColumnElement[bool]:
    return or_(feeds.c.url == url, feeds.c.named_url == url)


async def remove(connection: AsyncConnection, url: str) -> bool:
    """Stop polling a feed; its entries stay. Returns False where there is no such feed."""
    statement = (
        update(feeds).where(_at(url), ~feeds.c.removed).values(removed=True).returning(feeds.c.id)
    )
    return (await connection.execute(statement)).first() is not None


async def feeds_due(connection: AsyncConnection, now: datetime) -> list[FeedAndState]:
    """Return the feeds whose next check has come, the longest waiting first."""
    due = or_(feeds.c.next_check_at.is_(None), feeds.c.next_check_at <= now)
    return await _fetch(connection, _polled().where(due, ~feeds.c.gone))


async def all_feeds(connection: AsyncConnection) -> list[FeedAndState]:
    """Return every feed that is polled, and the dead ones, in order of their names."""
    return await _fetch(connection, _polled().order_by(None).order_by(feeds.c.name, feeds.c.id))


def _polled() -> Select[*tuple[object, ...]]:
    order = (feeds.c.next_check_at.asc().nulls_first(), feeds.c.id)
    return select(*FEED, *STATE).where(~feeds.c.removed).order_by(*order)


async def _fetch(
    connection: AsyncConnection, statement: Select[*tuple[object, ...]]
) -> list[FeedAndState]:
    rows = (await connection.execute(statement)).all()
    return [(_feed(row), _state(row)) for row in rows]


def _feed(row: Row[*tuple[object, ...]]) -> Feed:
    return Feed(**{column.name: row._mapping[column] for column in FEED})


def _state(row: Row[*tuple[object, ...]]) -> FeedState:
    values = {column.name: row._mapping[column] for column in STATE}
    return FeedState(feed_id=row._mapping[feeds.c.id], **values)


async def save_state(connection: AsyncConnection, state: FeedState) -> None:
    """Save what a poll found. Call it in the transaction that saves the entries."""
    values = asdict(state)
    feed_id = values.pop("feed_id")
    await connection.execute(update(feeds).where(feeds.c.id == feed_id).values(**values))


async def save_moved(connection: AsyncConnection, feed_id: int, url: str) -> bool:
    """Give the feed its new address; returns False where another feed has it already."""
    await turns.feed_addresses(connection)
    taken = (await connection.execute(select(feeds.c.id).where(feeds.c.url == url))).first()
    if taken is not None:
        return False
    await connection.execute(update(feeds).where(feeds.c.id == feed_id).values(url=url))
    return True


async def answers(
    connection: AsyncConnection, countries: Sequence[str]
) -> dict[str, list[datetime | None]]:
    """Return, by country, when a feed of each of its outlets answered last (None: never).

    Feeds that are no longer polled do not count.
    """
    outlet = func.coalesce(feeds.c.outlet, feeds.c.url)
    statement = (
        select(feeds.c.country, func.max(feeds.c.succeeded_at).label("answered_at"))
        .where(feeds.c.country.in_(countries), ~feeds.c.removed, ~feeds.c.gone)
        .group_by(feeds.c.country, outlet)
    )
    found: dict[str, list[datetime | None]] = {country: [] for country in countries}
    for row in await connection.execute(statement):
        found[row.country].append(row.answered_at)
    return found
