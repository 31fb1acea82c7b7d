"""What is configured, what is missing, and how to get it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.domain.addresses import shown_url
from bot.domain.errors import StraitError
from bot.domain.schedule import describe
from bot.settings import Settings
from bot.settings.hosting import EPHEMERAL_DISK, EPHEMERAL_MEND, loses_its_disk
from bot.settings.load import ENVIRONMENT
from bot.storage import entries, feeds
from bot.storage.database import Database
from bot.understanding.vectors import installed_encoders

# A day of the default feeds needs about 2 MB; below this a month is no longer safe.
LOW_DISK = 200_000_000


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    NOTICE = "notice"
    UNSET = "not set"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the diagnosis; ``mend`` says what to do, where there is something."""

    subject: str
    verdict: Verdict
    detail: str
    mend: str = ""


async def diagnose(
    settings: Settings, database: Database, environ: Mapping[str, str]
) -> list[Finding]:
    """Check the configuration, the database, the feeds and the vectors; changes nothing."""
    return [
        *_configured(settings),
        _encoder(),
        *await _stored(database),
        _disk(database.path),
        *_hosting(settings, environ),
        *_environment(environ),
    ]


def _configured(settings: Settings) -> list[Finding]:
    folders = ", ".join(str(folder) for folder in settings.config_folders)
    counts = (
        f"{len(settings.feeds)} feeds, {len(settings.outlets)} outlets, "
        f"{len(settings.names)} names, topics: {', '.join(settings.topics)}"
    )
    return [
        Finding(subject="configuration", verdict=Verdict.OK, detail=folders),
        Finding(subject="configured", verdict=Verdict.OK, detail=counts),
        Finding(
            subject="console digest",
            verdict=Verdict.OK,
            detail=f"{', '.join(settings.console.topics)}, {describe(settings.console_schedule)}",
        ),
    ]


def _encoder() -> Finding:
    found = installed_encoders()
    if found:
        return Finding(subject="vectors", verdict=Verdict.OK, detail=", ".join(found))
    return Finding(
        subject="vectors",
        verdict=Verdict.WRONG,
        detail="no sentence vectors are installed",
        mend="Install the locked requirements: pip install -r requirements.txt.",
    )


async def _stored(database: Database) -> list[Finding]:
    where = str(database.path or database.url.render_as_string(hide_password=True))
    if database.path is not None and not database.path.exists():
        mend = "`python -m bot migrate` makes it; `run` and `poll` do so too."
        return [Finding(subject="database", verdict=Verdict.UNSET, detail=where, mend=mend)]
    try:
        await database.check()
        return [await _contents(database, where), *await _feeds(database)]
    except StraitError as error:
        return [Finding(subject="database", verdict=Verdict.WRONG, detail=where, mend=str(error))]


async def _contents(database: Database, where: str) -> Finding:
    async with database.read() as connection:
        count = await entries.count(connection)
    return Finding(subject="database", verdict=Verdict.OK, detail=f"{where}, {count} entries")


async def _feeds(database: Database) -> list[Finding]:
    async with database.read() as connection:
        known = await feeds.all_feeds(connection)
    return [
        Finding(
            subject="feed",
            # Without failures it is a notice: the feed answers, but nothing new.
            verdict=Verdict.WRONG if state.failures or state.gone else Verdict.NOTICE,
            detail=f"{feed.name} <{shown_url(feed.url)}>",
            mend=state.problem or "",
        )
        for feed, state in known
        if state.problem is not None
    ]


def _disk(path: Path | None) -> Finding:
    folder = next(p for p in [*(path or Path.cwd()).parents] if p.is_dir())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free in {folder}"
    if free > LOW_DISK:
        return Finding(subject="disk", verdict=Verdict.OK, detail=detail)
    return Finding(
        subject="disk", verdict=Verdict.WRONG, detail=detail, mend="Make room before it is full."
    )


def _hosting(settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    if not loses_its_disk(environ, settings.database_url):
        return []
    return [
        Finding(
            subject="hosting", verdict=Verdict.WRONG, detail=EPHEMERAL_DISK, mend=EPHEMERAL_MEND
        )
    ]


def _environment(environ: Mapping[str, str]) -> list[Finding]:
    # Values may be secrets: only whether they are set is shown.
    return [
        Finding(
            subject=name,
            verdict=Verdict.OK if environ.get(name) else Verdict.UNSET,
            detail="set" if environ.get(name) else "",
            mend="" if environ.get(name) else f"Optional: {meaning}.",
        )
        for name, meaning in ENVIRONMENT.items()
    ]
