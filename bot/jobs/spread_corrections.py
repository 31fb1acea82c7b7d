"""Brings corrections to the digests that were posted: edited where the platform lets us.

A message that waits to be sent is corrected before; one that was sent is edited through the
outbox; what cannot be edited is told with the next digest. Doing it again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.corrections import Correction, corrected_digest
from bot.domain.errors import StorageError
from bot.domain.model import Delivery, DeliveryStatus, Digest
from bot.platforms.messenger import Editor, Messenger
from bot.storage import corrections, deliveries, digests, merges
from bot.storage.database import Database
from bot.storage.digests import Posted

log = structlog.get_logger()

# What of a message may be read by someone: one that failed never came.
SEEN = frozenset({DeliveryStatus.SENT, DeliveryStatus.SENDING, DeliveryStatus.UNCERTAIN})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wrong:
    """A correction that changes a posted digest, and the story's headline as it was told."""

    correction: Correction
    headline: str


async def spread_corrections(
    *, database: Database, messengers: Mapping[str, Messenger], now: datetime
) -> int:
    """Correct the posted digests that new corrections concern; returns how many slots changed."""
    async with database.read() as connection:
        due = await corrections.to_spread(connection, now=now)
        if not due:
            return 0
        ids = await merges.once_called(connection, [one.story_id for one in due])
        found = await digests.posted_with(connection, ids)
    changed = 0
    for posted in found:
        try:
            async with database.write() as connection:
                changed += await _correct(connection, posted, due, messengers, now=now)
        except StorageError:
            raise
        except Exception:
            # One digest that cannot be rendered any more must hold up neither the others
            # nor the digests that are due.
            log.exception("digest not corrected", subscription=posted.subscription_id)
    async with database.write() as connection:
        await corrections.count_round(connection, due)
    log.info("corrections spread", corrections=len(due), slots=changed)
    return changed


async def _correct(
    connection: AsyncConnection,
    posted: Posted,
    due: Sequence[Correction],
    messengers: Mapping[str, Messenger],
    *,
    now: datetime,
) -> bool:
    parts = await deliveries.parts_of(connection, posted.subscription_id, posted.slot_at)
    if not parts:
        return False
    told = [item for digest in posted.digests for item in digest.items]
    called = await merges.now_called(connection, [item.story_id for item in told])
    made = await corrections.of_stories(connection, set(called.values()))
    by_told = {old: made.get(new, ()) for old, new in called.items()}
    right = [corrected_digest(digest, by_told) for digest in posted.digests]
    wrong = [
        _Wrong(correction=one, headline=item.headline)
        for item in told
        for one in due
        if called.get(item.story_id) == one.story_id
    ]
    payloads = _payloads(right, parts, messengers.get(parts[0].destination.platform))
    if payloads is None:
        return await _owe(connection, wrong, parts)
    changes = [
        await _replace(connection, wrong, part, payload, now=now)
        for part, payload in zip(parts, payloads, strict=True)
        if part.payload != payload
    ]
    return any(changes)


def _payloads(
    right: Sequence[Digest], parts: Sequence[Delivery], messenger: Messenger | None
) -> list[str] | None:
    """Return what each part is to say now; None where the parts cannot be changed."""
    if messenger is None:
        return None
    rendered = [payload for digest in right for payload in messenger.render(digest)]
    sent = any(part.status in SEEN for part in parts)
    if not isinstance(messenger, Editor):
        return rendered if not sent and len(rendered) == len(parts) else None
    if len(rendered) > len(parts):
        # A message cannot be put between others: the next digest tells it.
        return None
    moved = messenger.render_moved(right[-1])
    return [*rendered, *[moved] * (len(parts) - len(rendered))]


async def _owe(
    connection: AsyncConnection, wrong: Sequence[_Wrong], parts: Sequence[Delivery]
) -> bool:
    seen = next((part for part in parts if part.status in SEEN), None)
    if seen is None:
        return False
    for one in wrong:
        await _notice(connection, one, seen, owed=True)
    return bool(wrong)


async def _replace(
    connection: AsyncConnection,
    wrong: Sequence[_Wrong],
    part: Delivery,
    payload: str,
    *,
    now: datetime,
) -> bool:
    """Correct one message: as it waits, or by an edit."""
    unsent = await deliveries.replace_payload(connection, part, payload)
    if unsent or part.status is DeliveryStatus.FAILED:
        return unsent
    uncertain = part.status is DeliveryStatus.UNCERTAIN
    for one in wrong:
        await _notice(connection, one, part, owed=uncertain)
    if not uncertain:
        await deliveries.add_edit(connection, part, payload, now=now)
    return True


async def _notice(
    connection: AsyncConnection, wrong: _Wrong, part: Delivery, *, owed: bool
) -> None:
    await corrections.add_notice(
        connection,
        wrong.correction.id,
        part.id,
        subscription_id=part.subscription_id,
        headline=wrong.headline,
        owed=owed,
    )
