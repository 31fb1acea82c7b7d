"""What is remembered of backups: when one was made, begun, or failed."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.backups import RETRY_AFTER, BackupPlan
from bot.domain.retention import is_due
from bot.storage import facts

MADE, BEGUN, FAILED = "backup made", "backup begun", "backup failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A backup that is whole: when it was begun, its file, and its size in bytes."""

    at: datetime
    file: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A backup that failed; ``problem`` says why, with the mend."""

    at: datetime
    problem: str


async def claim_due(connection: AsyncConnection, plan: BackupPlan, *, now: datetime) -> bool:
    """Tell whether a backup is due, and claim it for this process for an hour."""
    made, begun = await last_made(connection), await facts.get(connection, BEGUN)
    if not is_due(made.at if made else None, every=plan.every, now=now):
        return False
    before = datetime.fromisoformat(begun) if begun else None
    if not is_due(before, every=RETRY_AFTER, now=now):
        return False
    return await facts.swap(connection, BEGUN, begun, now.isoformat())


async def save_made(connection: AsyncConnection, made: Made) -> None:
    """Remember a backup."""
    await facts.save(connection, MADE, _dump(made))


async def save_failed(connection: AsyncConnection, failed: Failed) -> None:
    """Remember that a backup failed."""
    await facts.save(connection, FAILED, _dump(failed))


async def last_made(connection: AsyncConnection) -> Made | None:
    """Return the last backup that is whole; None where none was made."""
    values = await _load(connection, MADE)
    return Made(**values) if values else None


async def last_failed(connection: AsyncConnection) -> Failed | None:
    """Return the last failure; None where there was none."""
    values = await _load(connection, FAILED)
    return Failed(**values) if values else None


def _dump(what: Made | Failed) -> str:
    return json.dumps(asdict(what) | {"at": what.at.isoformat()})


async def _load(connection: AsyncConnection, name: str) -> dict[str, Any]:
    text = await facts.get(connection, name)
    if text is None:
        return {}
    values = json.loads(text)
    return {**values, "at": datetime.fromisoformat(values["at"])}
