"""Digests as they were written, and what each destination has been told."""

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Destination, Digest
from bot.storage import documents
from bot.storage.dialect import insert
from bot.storage.schema import deliveries, digests, subscriptions, told

# SQLite takes 32,766 values in one statement; half of them leaves room for the stories.
MOST_PARAMETERS = 16_000


async def save(
    connection: AsyncConnection,
    subscription_ids: Sequence[int],
    digest: Digest,
    *,
    slot_at: datetime,
    now: datetime,
) -> None:
    """Save a digest for each subscription. Call it in the transaction of its deliveries."""
    document = documents.dump(digest)
    rows = [
        {
            "subscription_id": number,
            "topic": digest.topic,
            "slot_at": slot_at,
            "document": document,
            "created_at": now,
        }
        for number in subscription_ids
    ]
    await connection.execute(digests.insert(), rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """The digests of a subscription's slot, one for each topic, in the order of their parts."""

    subscription_id: int
    slot_at: datetime
    digests: tuple[Digest, ...]


async def posted_with(connection: AsyncConnection, story_ids: Collection[int]) -> list[Posted]:
    """Return the digests that told any of these stories, with the others of their slots."""
    told_there = exists().where(
        told.c.story_id.in_(sorted(story_ids)),
        told.c.platform == subscriptions.c.platform,
        told.c.workspace == subscriptions.c.workspace,
        told.c.channel == subscriptions.c.channel,
    )
    statement = (
        select(digests.c.subscription_id, digests.c.slot_at, digests.c.document)
        .join(subscriptions, subscriptions.c.id == digests.c.subscription_id)
        .where(told_there)
        .order_by(digests.c.id)
    )
    found: dict[tuple[int, datetime], list[Digest]] = {}
    for row in await connection.execute(statement):
        document = documents.load(Digest, row.document)
        found.setdefault((row.subscription_id, row.slot_at), []).append(document)
    wanted = set(story_ids)
    return [
        Posted(subscription_id=number, slot_at=slot_at, digests=tuple(made))
        for (number, slot_at), made in found.items()
        if any(item.story_id in wanted for digest in made for item in digest.items)
    ]


async def latest_to(
    connection: AsyncConnection, destination: Destination, topic: str, *, limit: int
) -> list[tuple[str, Digest]]:
    """Return a destination's last digests of a topic with their deliveries' keys, newest first.

    For destinations to which each digest is one message: of several topics in a slot each
    is the part of its place.
    """
    mine = (
        subscriptions.c.platform == destination.platform,
        subscriptions.c.workspace == destination.workspace,
        subscriptions.c.channel == destination.channel,
    )
    earlier = digests.alias("earlier")
    place = (
        select(func.count())
        .where(
            earlier.c.subscription_id == digests.c.subscription_id,
            earlier.c.slot_at == digests.c.slot_at,
            earlier.c.id < digests.c.id,
        )
        .scalar_subquery()
    )
    its_part = (
        (deliveries.c.subscription_id == digests.c.subscription_id)
        & (deliveries.c.slot_at == digests.c.slot_at)
        & (deliveries.c.part == place)
    )
    statement = (
        select(deliveries.c.key, digests.c.document)
        .join(subscriptions, subscriptions.c.id == digests.c.subscription_id)
        .join(deliveries, its_part)
        .where(*mine, digests.c.topic == topic)
        .order_by(digests.c.slot_at.desc())
        .limit(limit)
    )
    rows = await connection.execute(statement)
    return [(row.key, documents.load(Digest, row.document)) for row in rows]


async def told_versions(connection: AsyncConnection, destination: Destination) -> dict[int, int]:
    """Return the version of each story that the destination was told last."""
    statement = select(told.c.story_id, told.c.version).where(
        told.c.platform == destination.platform,
        told.c.workspace == destination.workspace,
        told.c.channel == destination.channel,
    )
    return {row.story_id: row.version for row in await connection.execute(statement)}


async def told_to(
    connection: AsyncConnection, destinations: Collection[Destination], story_ids: Collection[int]
) -> dict[Destination, dict[int, int]]:
    """Return what each destination was told of these stories: story id → version."""
    found: dict[Destination, dict[int, int]] = {wanted: {} for wanted in destinations}
    channels = sorted({wanted.channel for wanted in destinations})
    for start in range(0, len(channels), MOST_PARAMETERS):
        some = channels[start : start + MOST_PARAMETERS]
        statement = select(*told.c).where(
            told.c.story_id.in_(sorted(story_ids)), told.c.channel.in_(some)
        )
        for row in await connection.execute(statement):
            where = Destination(platform=row.platform, workspace=row.workspace, channel=row.channel)
            if where in found:
                found[where][row.story_id] = row.version
    return found


async def updates_told(
    connection: AsyncConnection, destinations: Collection[Destination], story_ids: Collection[int]
) -> dict[Destination, dict[int, int]]:
    """Return how many updates of these stories each destination was told: story id → number."""
    found: dict[Destination, dict[int, int]] = {wanted: {} for wanted in destinations}
    channels = sorted({wanted.channel for wanted in destinations})
    for start in range(0, len(channels), MOST_PARAMETERS):
        some = channels[start : start + MOST_PARAMETERS]
        statement = select(*told.c).where(
            told.c.story_id.in_(sorted(story_ids)), told.c.channel.in_(some), told.c.updates > 0
        )
        for row in await connection.execute(statement):
            where = Destination(platform=row.platform, workspace=row.workspace, channel=row.channel)
            if where in found:
                found[where][row.story_id] = row.updates
    return found


async def save_told(
    connection: AsyncConnection,
    destinations: Sequence[Destination],
    digest: Digest,
    *,
    now: datetime,
) -> None:
    """Remember that the destinations are told these versions of the digest's stories."""
    rows = [
        {
            "platform": where.platform,
            "workspace": where.workspace,
            "channel": where.channel,
            "story_id": item.story_id,
            "version": item.story_version,
            "told_at": now,
            "updates": item.update,
        }
        # In the same order everywhere, for writers that wait for each other in turn never end.
        for where in sorted(destinations, key=astuple)
        for item in sorted(digest.items, key=lambda item: item.story_id)
    ]
    statement = insert(connection, told)
    newer = {
        "version": statement.excluded.version,
        "told_at": now,
        "updates": statement.excluded.updates,
    }
    if rows:
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(told.primary_key.columns), set_=newer
            ),
            rows,
        )
