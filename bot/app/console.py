"""The console's subscription: digests are printed where the bot runs without a chat platform."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.model import Destination, Taste
from bot.domain.planning import change_taste, configured
from bot.domain.schedule import describe, next_slot, previous_slot
from bot.platforms.console.messenger import PLATFORM
from bot.storage import subscriptions, turns

if TYPE_CHECKING:
    from bot.app.core import App

log = structlog.get_logger()

CONSOLE = Destination(platform=PLATFORM, workspace="local", channel="output")


async def subscribe_console(app: App) -> None:
    """Make the console's subscription follow the settings.

    A new one is due for the last slot already, so that a newcomer reads a digest
    as soon as the feeds have been read.
    """
    now, settings = app.clock(), app.settings
    schedule = settings.console_schedule
    taste = Taste(
        topics=settings.console.topics,
        schedule=schedule,
        language=settings.digest.language,
        max_stories=settings.digest.max_stories,
    )
    async with app.database.write() as connection:
        # A second process that starts meanwhile must find it, not add its own.
        await turns.workspace(connection, CONSOLE.platform, CONSOLE.workspace)
        mine = await subscriptions.of_workspace(connection, CONSOLE.platform, CONSOLE.workspace)
        if mine and (wanted := configured(mine[0].taste, taste)) != mine[0].taste:
            changed = change_taste(mine[0], wanted, now=now)
            await subscriptions.save_change(connection, changed)
        elif not mine:
            before_last = previous_slot(schedule, before=now) - timedelta(seconds=1)
            await subscriptions.add(
                connection, CONSOLE, taste, created_by=None, after=before_last, now=now
            )
    upcoming = next_slot(schedule, after=now).isoformat()
    log.info("console subscribed", schedule=describe(schedule), next_slot=upcoming)
