"""Workspaces come and go: what is stored of them stops at once and goes after a grace."""

from collections.abc import Collection
from datetime import datetime

from bot.domain.people import Forgotten
from bot.storage import deliveries, installations, people
from bot.storage.database import Database

REMOVED = "The workspace removed the bot."


async def leave(database: Database, *, platform: str, workspace: str, now: datetime) -> None:
    """Stop all that a workspace gets: it has removed the bot.

    Its subscriptions stay through the grace that the settings give, and go on where it adds
    the bot again by then.
    """
    async with database.write() as connection:
        await installations.mark_removed(
            connection, platform=platform, workspace=workspace, now=now
        )
        await deliveries.cancel_all(
            connection, platform=platform, workspace=workspace, problem=REMOVED
        )


async def join(
    database: Database, workspaces: Collection[str], *, platform: str, now: datetime
) -> list[str]:
    """Go on with what workspaces got before they removed the bot; returns those that did."""
    async with database.write() as connection:
        return await installations.mark_present(connection, workspaces, platform=platform, now=now)


async def reconcile(
    database: Database, present: Collection[str], *, platform: str, now: datetime
) -> list[str]:
    """Make up for comings and goings that were missed; returns the workspaces that left.

    ``present`` are all workspaces of the platform that have the bot.
    """
    await join(database, present, platform=platform, now=now)
    async with database.read() as connection:
        known = await installations.subscribed(connection, platform)
    # People who get digests by direct message are no workspaces that could leave.
    left = {name for name in known if not name.startswith(people.PERSON)}.difference(present)
    for workspace in sorted(left):
        await leave(database, platform=platform, workspace=workspace, now=now)
    return sorted(left)


async def forget_person(
    database: Database, person: str, *, platform: str, workspace: str | None
) -> Forgotten:
    """Remove what names a person; ``workspace`` is None where ids name people everywhere."""
    async with database.write() as connection:
        return await people.forget(connection, person, platform=platform, workspace=workspace)
