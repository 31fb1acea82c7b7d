"""A workspace's subscriptions: subscribe, list, change, pause, resume, remove."""

from collections.abc import Callable
from datetime import datetime

from bot.domain.errors import InputError, NotFoundError
from bot.domain.model import Destination, Subscription, SubscriptionStatus, Taste
from bot.domain.planning import change_taste
from bot.storage import deliveries, subscriptions, turns
from bot.storage.database import Database

# Far above what a community needs; a script that subscribes without end stops here.
MOST_PER_WORKSPACE = 100

PAUSED = "The subscription was paused."


async def subscribe(
    database: Database,
    destination: Destination,
    taste: Taste,
    *,
    created_by: str | None,
    now: datetime,
) -> Subscription:
    """Subscribe a destination, from the next slot on.

    Raises InputError where it has the same subscription already, or the workspace too many.
    """
    async with database.write() as connection:
        await turns.workspace(connection, destination.platform, destination.workspace)
        mine = await subscriptions.of_workspace(
            connection, destination.platform, destination.workspace
        )
        if len(mine) >= MOST_PER_WORKSPACE:
            raise InputError(
                f"This workspace has {len(mine)} subscriptions already: remove one first."
            )
        _refuse_same(mine, destination, taste)
        return await subscriptions.add(
            connection, destination, taste, created_by=created_by, after=now, now=now
        )


async def change(
    database: Database,
    subscription_id: int,
    make: Callable[[Taste], Taste],
    *,
    platform: str,
    workspace: str,
    now: datetime,
) -> Subscription:
    """Change what a subscription holds or when it is due; no slot is lost or repeated by it.

    ``make`` turns the taste into the new one. Raises NotFoundError for another workspace's,
    and InputError where nothing would change or the channel has the same already.
    """
    async with database.write() as connection:
        await turns.workspace(connection, platform, workspace)
        mine = await subscriptions.of_workspace(connection, platform, workspace)
        before = next((s for s in mine if s.id == subscription_id), None)
        if before is None:
            raise _no_such(subscription_id)
        taste = make(before.taste)
        if taste == before.taste:
            raise InputError(f"Subscription {before.id} is so already: say what to change.")
        _refuse_same([s for s in mine if s != before], before.destination, taste)
        changed = change_taste(before, taste, now=now)
        await subscriptions.save_change(connection, changed)
        return changed


async def list_subscriptions(
    database: Database, platform: str, workspace: str
) -> list[Subscription]:
    """Return the workspace's subscriptions, in order of their ids."""
    async with database.read() as connection:
        return await subscriptions.of_workspace(connection, platform, workspace)


async def every_subscription(database: Database) -> list[Subscription]:
    """Return all subscriptions, for who runs the instance."""
    async with database.read() as connection:
        return await subscriptions.everyone(connection)


async def find_any(database: Database, subscription_id: int) -> Subscription:
    """Return a subscription, whosever it is, for who runs the instance; raises NotFoundError."""
    found = await every_subscription(database)
    if mine := next((one for one in found if one.id == subscription_id), None):
        return mine
    raise _no_such(subscription_id)


async def find_subscription(
    database: Database, subscription_id: int, *, platform: str, workspace: str
) -> Subscription:
    """Return one of the workspace's subscriptions; raises NotFoundError for another's."""
    async with database.read() as connection:
        found = await subscriptions.get(
            connection, subscription_id, platform=platform, workspace=workspace
        )
    if found is None:
        raise _no_such(subscription_id)
    return found


async def pause(
    database: Database, subscription_id: int, *, platform: str, workspace: str
) -> Subscription:
    """Send nothing until it is resumed; raises NotFoundError for another workspace's."""
    async with database.write() as connection:
        changed = await subscriptions.save_status(
            connection,
            subscription_id,
            SubscriptionStatus.PAUSED,
            platform=platform,
            workspace=workspace,
        )
        if changed is not None:
            # A digest that waits for another attempt is not wanted any more either.
            await deliveries.cancel(
                connection, changed.id, platform=platform, workspace=workspace, problem=PAUSED
            )
    if changed is None:
        raise _no_such(subscription_id)
    return changed


async def resume(
    database: Database, subscription_id: int, *, platform: str, workspace: str, now: datetime
) -> Subscription:
    """Send again, from the next slot on; raises NotFoundError for another workspace's.

    What was held because its channel could not be written to is sent now, unless it is late.
    """
    async with database.write() as connection:
        changed = await subscriptions.save_status(
            connection,
            subscription_id,
            SubscriptionStatus.ACTIVE,
            platform=platform,
            workspace=workspace,
            # What fell due during the pause was not wanted.
            skip_until=now,
        )
        if changed is not None:
            await deliveries.release(connection, changed.id, now=now)
    if changed is None:
        raise _no_such(subscription_id)
    return changed


async def remove(
    database: Database, subscription_id: int, *, platform: str, workspace: str
) -> None:
    """End a subscription; raises NotFoundError for another workspace's."""
    async with database.write() as connection:
        removed = await subscriptions.remove(
            connection, subscription_id, platform=platform, workspace=workspace
        )
    if not removed:
        raise _no_such(subscription_id)


def _refuse_same(mine: list[Subscription], destination: Destination, taste: Taste) -> None:
    if same := next((s for s in mine if _same(s, destination, taste)), None):
        raise InputError(
            f"This channel is subscribed already (subscription {same.id}): "
            "change or remove that one."
        )


def _same(known: Subscription, destination: Destination, taste: Taste) -> bool:
    return (
        known.destination == destination
        and known.taste.topics == taste.topics
        and known.taste.schedule == taste.schedule
        # Two of other filters are two digests: "territory at 08:00" beside "culture at 08:00".
        and known.taste.filters == taste.filters
    )


def _no_such(subscription_id: int) -> NotFoundError:
    return NotFoundError(f"There is no subscription {subscription_id} here: list them first.")
