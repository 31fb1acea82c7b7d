"""Many deliveries at once, and what becomes of those that do not simply arrive."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.subscriptions import list_subscriptions, resume
from bot.domain.errors import StorageError
from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    Digest,
    Notice,
    RateLimited,
    Rejected,
    SendOutcome,
    Sent,
    Subscription,
    SubscriptionStatus,
    Unknown,
    Unreachable,
)
from bot.domain.retry import KEPT_WHILE_HELD, LEASE, SETTLING, next_step
from bot.jobs import send_deliveries as module
from bot.jobs.send_deliveries import DeliverySender
from bot.jobs.tell_outcomes import record_outcome
from bot.platforms import claims
from bot.storage import deliveries, schema, subscriptions
from bot.storage.database import Database
from tests.builders import CHANNEL, NOW, TASTE

Reaction = SendOutcome | Callable[[Delivery], SendOutcome]


class Platform:
    """A messenger that reacts to each destination's messages as it is told."""

    platform = "console"
    ready = True

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str]] = []
        self.reactions: dict[str, list[Reaction]] = {}
        self.under_way = 0
        self.most_under_way = 0
        self.pause = 0.0
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Event()

    def render(self, digest: Digest) -> tuple[str, ...]:
        raise NotImplementedError

    def render_notice(self, notice: Notice) -> str | None:
        ids = ",".join(map(str, notice.subscriptions))
        return f"{notice.status}: {notice.destination.channel} ({ids}): {notice.problem}"

    async def send(self, delivery: Delivery) -> SendOutcome:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.begun.set()
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(self.pause))
        finally:
            self.under_way -= 1
        channel = delivery.destination.channel
        waiting = self.reactions.get(channel, [])
        reaction = waiting.pop(0) if waiting else Sent(message_id="m")
        outcome = reaction(delivery) if callable(reaction) else reaction
        if isinstance(outcome, Sent):
            self.arrived.append((channel, delivery.payload))
        return outcome

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        there = (delivery.destination.channel, delivery.payload) in self.arrived
        return Sent(message_id="found") if there else Unreachable(problem="not there")


def at(channel: str) -> Destination:
    return replace(CHANNEL, channel=channel)


async def subscribe(
    database: Database, channel: str, *, created_by: str | None = "minseo"
) -> Subscription:
    async with database.write() as connection:
        return await subscriptions.add(
            connection, at(channel), TASTE, created_by=created_by, after=NOW, now=NOW
        )


async def put(database: Database, subscription: Subscription, *payloads: str) -> None:
    async with database.write() as connection:
        await deliveries.add(connection, subscription, payloads, slot_at=NOW, now=NOW)


async def send(database: Database, platform: Platform, *, now: datetime = NOW) -> int:
    return await DeliverySender(database, platform, lambda: now, chance=lambda: 0.5).run()


async def statuses(database: Database) -> list[tuple[str, str]]:
    async with database.read() as connection:
        rows = await connection.execute(schema.deliveries.select().order_by(schema.deliveries.c.id))
        return [(row.channel, row.status) for row in rows]


async def test_destinations_are_sent_to_side_by_side(database: Database) -> None:
    """But each gets its own in order, and no more are under way than allowed."""
    for number in range(30):
        await put(database, await subscribe(database, f"c{number}"), "1", "2", "3")
    platform = Platform()
    platform.pause = 0.001
    assert await send(database, platform) == 90
    assert 1 < platform.most_under_way <= module.AT_ONCE
    for number in range(30):
        got = [payload for channel, payload in platform.arrived if channel == f"c{number}"]
        assert got == ["1", "2", "3"]


async def test_two_subscriptions_of_a_channel_share_a_slot(database: Database) -> None:
    """Both digests arrive whole, one after the other."""
    for name in ("trade", "culture"):
        await put(database, await subscribe(database, "news"), f"{name} 1", f"{name} 2")
    platform = Platform()
    platform.pause = 0.001
    await send(database, platform)
    assert [payload for _, payload in platform.arrived] == [
        "trade 1",
        "trade 2",
        "culture 1",
        "culture 2",
    ]


async def test_two_processes_share_the_outbox(database: Database) -> None:
    """Each delivery is sent by one of them, and a channel's order holds across both."""
    for number in range(20):
        await put(database, await subscribe(database, f"c{number}"), "1", "2", "3")
    platform = Platform()
    platform.pause = 0.002
    other = Database(database.url.render_as_string(hide_password=False))
    await asyncio.gather(send(database, platform), send(other, platform), send(other, platform))
    await other.close()
    # What one process has under way the other does not wait for.
    await send(database, platform)
    assert len(platform.arrived) == len(set(platform.arrived)) == 60
    for number in range(20):
        got = [payload for channel, payload in platform.arrived if channel == f"c{number}"]
        assert got == ["1", "2", "3"]


async def test_a_process_that_wakes_past_its_lease_sends_nothing(database: Database) -> None:
    """Another one has the delivery by then, and has sent it."""
    await put(database, await subscribe(database, "news"), "one")
    platform, times = Platform(), iter([NOW, NOW + 2 * LEASE])

    def frozen_after_the_claim() -> datetime:
        return next(times, NOW + 2 * LEASE)

    class Frozen(DeliverySender):
        async def _deliver(self, delivery: Delivery) -> None:
            await send(database, platform, now=NOW + LEASE)
            await super()._deliver(delivery)

    await Frozen(database, platform, frozen_after_the_claim).run()
    assert platform.arrived == [("news", "one")]
    assert await statuses(database) == [("news", "sent")]


async def test_a_process_that_wakes_past_its_lease_records_nothing(database: Database) -> None:
    """Its outcome is of an attempt that is over; the newer one's stays."""
    await put(database, await subscribe(database, "news"), "one")
    platform = Platform()

    async def take_over(delivery: Delivery) -> None:
        await send(database, platform, now=NOW + LEASE)

    class Frozen(Platform):
        async def send(self, delivery: Delivery) -> SendOutcome:
            await take_over(delivery)
            return Rejected(problem="an old answer")

    await send(database, Frozen())
    assert await statuses(database) == [("news", "sent")]


async def test_an_old_claim_that_is_still_ours_is_begun_anew(database: Database) -> None:
    """Nobody else took it: it is sent, under a lease of its own."""
    await put(database, await subscribe(database, "news"), "one")
    times = iter([NOW])
    late = NOW + 2 * LEASE
    platform = Platform()
    await DeliverySender(database, platform, lambda: next(times, late)).run()
    assert platform.arrived == [("news", "one")]


async def test_a_lease_that_was_over_when_it_was_saved_is_none(database: Database) -> None:
    """The database was away for so long that another process has sent the message by then."""
    await put(database, await subscribe(database, "news"), "one")
    platform, now = Platform(), [NOW]

    class Away(Database):
        """Comes back long after the claim was to be begun anew."""

        @asynccontextmanager
        async def write(self) -> AsyncIterator[AsyncConnection]:
            began = now[0]
            async with super().write() as connection:
                yield connection
            if began > NOW:
                now[0] = began + 2 * LEASE
                await send(database, platform, now=now[0])

    class Slow(DeliverySender):
        async def _deliver(self, delivery: Delivery) -> None:
            now[0] = NOW + LEASE / 2
            await super()._deliver(delivery)

    away = Away(database.url.render_as_string(hide_password=False))
    await Slow(away, platform, lambda: now[0]).run()
    await away.close()
    assert platform.arrived == [("news", "one")]
    assert await statuses(database) == [("news", "sent")]


async def test_what_stood_still_while_it_connected_is_sent_later(database: Database) -> None:
    """Its claim has too little time left; if nobody took it over, it is tried again."""
    await put(database, await subscribe(database, "news"), "one")
    now = [NOW]

    class Frozen(Platform):
        async def send(self, delivery: Delivery) -> SendOutcome:
            if now[0] == NOW:
                now[0] += LEASE
            await claims.check()
            return await super().send(delivery)

    platform = Frozen()
    for wait in (timedelta(), timedelta(minutes=1)):
        now[0] += wait
        await DeliverySender(database, platform, lambda: now[0]).run()
    assert platform.arrived == [("news", "one")]
    assert await statuses(database) == [("news", "sent")]


async def test_a_blocked_channel_is_paused_and_its_subscribers_are_told_once(
    database: Database,
) -> None:
    """All its subscriptions, with the reason; each person once; other channels go on."""
    mine = [await subscribe(database, "news") for _ in range(2)]
    others = await subscribe(database, "news", created_by="haruka")
    nobodys = await subscribe(database, "news", created_by=None)
    elsewhere = await subscribe(database, "other")
    for one in (*mine, others, nobodys, elsewhere):
        await put(database, one, "digest")
    platform = Platform()
    platform.reactions["news"] = [Blocked(problem="Invite the bot.")]
    for minutes in range(3):
        await send(database, platform, now=NOW + timedelta(minutes=minutes))
    told = f"held: news ({mine[0].id},{mine[1].id}): Invite the bot."
    assert sorted(platform.arrived) == [
        ("@haruka", f"held: news ({others.id}): Invite the bot."),
        ("@minseo", told),
        ("other", "digest"),
    ]
    listed = await list_subscriptions(database, "console", "local")
    assert [(one.status, one.problem) for one in listed] == [
        *[(SubscriptionStatus.PAUSED, "Invite the bot.")] * 4,
        (SubscriptionStatus.ACTIVE, None),
    ]


async def blocked(database: Database, platform: Platform) -> Subscription:
    subscription = await subscribe(database, "news", created_by=None)
    await put(database, subscription, "1", "2")
    platform.reactions["news"] = [Blocked(problem="Invite the bot.")]
    await send(database, platform)
    assert platform.arrived == []
    return subscription


async def mend(database: Database, subscription: Subscription, *, now: datetime) -> Subscription:
    return await resume(database, subscription.id, platform="console", workspace="local", now=now)


async def test_a_resumed_channel_gets_what_was_held(database: Database) -> None:
    """In order, and the reason is forgotten."""
    platform, later = Platform(), NOW + timedelta(hours=2)
    subscription = await blocked(database, platform)
    assert await send(database, platform, now=later) == 0
    resumed = await mend(database, subscription, now=later)
    assert (resumed.status, resumed.problem) == (SubscriptionStatus.ACTIVE, None)
    await send(database, platform, now=later)
    assert platform.arrived == [("news", "1"), ("news", "2")]


async def test_what_was_held_too_long_is_given_up(database: Database) -> None:
    """The next digest says more than yesterday's."""
    platform = Platform()
    subscription = await blocked(database, platform)
    later = NOW + KEPT_WHILE_HELD
    await mend(database, subscription, now=later)
    assert await send(database, platform, now=later) == 0
    assert await statuses(database) == [("news", "failed")] * 2


async def test_a_person_who_cannot_be_told_stops_nothing(database: Database) -> None:
    """Their notice fails; it pauses no channel and makes no notice of its own."""
    await put(database, await subscribe(database, "news"), "digest")
    platform = Platform()
    platform.reactions = {"news": [Blocked(problem="Gone.")], "@minseo": [Blocked(problem="No.")]}
    await send(database, platform)
    assert await statuses(database) == [("news", "held"), ("@minseo", "failed")]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Unknown(problem="nobody can tell", final=True), "uncertain"),
        (Rejected(problem="nobody can tell"), "failed"),
    ],
)
async def test_a_digest_that_did_not_arrive_is_told(
    database: Database, outcome: SendOutcome, status: str
) -> None:
    """To the one who subscribed; the channel stays as it is."""
    subscription = await subscribe(database, "news")
    await put(database, subscription, "digest")
    platform = Platform()
    platform.reactions["news"] = [outcome]
    await send(database, platform)
    told = f"{status}: news ({subscription.id}): nobody can tell"
    assert platform.arrived == [("@minseo", told)]
    [listed] = await list_subscriptions(database, "console", "local")
    assert listed.status is SubscriptionStatus.ACTIVE


async def test_recording_twice_is_recording_once(database: Database) -> None:
    """A commit of unknown fate is tried again: the pause and the notice stay single."""
    await put(database, await subscribe(database, "news"), "digest")
    platform = Platform()
    async with database.write() as connection:
        [claimed] = await deliveries.claim_due(
            connection, ["console"], now=NOW, lease=LEASE, limit=1
        )
    step = next_step(Blocked(problem="Gone."), attempts=1, now=NOW)
    for _ in range(2):
        await record_outcome(database, platform, claimed, step, now=NOW)
    assert await statuses(database) == [("news", "held"), ("@minseo", "pending")]


async def test_a_wait_of_one_channel_is_its_own(database: Database) -> None:
    """Its order is kept, the others go on, and it is asked again when it said."""
    for name in ("slow", "quick"):
        await put(database, await subscribe(database, name), "1", "2")
    platform = Platform()
    platform.reactions["slow"] = [RateLimited(retry_after=timedelta(seconds=10))]
    await send(database, platform)
    assert platform.arrived == [("quick", "1"), ("quick", "2")]
    await send(database, platform, now=NOW + timedelta(seconds=9))
    assert len(platform.arrived) == 2
    await send(database, platform, now=NOW + timedelta(seconds=10))
    assert platform.arrived[2:] == [("slow", "1"), ("slow", "2")]


async def test_a_wait_for_everything_silences_the_platform(database: Database) -> None:
    """Asking again for each channel is how an address gets banned."""
    for number in range(5):
        await put(database, await subscribe(database, f"c{number}"), "digest")
    platform, now = Platform(), [NOW]
    platform.reactions["c0"] = [RateLimited(retry_after=timedelta(minutes=1), everywhere=True)]
    sender = DeliverySender(database, platform, lambda: now[0], at_once=1)
    assert await sender.run() == 1
    now[0] = NOW + timedelta(seconds=59)
    assert await sender.run() == 0
    now[0] = NOW + timedelta(seconds=60)
    assert await sender.run() == 5


async def test_a_fault_of_ours_is_no_proof_either_way(database: Database) -> None:
    """It stops no other delivery, and the message is looked for before it is sent again."""
    for name in ("broken", "whole"):
        await put(database, await subscribe(database, name), "digest")

    def fail(delivery: Delivery) -> SendOutcome:
        platform.arrived.append((delivery.destination.channel, delivery.payload))
        raise ZeroDivisionError

    platform = Platform()
    platform.reactions["broken"] = [fail]
    await send(database, platform)
    await send(database, platform, now=NOW + 2 * SETTLING)
    assert sorted(platform.arrived) == [("broken", "digest"), ("whole", "digest")]
    assert await statuses(database) == [("broken", "sent"), ("whole", "sent")]


async def test_nothing_new_is_begun_once_told_to_stop(database: Database) -> None:
    """What is under way ends and is recorded: the exit leaves nothing to be looked for."""
    for name in ("a", "b"):
        await put(database, await subscribe(database, name), "1", "2")
    platform = Platform()
    platform.gate = asyncio.Event()
    sender = DeliverySender(database, platform, lambda: NOW)
    running = asyncio.create_task(sender.run())
    await platform.begun.wait()
    sender.stop()
    platform.gate.set()
    await sender.drain()
    assert await running == 2
    assert [status for _, status in await statuses(database)] == [
        DeliveryStatus.SENT,
        DeliveryStatus.PENDING,
    ] * 2


async def test_what_was_sent_is_recorded_though_the_database_fails_for_a_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next process would have to ask the platform, which may not tell."""
    await put(database, await subscribe(database, "news"), "digest")
    failures: Sequence[StorageError] = [StorageError("away"), StorageError("away")]
    left = list(failures)
    record = record_outcome

    async def failing(*args: object, **kwargs: object) -> None:
        if left:
            raise left.pop()
        await record(*args, **kwargs)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(module, "record_outcome", failing)
    await send(database, Platform())
    assert await statuses(database) == [("news", "sent")]
