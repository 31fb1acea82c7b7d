from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.commands.subscriptions import pause
from bot.domain.model import (
    Delivery,
    DeliveryStatus,
    Destination,
    Sent,
    Subscription,
    Unknown,
    Unreachable,
)
from bot.domain.retry import LEASE, next_step
from bot.storage import deliveries, subscriptions
from bot.storage.database import Database
from tests.builders import CHANNEL, NOW, TASTE

SLOT = NOW - timedelta(minutes=30)


async def subscribe(database: Database, destination: Destination = CHANNEL) -> Subscription:
    async with database.write() as connection:
        return await subscriptions.add(
            connection, destination, TASTE, created_by=None, after=SLOT, now=NOW
        )


async def put(
    database: Database, subscription: Subscription, *payloads: str, slot: datetime = SLOT
) -> None:
    async with database.write() as connection:
        await deliveries.add(connection, subscription, payloads, slot_at=slot, now=NOW)


async def claim(database: Database, now: datetime = NOW) -> list[Delivery]:
    async with database.write() as connection:
        return await deliveries.claim_due(connection, ["console"], now=now, lease=LEASE, limit=10)


async def record(database: Database, delivery: Delivery, outcome: Sent | Unreachable) -> None:
    async with database.write() as connection:
        step = next_step(outcome, attempts=delivery.attempts, now=NOW)
        await deliveries.record(connection, delivery, step)


async def test_parts_are_claimed_in_order(database: Database) -> None:
    """The second part waits until the first has arrived."""
    await put(database, await subscribe(database), "one", "two")
    [first] = await claim(database)
    assert (first.payload, first.attempts) == ("one", 1)
    assert await claim(database) == []
    await record(database, first, Sent(message_id="m1"))
    assert [delivery.payload for delivery in await claim(database)] == ["two"]


async def test_a_dead_processs_claim_ends_with_its_lease(database: Database) -> None:
    """The next claimer sees that an attempt was begun and never recorded."""
    await put(database, await subscribe(database), "one")
    await claim(database)
    assert await claim(database, NOW + LEASE - timedelta(seconds=1)) == []
    [again] = await claim(database, NOW + LEASE)
    assert (again.status, again.attempts) == (DeliveryStatus.SENDING, 2)
    assert again.first_attempt_at == NOW


async def test_a_failed_attempt_is_tried_again_later(database: Database) -> None:
    """With the back-off, and with its payload as it was frozen."""
    await put(database, await subscribe(database), "one")
    [first] = await claim(database)
    await record(database, first, Unreachable(problem="no route"))
    assert await claim(database) == []
    [again] = await claim(database, NOW + timedelta(minutes=1))
    assert (again.payload, again.status) == ("one", DeliveryStatus.PENDING)


async def test_destinations_do_not_wait_for_each_other(database: Database) -> None:
    """One that is stuck holds up only its own."""
    other = Destination(platform="console", workspace="local", channel="other")
    await put(database, await subscribe(database), "one")
    await put(database, await subscribe(database, other), "two")
    assert [delivery.payload for delivery in await claim(database)] == ["one", "two"]


async def test_a_slot_is_put_into_the_outbox_once(database: Database) -> None:
    """The database itself refuses a second copy."""
    subscription = await subscribe(database)
    await put(database, subscription, "one")
    with pytest.raises(IntegrityError):
        await put(database, subscription, "one again")
    assert [delivery.payload for delivery in await claim(database)] == ["one"]


async def test_a_workspace_cannot_remove_anothers_subscription(database: Database) -> None:
    """The workspace is part of the query, not a check beside it."""
    mine = await subscribe(database)
    async with database.write() as connection:
        assert not await subscriptions.remove(
            connection, mine.id, platform="console", workspace="intruder"
        )
        assert await subscriptions.of_workspace(connection, "console", "intruder") == []
        assert await subscriptions.remove(
            connection, mine.id, platform="console", workspace="local"
        )


async def test_a_pause_holds_back_what_waits_for_another_attempt(database: Database) -> None:
    """Else a digest would come hours after somebody said stop."""
    subscription = await subscribe(database)
    await put(database, subscription, "one", "two")
    [first] = await claim(database)
    await record(database, first, Unreachable(problem="no route"))
    here = subscription.destination
    paused = await pause(
        database, subscription.id, platform=here.platform, workspace=here.workspace
    )
    assert paused.id == subscription.id
    assert await claim(database, NOW + timedelta(hours=1)) == []


async def test_an_older_claim_cannot_record_or_renew(database: Database) -> None:
    """Its holder was frozen, and another process has the delivery by now."""
    await put(database, await subscribe(database), "one")
    [frozen] = await claim(database)
    [newer] = await claim(database, NOW + LEASE)
    step = next_step(Sent(message_id="m"), attempts=1, now=NOW)
    async with database.write() as connection:
        assert not await deliveries.renew(connection, frozen, now=NOW, lease=LEASE)
        assert not await deliveries.record(connection, frozen, step)
        assert await deliveries.renew(connection, newer, now=NOW + LEASE, lease=LEASE)
        assert await deliveries.record(connection, newer, step)


async def test_what_arrived_though_it_was_cancelled_counts_as_sent(database: Database) -> None:
    """Somebody paused while the message was under way: another outcome leaves it cancelled."""
    for outcome, recorded in ((Sent(message_id="m"), True), (Unreachable(problem="no"), False)):
        subscription = await subscribe(database)
        await put(database, subscription, "one")
        [claimed] = await claim(database)
        async with database.write() as connection:
            await deliveries.cancel(
                connection,
                subscription.id,
                platform=subscription.destination.platform,
                workspace=subscription.destination.workspace,
                problem="paused",
            )
            step = next_step(outcome, attempts=1, now=NOW)
            assert await deliveries.record(connection, claimed, step) is recorded


async def test_keys_of_two_instances_do_not_meet(database: Database) -> None:
    """They may post to one webhook, with the same subscription's number and slot."""
    keys = set()
    for _ in range(2):
        subscription = await subscribe(database)
        await put(database, subscription, "one")
        [claimed] = await claim(database)
        keys.add(claimed.key)
        async with database.write() as connection:
            await subscriptions.remove(
                connection, subscription.id, platform="console", workspace="local"
            )
    assert len(keys) == 2


async def test_digests_of_unknown_fate_are_listed(database: Database) -> None:
    """The newest first, with the number of all; those of long ago are over."""
    for number in range(3):
        await put(database, await subscribe(database), str(number))
    for _ in range(3):
        [claimed] = await claim(database)
        unknown = Unknown(problem="nobody can tell", final=True)
        async with database.write() as connection:
            await deliveries.record(connection, claimed, next_step(unknown, attempts=1, now=NOW))
    async with database.read() as connection:
        count, newest = await deliveries.troubled(connection, since=SLOT, limit=2)
        assert (count, [one.payload for one in newest]) == (3, ["2", "1"])
        assert (await deliveries.troubled(connection, since=NOW, limit=2))[0] == 0
