"""Digests as they were written, and what each destination has been told."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Destination, Digest
from bot.storage import documents
from bot.storage.dialect import insert
from bot.storage.schema import digests, told


async def save(
    connection: AsyncConnection,
    subscription_id: int,
    digest: Digest,
    *,
    slot_at: datetime,
    now: datetime,
) -> None:
    """Save a digest. Call it in the transaction that saves its deliveries."""
    await connection.execute(
        digests.insert().values(
            subscription_id=subscription_id,
            topic=digest.topic,
            slot_at=slot_at,
            document=documents.dump(digest),
            created_at=now,
        )
    )


async def told_versions(connection: AsyncConnection, destination: Destination) -> dict[int, int]:
    """Return the version of each story that the destination was told last."""
    statement = select(told.c.story_id, told.c.version).where(
        told.c.platform == destination.platform,
        told.c.workspace == destination.workspace,
        told.c.channel == destination.channel,
    )
    return {row.story_id: row.version for row in await connection.execute(statement)}


async def save_told(
    connection: AsyncConnection, destination: Destination, digest: Digest, *, now: datetime
) -> None:
    """Remember that the destination is told these versions of the digest's stories."""
    # In the same order everywhere, for writers that wait for each other in turn never end.
    for item in sorted(digest.items, key=lambda item: item.story_id):
        statement = insert(connection, told).values(
            platform=destination.platform,
            workspace=destination.workspace,
            channel=destination.channel,
            story_id=item.story_id,
            version=item.story_version,
            told_at=now,
        )
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(told.primary_key.columns),
                set_={"version": item.story_version, "told_at": now},
            )
        )
