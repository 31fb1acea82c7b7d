"""Slots over time: downtimes, pauses, changes and clocks that step; told once, nothing lost."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.commands import subscriptions as desk
from bot.domain.errors import InputError
from bot.domain.model import (
    Delivery,
    Destination,
    Digest,
    Notice,
    SendOutcome,
    Sent,
    Slot,
    SlotStatus,
    Subscription,
    SubscriptionStatus,
    Taste,
    Unknown,
    Unreachable,
)
from bot.domain.planning import SUPERSEDED, TOO_OLD
from bot.domain.schedule import parse_schedule
from bot.domain.schedule import slots as slots_of
from bot.jobs.write_digests import DigestWriter, PutOff, prepare_digests, write_digests
from bot.storage import slots, subscriptions
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import CHANNEL, TASTE, topic

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Paper:
    """A messenger that keeps what it rendered."""

    platform = "console"
    ready = True

    def __init__(self) -> None:
        self.digests: list[Digest] = []

    def render(self, digest: Digest) -> tuple[str, ...]:
        self.digests.append(digest)
        return ("text",)

    def render_notice(self, notice: Notice) -> str | None:
        return None

    async def send(self, delivery: Delivery) -> SendOutcome:
        return Sent(message_id="m")

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        return Unreachable(problem="not there")


@dataclass
class Bot:
    """A bot over a database; its clock is where the test puts it."""

    database: Database
    paper: Paper = field(default_factory=Paper)
    now: datetime = MONDAY
    put_off: PutOff = field(default_factory=PutOff)

    async def subscribe(self, words: str, zone: str = "UTC", **changes: object) -> Subscription:
        taste = replace(TASTE, schedule=parse_schedule(words, zone), **changes)  # type: ignore[arg-type]
        return await desk.subscribe(self.database, CHANNEL, taste, created_by=None, now=self.now)

    async def tick(self, now: datetime | None = None) -> int:
        self.now, before = now or self.now, len(self.paper.digests)
        written = await write_digests(
            database=self.database,
            writer=DigestWriter(self.database, ExtractiveSummarizer()),
            topics={"japan-korea": topic()},
            messengers={"console": self.paper},
            max_words=60,
            put_off=self.put_off,
            now=self.now,
        )
        if written == 0:
            del self.paper.digests[before:]
        return written

    async def run(self, until: datetime, *, every: timedelta = HOUR) -> None:
        while self.now < until:
            await self.tick(self.now + every)

    @property
    def told(self) -> list[str]:
        """Return the slots told, marked where they are late."""
        found = ((d.slot_at or MONDAY, d.late) for d in self.paper.digests)
        return [f"{slot:%d %H:%M}{' late' if late else ''}" for slot, late in found]

    async def recorded(self, subscription: Subscription) -> list[Slot]:
        async with self.database.read() as connection:
            return await slots.of_subscription(connection, subscription.id, limit=1000)

    async def change(
        self, subscription: Subscription, words: str, zone: str = "UTC"
    ) -> Subscription:
        def make(taste: Taste) -> Taste:
            return replace(taste, schedule=parse_schedule(words, zone))

        return await desk.change(
            self.database,
            subscription.id,
            make,
            platform=CHANNEL.platform,
            workspace=CHANNEL.workspace,
            now=self.now,
        )


HERE = {"platform": CHANNEL.platform, "workspace": CHANNEL.workspace}


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database)


async def test_every_slot_is_told_on_time(bot: Bot) -> None:
    """Several times a day, each once, however often the job is woken."""
    made = await bot.subscribe("daily 08:00,12:30")
    await bot.run(MONDAY + 2 * DAY, every=HOUR / 4)
    assert bot.told == ["23 08:00", "23 12:30", "24 08:00", "24 12:30"]
    assert {slot.status for slot in await bot.recorded(made)} == {SlotStatus.ON_TIME}


async def test_a_slot_missed_by_a_little_is_not_called_late(bot: Bot) -> None:
    """Nobody's watch is truer than two minutes; after that the digest says so."""
    await bot.subscribe("daily 08:00")
    await bot.tick(MONDAY + 8 * HOUR + timedelta(seconds=119))
    await bot.tick(MONDAY + 32 * HOUR + timedelta(seconds=121))
    assert bot.told == ["23 08:00", "24 08:00 late"]


async def test_a_downtime_ends_with_one_late_digest(bot: Bot) -> None:
    """Never a flood: what came before is recorded as skipped, with the reason."""
    made = await bot.subscribe("every 6 hours")
    await bot.tick(MONDAY + 31 * HOUR)
    assert bot.told == ["24 06:00 late"]
    assert bot.paper.digests[0].slots_skipped == 4
    latest, *older = await bot.recorded(made)
    assert latest.status is SlotStatus.LATE
    assert [(slot.slot_at, slot.status, slot.reason) for slot in older] == [
        (MONDAY + hours * HOUR, SlotStatus.SKIPPED, SUPERSEDED) for hours in (24, 18, 12, 6)
    ]
    assert await bot.tick() == 0


async def test_what_is_too_old_is_left_to_the_next_digest(bot: Bot) -> None:
    """Friday's digest on a late Sunday is news no more; Monday's covers its time too."""
    bot.now = MONDAY + 4 * DAY
    made = await bot.subscribe("weekdays 08:00")
    friday, monday = MONDAY + 4 * DAY + 8 * HOUR, MONDAY + 7 * DAY + 8 * HOUR
    await bot.tick(friday + 60 * HOUR)
    assert bot.told == []
    [skipped] = await bot.recorded(made)
    assert (skipped.slot_at, skipped.reason) == (friday, TOO_OLD)
    await bot.tick(monday)
    assert bot.told == ["30 08:00"]
    assert bot.paper.digests[0].since < friday


async def test_a_weekly_digest_outlives_a_downtime_of_days(bot: Bot) -> None:
    """Down from Monday to Thursday, the week's digest still comes; on Sunday the next is near."""
    await bot.subscribe("weekly monday 08:00")
    await bot.tick(MONDAY + 3 * DAY)
    assert bot.told == ["23 08:00 late"]
    await bot.tick(MONDAY + 13 * DAY)
    assert bot.told == ["23 08:00 late"]


async def test_a_long_downtime_records_a_month_of_slots_at_most(bot: Bot) -> None:
    """Of a bot that was off for years nobody asks which hours it missed."""
    made = await bot.subscribe("hourly")
    await bot.tick(MONDAY + 1000 * DAY)
    assert len(bot.told) == 1
    assert len(await bot.recorded(made)) == 35 * 24


async def test_a_first_digest_for_a_slot_before_the_subscription_is_not_late(bot: Bot) -> None:
    """A newcomer at the console reads one at once."""
    async with bot.database.write() as connection:
        await subscriptions.add(
            connection, CHANNEL, TASTE, created_by=None, after=MONDAY - DAY, now=MONDAY
        )
    await bot.tick()
    assert bot.told == ["22 23:00"]


async def test_a_paused_subscription_is_silent_and_resumes_with_the_next_slot(bot: Bot) -> None:
    """What fell due in between was not wanted."""
    made = await bot.subscribe("daily 08:00")
    await bot.run(MONDAY + 10 * HOUR)
    await desk.pause(bot.database, made.id, **HERE)
    await bot.run(MONDAY + 3 * DAY)
    resumed = await desk.resume(bot.database, made.id, now=bot.now, **HERE)
    assert resumed.status is SubscriptionStatus.ACTIVE
    await bot.run(MONDAY + 4 * DAY)
    assert bot.told == ["23 08:00", "26 08:00"]


async def test_a_later_time_counts_from_the_change_on(bot: Bot) -> None:
    """No slot of the new schedule is due for the time before it was wanted."""
    made = await bot.subscribe("daily 08:00")
    await bot.run(MONDAY + 10 * HOUR)
    await bot.change(made, "daily 09:00")
    await bot.run(MONDAY + 2 * DAY)
    assert bot.told == ["23 08:00", "24 09:00"]


async def test_a_slot_that_is_due_survives_a_change(bot: Bot) -> None:
    """Changed before the bot came to tell it: told once, then the new schedule goes on."""
    made = await bot.subscribe("daily 08:00")
    bot.now = MONDAY + 8 * HOUR + timedelta(seconds=1)
    changed = await bot.change(made, "daily 07:00", "Asia/Tokyo")
    assert changed.owed_slot_at == MONDAY + 8 * HOUR
    await bot.tick()
    await bot.run(MONDAY + 2 * DAY)
    assert bot.told == ["23 08:00", "23 22:00", "24 22:00"]


async def test_another_zone_neither_repeats_nor_loses_a_slot(bot: Bot) -> None:
    """Forth and back again within a day: each moment's own schedule counts."""
    made = await bot.subscribe("daily 08:00", "Asia/Tokyo")
    await bot.run(MONDAY + 5 * HOUR)
    await bot.change(made, "daily 08:00", "Europe/London")
    await bot.run(MONDAY + 10 * HOUR)
    await bot.change(made, "daily 08:00", "Asia/Tokyo")
    await bot.run(MONDAY + 2 * DAY)
    assert bot.told == ["23 08:00", "23 23:00", "24 23:00"]


async def test_what_a_week_has_not_told_yet_is_covered_after_a_change(bot: Bot) -> None:
    """From weekly to daily on a Saturday: the first daily digest covers the week."""
    made = await bot.subscribe("weekly monday 08:00")
    await bot.run(MONDAY + 9 * HOUR)
    bot.now = MONDAY + 5 * DAY
    await bot.change(made, "daily 08:00")
    await bot.run(MONDAY + 5 * DAY + 9 * HOUR)
    assert bot.told == ["23 08:00", "28 08:00"]
    assert bot.paper.digests[1].since < MONDAY + 8 * HOUR


async def test_a_change_to_what_is_there_is_refused(bot: Bot) -> None:
    """Nothing to change, or what another subscription of the channel does."""
    made = await bot.subscribe("daily 08:00")
    await bot.subscribe("daily 18:00")
    with pytest.raises(InputError, match="is so already"):
        await bot.change(made, "daily 08:00")
    with pytest.raises(InputError, match="subscribed already"):
        await bot.change(made, "daily 18:00")


@pytest.mark.parametrize("step", [timedelta(seconds=30), HOUR / 2, 3 * HOUR, 2 * DAY, 400 * DAY])
@pytest.mark.parametrize("words", ["daily 08:00", "every 2 hours", "weekdays 08:00,20:00"])
async def test_a_clock_that_is_set_back_repeats_nothing_and_blocks_nothing(
    bot: Bot, step: timedelta, words: str
) -> None:
    """The slots that the wrong clock told stay told; all the others come when they are due."""
    made = await bot.subscribe(words)
    await bot.run(MONDAY + 9 * HOUR)
    # Ahead by the step for an hour, then right again.
    await bot.tick(bot.now + step)
    await bot.tick(bot.now + HOUR)
    ahead = list(bot.told)
    await bot.tick(bot.now - step)
    await bot.run(MONDAY + 4 * DAY)
    told_at = {digest.slot_at for digest in bot.paper.digests}
    assert len(told_at) == len(bot.told)
    assert told_at >= set(slots_of(made.taste.schedule, after=MONDAY, until=bot.now))
    assert not any("late" in mark for mark in bot.told[len(ahead) :])


async def test_a_resumption_by_a_wrong_clock_begins_now(bot: Bot) -> None:
    """It must not be silent until the clock's date."""
    made = await bot.subscribe("daily 08:00")
    await desk.pause(bot.database, made.id, **HERE)
    await desk.resume(bot.database, made.id, now=MONDAY + 300 * DAY, **HERE)
    await bot.run(MONDAY + DAY)
    assert bot.told == ["23 08:00"]


async def test_two_processes_tell_a_slot_once(bot: Bot) -> None:
    """The second finds that the first has been there."""
    await bot.subscribe("daily 08:00")
    other = Bot(bot.database, now=MONDAY + 8 * HOUR)

    class Overtaken(Paper):
        def render(self, digest: Digest) -> tuple[str, ...]:
            raise AssertionError("composed after the slot was told")

    assert await other.tick() == 1
    bot.paper = Overtaken()
    assert await bot.tick(MONDAY + 8 * HOUR) == 0


async def test_a_pause_while_a_digest_is_composed_holds(bot: Bot) -> None:
    """What was read before it is looked at again when it is saved."""
    made = await bot.subscribe("daily 08:00")

    class Pausing(DigestWriter):
        async def write(self, *arguments: object, **options: object) -> Digest:
            await desk.pause(bot.database, made.id, **HERE)
            return await super().write(*arguments, **options)  # type: ignore[arg-type]

    written = await write_digests(
        database=bot.database,
        writer=Pausing(bot.database, ExtractiveSummarizer()),
        topics={"japan-korea": topic()},
        messengers={"console": bot.paper},
        max_words=60,
        put_off=PutOff(),
        now=MONDAY + 8 * HOUR,
    )
    assert written == 0
    assert await bot.recorded(made) == []


async def test_what_is_alike_is_composed_once(bot: Bot) -> None:
    """Three channels want the same, one wants another length: two digests are rendered."""
    for channel in ("a", "b", "c", "d"):
        taste = replace(
            TASTE,
            schedule=parse_schedule("daily 08:00", "UTC"),
            max_stories=3 if channel == "d" else 10,
        )
        where = Destination(**HERE, channel=channel)
        await desk.subscribe(bot.database, where, taste, created_by=None, now=MONDAY)
    assert await bot.tick(MONDAY + 8 * HOUR) == 4
    assert len(bot.paper.digests) == 2


async def test_preparing_tells_nothing(bot: Bot) -> None:
    """Only the summaries are there before the slot."""
    made = await bot.subscribe("daily 08:00")
    prepare: Callable[[datetime], object] = lambda now: prepare_digests(  # noqa: E731
        database=bot.database,
        writer=DigestWriter(bot.database, ExtractiveSummarizer()),
        topics={"japan-korea": topic()},
        platforms=["console"],
        max_words=60,
        now=now,
    )
    assert await prepare(MONDAY + 7 * HOUR) == 0  # type: ignore[misc]
    assert await prepare(MONDAY + 8 * HOUR - timedelta(minutes=1)) == 1  # type: ignore[misc]
    assert await bot.recorded(made) == []
    assert await bot.tick(MONDAY + 8 * HOUR) == 1


async def test_the_next_due_moment_is_known(bot: Bot) -> None:
    """So that the job can be woken at it; a paused subscription has none."""
    made = await bot.subscribe("daily 08:00")
    await bot.tick()
    async with bot.database.read() as connection:
        assert await subscriptions.next_due_at(connection, ["console"], after=bot.now) == (
            MONDAY + 8 * HOUR
        )
    await desk.pause(bot.database, made.id, **HERE)
    async with bot.database.read() as connection:
        assert await subscriptions.next_due_at(connection, ["console"], after=bot.now) is None


async def test_zones_whose_rules_changed_are_worked_out_anew(bot: Bot) -> None:
    """At every start: what was stored by older rules does not hold."""
    await bot.subscribe("daily 08:00")
    await bot.tick()
    async with bot.database.write() as connection:
        await connection.exec_driver_sql("UPDATE subscriptions SET due_at = '2040-01-01 00:00:00'")
        await subscriptions.look_again(connection)
    await bot.tick(MONDAY + 8 * HOUR)
    assert bot.told == ["23 08:00"]


def test_what_is_put_off_does_not_wait_for_a_wrong_clocks_date() -> None:
    """A wait that began in the future is over: the longest is an hour."""
    put_off = PutOff()
    put_off.failed(1, now=MONDAY)
    assert put_off.holds(1, now=MONDAY)
    put_off.failed(1, now=MONDAY + 300 * DAY)
    assert not put_off.holds(1, now=MONDAY)


async def test_a_zone_that_is_unknown_here_stops_only_its_own_digest(bot: Bot) -> None:
    """Such as one that a newer machine stored; it comes once the zone is known."""
    made = await bot.subscribe("daily 08:00")
    other = Destination(**HERE, channel="other")
    taste = replace(TASTE, schedule=parse_schedule("daily 08:00", "UTC"))
    await desk.subscribe(bot.database, other, taste, created_by=None, now=MONDAY)
    async with bot.database.write() as connection:
        unknown = f"UPDATE subscriptions SET zone = 'Mars/Olympus' WHERE id = {made.id}"  # noqa: S608
        await connection.exec_driver_sql(unknown)
    assert await bot.tick(MONDAY + 8 * HOUR) == 1
    async with bot.database.write() as connection:
        await connection.exec_driver_sql("UPDATE subscriptions SET zone = 'UTC'")
    assert await bot.tick(MONDAY + 9 * HOUR) == 1
