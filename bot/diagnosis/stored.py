"""Looks at the database and its disk."""

import os
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.diagnosis import judge
from bot.diagnosis.findings import Finding, Verdict
from bot.domain.addresses import shown_url
from bot.domain.errors import StraitError
from bot.domain.secret_keys import split_keys
from bot.settings import Settings
from bot.settings.hosting import EPHEMERAL_DISK, EPHEMERAL_MEND, loses_its_disk
from bot.storage import (
    backups,
    clocks,
    corrections,
    entries,
    feeds,
    inspection,
    installations,
    subscriptions,
    summaries,
    upkeep,
)
from bot.storage.database import Database
from bot.storage.encryption import Vault

# A day of the default feeds needs about 2 MB; below this a month is no longer safe.
LOW_DISK = 200_000_000

# What went wrong with deliveries longer ago is of interest to nobody.
TROUBLE_WINDOW = timedelta(days=7)


async def stored(settings: Settings, database: Database, *, now: datetime) -> list[Finding]:
    """Check the schema and, where it is as it should be, what is in it."""
    where = str(database.path or database.place)
    if database.path is not None and not database.path.exists():
        mend = "`python -m bot migrate` makes it; `run` and `poll` do so too."
        return [Finding(subject="database", verdict=Verdict.UNSET, detail=where, mend=mend)]
    try:
        await database.check()
        size = await upkeep.size_of(database)
        revision, _ = await database.revision()
        async with database.read() as connection:
            return [
                await _contents(connection, f"{where}, schema {revision}", size),
                *judge.judge_mode(_mode(database.path), database.path),
                await _summaries(connection),
                *await _feeds(connection),
                *judge.judge_stuck(await inspection.stuck(connection, now=now)),
                *judge.judge_troubled(
                    await inspection.troubled(connection, since=now - TROUBLE_WINDOW)
                ),
                *await _paused(connection),
                *judge.judge_orphans(await inspection.orphans(connection)),
                *await _clock(connection, now=now),
                await _backup(settings, connection, now=now),
                *await _keys(settings, connection),
            ]
    except StraitError as error:
        return [Finding(subject="database", verdict=Verdict.WRONG, detail=where, mend=str(error))]


async def _contents(connection: AsyncConnection, where: str, size: int) -> Finding:
    count = await entries.count(connection)
    detail = f"{where}, {count} entries, {size / judge.MEGABYTE:.1f} MB"
    return Finding(subject="database", verdict=Verdict.OK, detail=detail)


async def _summaries(connection: AsyncConnection) -> Finding:
    """Tell how the summaries that are kept came to be."""
    found = await summaries.count_by_method(connection)
    ways = ", ".join(f"{method} {count}" for method, count in found.items())
    corrected = await corrections.count(connection)
    return Finding(
        subject="summaries",
        verdict=Verdict.OK,
        detail=f"{sum(found.values())} kept{f': {ways}' if ways else ''}; {corrected} corrections",
    )


async def _feeds(connection: AsyncConnection) -> list[Finding]:
    return [
        Finding(
            subject="feed",
            # Without failures it is a notice: the feed answers, but nothing new.
            verdict=Verdict.WRONG if state.failures or state.gone else Verdict.NOTICE,
            detail=f"{feed.name} <{shown_url(feed.url)}>",
            mend=state.problem or "",
        )
        for feed, state in await feeds.all_feeds(connection)
        if state.problem is not None
    ]


async def _paused(connection: AsyncConnection) -> list[Finding]:
    """Tell of channels that take nothing any more."""
    return [
        Finding(
            subject="paused",
            verdict=Verdict.WRONG,
            detail=f"subscription {one.id}, {one.destination.platform} {one.destination.channel}",
            mend=one.problem or "",
        )
        for one in await subscriptions.blocked(connection)
    ]


async def _clock(connection: AsyncConnection, *, now: datetime) -> list[Finding]:
    server = await inspection.server_time(connection)
    return [
        *judge.judge_clock(server - now if server else None, "the database server"),
        *judge.judge_clock(await clocks.last_offset(connection), "the feeds' servers"),
    ]


async def _backup(settings: Settings, connection: AsyncConnection, *, now: datetime) -> Finding:
    made = await backups.last_made(connection)
    return judge.judge_backup(
        settings.backup,
        made,
        await backups.last_failed(connection),
        is_there=made is not None and _exists(made.file),
        now=now,
    )


def _exists(file: str) -> bool:
    return Path(file).exists()


async def _keys(settings: Settings, connection: AsyncConnection) -> list[Finding]:
    secret = settings.environment.strait_secret_key
    keys = split_keys(secret.get_secret_value()) if secret else []
    stale = await installations.under_other_keys(connection, Vault(keys)) if keys else []
    return judge.judge_keys(
        has_tokens=await installations.any_token(connection), has_key=bool(keys), stale=stale
    )


def _mode(path: Path | None) -> int | None:
    return path.stat().st_mode if path is not None and os.name == "posix" else None


def ephemeral(settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """Say whether the database is on a disk that is wiped every day."""
    if not loses_its_disk(environ, settings.database_url):
        return []
    return [
        Finding(
            subject="hosting", verdict=Verdict.WRONG, detail=EPHEMERAL_DISK, mend=EPHEMERAL_MEND
        )
    ]


def disk(path: Path | None) -> Finding:
    """Say how much room there is where the database, or the bot, is."""
    folder = next(p for p in [*(path or Path.cwd()).absolute().parents] if p.is_dir())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free in {folder}"
    if free > LOW_DISK:
        return Finding(subject="disk", verdict=Verdict.OK, detail=detail)
    return Finding(
        subject="disk", verdict=Verdict.WRONG, detail=detail, mend="Make room before it is full."
    )
