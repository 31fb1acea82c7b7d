"""What is configured, what is wrong, and how to mend it: each in one sentence."""

from collections.abc import Mapping
from datetime import datetime

from bot.diagnosis.findings import Finding, Verdict
from bot.diagnosis.setup import configured, encoder, environment
from bot.diagnosis.stored import disk, ephemeral, stored
from bot.settings import Settings
from bot.storage.database import Database

__all__ = ["Finding", "Verdict", "diagnose"]


async def diagnose(
    settings: Settings, database: Database, environ: Mapping[str, str], *, now: datetime
) -> list[Finding]:
    """Check the configuration, the database and all that is in it; changes nothing."""
    return [
        *configured(settings),
        encoder(),
        *ephemeral(settings, environ),
        *await stored(settings, database, now=now),
        disk(database.path),
        *environment(environ),
    ]
