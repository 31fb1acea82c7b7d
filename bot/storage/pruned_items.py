"""Items whose entries were dropped, remembered for as long as their feed lists them."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.dialect import insert
from bot.storage.schema import pruned_items

# 128 bits: among all items that all feeds ever list no two share a hash.
HASH_BYTES = 16

# That an item is still listed is written down this often, not at every poll.
NOTE_EVERY = timedelta(days=7)

# A feed may lose items for a while, after a fault or a move, and list them again.
FORGET_AFTER = timedelta(days=60)


def guid_hash(guid: str) -> bytes:
    """Return what is remembered of an identifier."""
    return hashlib.blake2b(guid.encode(errors="surrogatepass"), digest_size=HASH_BYTES).digest()


async def remember(
    connection: AsyncConnection, items: Iterable[tuple[int, str]], *, today: date
) -> None:
    """Remember (feed id, guid) pairs. Call it in the transaction that drops their entries."""
    rows = [
        {"feed_id": feed_id, "guid_hash": guid_hash(guid), "listed_on": today}
        for feed_id, guid in items
    ]
    if rows:
        await connection.execute(insert(connection, pruned_items).on_conflict_do_nothing(), rows)


async def still_listed(
    connection: AsyncConnection, feed_id: int, guids: Collection[str], *, today: date
) -> set[str]:
    """Return which of the identifiers that a feed lists now were dropped.

    What the feed has not listed for long is forgotten; a document without items says
    nothing of what it once listed.
    """
    if not guids:
        return set()
    by_hash = {guid_hash(guid): guid for guid in guids}
    mine = pruned_items.c.feed_id == feed_id
    listed = pruned_items.c.guid_hash.in_(list(by_hash))
    rows = await connection.execute(select(pruned_items.c.guid_hash).where(mine, listed))
    found = {by_hash[bytes(row.guid_hash)] for row in rows}
    noted_long_ago = pruned_items.c.listed_on <= today - NOTE_EVERY
    if found:
        await connection.execute(
            update(pruned_items).where(mine, listed, noted_long_ago).values(listed_on=today)
        )
    unlisted = pruned_items.c.listed_on < today - FORGET_AFTER
    await connection.execute(delete(pruned_items).where(mine, unlisted))
    return found
