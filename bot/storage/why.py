"""What explanations need: entries by id or address, and what digests told of a story.

Whatever names a subscription takes the scope of the one who asks (``Scope``), in the SQL.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import DeliveryStatus, Destination, Entry, ItemKind, Subscription
from bot.domain.standing import Written
from bot.domain.why import Scope
from bot.storage import entries as entry_rows
from bot.storage import subscriptions as subscription_rows
from bot.storage import terms
from bot.storage.pruned_items import guid_hash
from bot.storage.schema import (
    deliveries,
    digests,
    entries,
    feeds,
    pruned_items,
    subscriptions,
    told,
)

# One report may come by several feeds; more of the same address say nothing new.
MOST_ALIKE = 10

# Digests looked through of one subscription: two months of daily ones, four days of hourly.
MOST_DIGESTS = 100

# Workspaces that an operator is told of: the bench's largest instance has fewer.
MOST_WORKSPACES = 1_000

# From the best that can become of a message to the worst: a digest has arrived when all have.
FROM_BEST = (
    DeliveryStatus.SENT,
    DeliveryStatus.PENDING,
    DeliveryStatus.SENDING,
    DeliveryStatus.HELD,
    DeliveryStatus.UNCERTAIN,
    DeliveryStatus.FAILED,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenant:
    """A workspace with its subscriptions; ``has_left``: it has removed the bot."""

    has_left: bool
    subscriptions: tuple[Subscription, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LastTold:
    """Which version of a story a destination was told last, and when."""

    version: int
    told_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A story as a digest told it. ``entries`` are the ids of the reports it listed."""

    story_id: int
    version: int
    kind: ItemKind
    entries: frozenset[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A digest as it was written, as far as explanations need it; items in its order."""

    written: Written
    items: tuple[Item, ...]


async def entry(connection: AsyncConnection, entry_id: int) -> Entry | None:
    """Return an entry; None where there is none, or none that may be shown."""
    chosen = select(*entry_rows.COLUMNS).where(entries.c.id == entry_id, *terms.shown(connection))
    row = (await connection.execute(chosen)).first()
    return terms.as_allowed(connection, Entry(**row._mapping)) if row else None


async def entries_at(connection: AsyncConnection, urls: Collection[str]) -> list[Entry]:
    """Return the entries of an article's addresses, the first seen first."""
    statement = (
        select(*entry_rows.COLUMNS)
        .where(entries.c.url.in_(urls), *terms.shown(connection))
        .order_by(entries.c.seen_at, entries.c.id)
        .limit(MOST_ALIKE)
    )
    rows = await connection.execute(statement)
    return [terms.as_allowed(connection, Entry(**row._mapping)) for row in rows]


async def was_dropped(connection: AsyncConnection, urls: Collection[str]) -> bool:
    """Tell whether an entry that a feed named by such an address was dropped with age."""
    statement = (
        select(pruned_items.c.feed_id)
        .where(
            pruned_items.c.feed_id.in_(select(feeds.c.id)),
            pruned_items.c.guid_hash.in_([guid_hash(url) for url in urls]),
        )
        .limit(1)
    )
    return (await connection.execute(statement)).first() is not None


async def tenants(connection: AsyncConnection, scope: Scope | None) -> list[Tenant]:
    """Return the workspaces within a scope (None: the operator's, which is everything)."""
    statement = (
        select(
            subscriptions.c.platform,
            subscriptions.c.workspace,
            subscription_rows.PRESENT.label("is_present"),
        )
        .where(_within(subscriptions, scope))
        .distinct()
        .order_by(subscriptions.c.platform, subscriptions.c.workspace)
        .limit(MOST_WORKSPACES)
    )
    found = []
    for row in (await connection.execute(statement)).all():
        mine = await subscription_rows.of_workspace(connection, row.platform, row.workspace)
        chosen = (
            s for s in mine if scope is None or scope.channel in {None, s.destination.channel}
        )
        found.append(Tenant(has_left=not row.is_present, subscriptions=tuple(chosen)))
    return found


def _within(owned: Table, scope: Scope | None) -> ColumnElement[bool]:
    if scope is None:
        return true()
    own = [owned.c.platform == scope.platform, owned.c.workspace == scope.workspace]
    if scope.channel is not None:
        own.append(owned.c.channel == scope.channel)
    return and_(*own)


async def last_told(
    connection: AsyncConnection, story_id: int, scope: Scope | None
) -> dict[Destination, LastTold]:
    """Return what each destination within a scope was last told of a story."""
    statement = select(told).where(told.c.story_id == story_id, _within(told, scope))
    return {
        Destination(platform=row.platform, workspace=row.workspace, channel=row.channel): LastTold(
            version=row.version, told_at=row.told_at
        )
        for row in await connection.execute(statement)
    }


async def documents(
    connection: AsyncConnection,
    subscription: Subscription,
    topic: str,
    *,
    since: datetime,
    until: datetime,
) -> list[Document]:
    """Return a subscription's digests of a topic whose slots lie within, in their order."""
    own = subscription.destination
    statement = (
        select(digests.c.slot_at, digests.c.document)
        .join(subscriptions, subscriptions.c.id == digests.c.subscription_id)
        .where(
            digests.c.subscription_id == subscription.id,
            # The id alone is never enough: the workspace is the caller's own.
            subscriptions.c.platform == own.platform,
            subscriptions.c.workspace == own.workspace,
            digests.c.topic == topic,
            digests.c.slot_at >= since,
            digests.c.slot_at <= until,
        )
        .order_by(digests.c.slot_at)
        .limit(MOST_DIGESTS)
    )
    return [_document(row.slot_at, row.document) for row in await connection.execute(statement)]


def _document(slot_at: datetime, stored: Mapping[str, Any]) -> Document:
    items = tuple(map(_item, stored["items"]))
    return Document(
        written=Written(
            slot_at=slot_at,
            since=datetime.fromisoformat(stored["since"]),
            until=datetime.fromisoformat(stored["until"]),
            versions={item.story_id: item.version for item in items},
            left_out=stored["stories_left_out"],
            breaking=stored.get("breaking", False),
        ),
        items=items,
    )


def _item(stored: Mapping[str, Any]) -> Item:
    return Item(
        story_id=stored["story_id"],
        version=stored["story_version"],
        kind=ItemKind(stored["kind"]),
        entries=frozenset(source["entry_id"] for source in stored["sources"]),
    )


async def delivered(
    connection: AsyncConnection, subscription_id: int, slots: Sequence[datetime]
) -> dict[datetime, DeliveryStatus]:
    """Return the worst that became of the messages of a subscription's slots."""
    statement = select(deliveries.c.slot_at, deliveries.c.status).where(
        deliveries.c.subscription_id == subscription_id,
        deliveries.c.slot_at.in_(slots),
        ~deliveries.c.notice,
    )
    worst: dict[datetime, DeliveryStatus] = {}
    for row in await connection.execute(statement):
        status = DeliveryStatus(row.status)
        worst[row.slot_at] = _worse(status, worst.get(row.slot_at, status))
    return worst


def _worse(one: DeliveryStatus, other: DeliveryStatus) -> DeliveryStatus:
    return max(one, other, key=FROM_BEST.index)
