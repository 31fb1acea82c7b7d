"""From a due slot to the console: written once, sent once, whatever dies in between."""

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.errors import StorageError
from bot.domain.growth import grow
from bot.domain.model import (
    Delivery,
    DeliveryStatus,
    Digest,
    FeedSpec,
    Notice,
    SendOutcome,
    Sent,
    Subscription,
    Unknown,
    Unreachable,
)
from bot.domain.outlets import Outlets
from bot.domain.retry import LEASE
from bot.domain.schedule import next_slot
from bot.jobs.send_deliveries import send_deliveries
from bot.jobs.write_digests import DigestWriter, PutOff, write_digests
from bot.platforms.console.messenger import ConsoleMessenger
from bot.platforms.messenger import Messenger
from bot.rendering.texts import load_texts
from bot.settings import bundled_config
from bot.storage import entries, feeds, readings, stories, subscriptions
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import CHANNEL, DAILY, NOW, OUTLETS, TASTE, parsed, reading, topic

SLOT = next_slot(DAILY, after=NOW)
TOPICS = {"japan-korea": topic()}


class Platform:
    """A messenger whose messages can be counted, and which can be told to fail."""

    platform = "console"
    ready = True

    def __init__(self, outcomes: Sequence[SendOutcome] = (), parts: int = 1) -> None:
        self.arrived: list[str] = []
        self._outcomes = list(outcomes)
        self._parts = parts

    def render(self, digest: Digest) -> tuple[str, ...]:
        return tuple(f"{digest.topic} {part}: {len(digest.items)}" for part in range(self._parts))

    def render_notice(self, notice: Notice) -> str | None:
        return f"{notice.status} {notice.subscriptions}: {notice.problem}"

    async def send(self, delivery: Delivery) -> SendOutcome:
        outcome = self._outcomes.pop(0) if self._outcomes else Sent(message_id="m")
        if isinstance(outcome, Sent):
            self.arrived.append(delivery.payload)
        return outcome

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        if delivery.payload in self.arrived:
            return Sent(message_id="found")
        return Unreachable(problem="not there")


class Death(BaseException):
    """The process ends here. A task's KeyboardInterrupt would end the tests."""


class DyingPlatform(Platform):
    """The process dies right after the platform has accepted the message."""

    async def send(self, delivery: Delivery) -> SendOutcome:
        self.arrived.append(delivery.payload)
        raise Death


@pytest.fixture
async def subscription(database: Database) -> Subscription:
    async with database.write() as connection:
        return await subscriptions.add(
            connection, CHANNEL, TASTE, created_by=None, after=NOW, now=NOW
        )


async def tell(
    database: Database,
    number: int,
    *,
    story_id: int,
    published_at: datetime,
    seen_at: datetime | None = None,
) -> None:
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    item = parsed(number, published_at=published_at)
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(
            connection, feed, [item], outlets=Outlets(OUTLETS), now=published_at
        )
        [entry] = await entries.unread(connection, limit=1)
        read = reading(entry.id, story_id=story_id)
        known = await stories.by_ids(connection, [story_id])
        await stories.save(connection, [grow(known.get(story_id), story_id, [(entry, read)])])
        await readings.save(connection, [read])
        await entries.mark_read(connection, [entry])


async def write(
    database: Database,
    messenger: Messenger,
    *,
    now: datetime = SLOT,
    put_off: PutOff | None = None,
) -> int:
    return await write_digests(
        database=database,
        writer=DigestWriter(database, ExtractiveSummarizer()),
        topics=TOPICS,
        messengers={"console": messenger},
        max_words=60,
        put_off=put_off or PutOff(),
        now=now,
    )


async def send(database: Database, messenger: Messenger, *, now: datetime = SLOT) -> int:
    return await send_deliveries(
        database=database, messengers={"console": messenger}, clock=lambda: now
    )


@pytest.mark.usefixtures("subscription")
async def test_nothing_is_written_before_the_slot(database: Database) -> None:
    """A digest is not early."""
    assert await write(database, Platform(), now=SLOT - timedelta(seconds=1)) == 0


@pytest.mark.usefixtures("subscription")
async def test_a_slot_is_written_and_sent_once(database: Database) -> None:
    """However often the jobs are woken."""
    await tell(database, 1, story_id=1, published_at=SLOT - timedelta(hours=1))
    platform = Platform()
    assert [await write(database, platform) for _ in range(3)] == [1, 0, 0]
    for _ in range(3):
        await send(database, platform)
    assert platform.arrived == ["japan-korea 0: 1"]


@pytest.mark.usefixtures("subscription")
async def test_a_story_is_told_again_only_when_it_has_grown(database: Database) -> None:
    """The next day's digest has no story of the day before, unless there is more to it."""
    day = timedelta(days=1)
    await tell(database, 1, story_id=1, published_at=SLOT - timedelta(hours=1))
    await tell(database, 2, story_id=2, published_at=SLOT - timedelta(hours=1))
    platform = Platform()
    await write(database, platform)
    await tell(database, 3, story_id=2, published_at=SLOT + timedelta(hours=1))
    await write(database, platform, now=SLOT + day)
    await send(database, platform, now=SLOT + day)
    assert platform.arrived == ["japan-korea 0: 2", "japan-korea 0: 1"]


@pytest.mark.usefixtures("subscription")
async def test_a_quiet_day_is_told_too(database: Database) -> None:
    """An empty digest says that nothing happened; silence would say that the bot is down."""
    platform = Platform()
    await write(database, platform)
    await send(database, platform)
    assert platform.arrived == ["japan-korea 0: 0"]


@pytest.mark.usefixtures("subscription")
async def test_a_death_after_the_platform_accepted_repeats_nothing(database: Database) -> None:
    """The next process finds the message in the platform's own history."""
    await write(database, Platform())
    dying = DyingPlatform()
    with pytest.raises(Death):
        await send(database, dying)
    after = Platform()
    after.arrived = dying.arrived
    await send(database, after, now=SLOT + LEASE)
    assert after.arrived == ["japan-korea 0: 0"]
    assert await send(database, after, now=SLOT + 10 * LEASE) == 0


@pytest.mark.usefixtures("subscription")
async def test_parts_arrive_in_order_through_failures(database: Database) -> None:
    """A digest resumes at the part that is missing."""
    platform = Platform([Sent(message_id="m"), Unreachable(problem="no route")], parts=3)
    await write(database, platform)
    await send(database, platform)
    assert len(platform.arrived) == 1
    await send(database, platform, now=SLOT + timedelta(minutes=1))
    assert platform.arrived == [f"japan-korea {part}: 0" for part in range(3)]


@pytest.mark.usefixtures("subscription")
async def test_an_unknown_outcome_is_looked_into(database: Database) -> None:
    """The connection broke before the message arrived: it is sent once more, and once only."""
    platform = Platform([Unknown(problem="the connection broke")])
    await write(database, platform)
    await send(database, platform)
    assert platform.arrived == []
    await send(database, platform, now=SLOT + LEASE)
    await send(database, platform, now=SLOT + timedelta(days=1))
    assert platform.arrived == ["japan-korea 0: 0"]


@pytest.mark.usefixtures("subscription")
async def test_what_arrived_though_the_answer_broke_is_not_sent_again(database: Database) -> None:
    """The platform's history has it."""

    class Breaking(Platform):
        async def send(self, delivery: Delivery) -> SendOutcome:
            self.arrived.append(delivery.payload)
            return Unknown(problem="the connection broke")

    platform = Breaking()
    await write(database, platform)
    for hours in range(3):
        await send(database, platform, now=SLOT + timedelta(hours=hours))
    assert platform.arrived == ["japan-korea 0: 0"]


@pytest.mark.usefixtures("subscription")
async def test_what_cannot_be_told_now_may_be_told_later(database: Database) -> None:
    """An outage hides the history too: it is looked into again until it answers."""

    class Hidden(Platform):
        outage = True

        async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
            return Unknown(problem="no history") if self.outage else await super().find(delivery)

    platform = Hidden([Unknown(problem="the connection broke")])
    await write(database, platform)
    for minutes in range(5):
        await send(database, platform, now=SLOT + timedelta(minutes=minutes))
    assert platform.arrived == []
    platform.outage = False
    await send(database, platform, now=SLOT + timedelta(hours=1))
    assert platform.arrived == ["japan-korea 0: 0"]


@pytest.mark.usefixtures("subscription")
async def test_what_can_never_be_told_is_not_sent_again(database: Database) -> None:
    """Guessing would lose it or repeat it."""

    class Blind(Platform):
        async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
            return Unknown(problem="no history", final=True)

    platform = Blind([Unknown(problem="the connection broke")])
    await write(database, platform)
    for hours in range(3):
        await send(database, platform, now=SLOT + timedelta(hours=hours))
    assert platform.arrived == []


@pytest.mark.usefixtures("subscription")
async def test_nothing_is_claimed_for_a_platform_that_is_not_ready(database: Database) -> None:
    """Before the login no attempt is spent."""
    platform = Platform()
    platform.ready = False
    await write(database, platform)
    assert await send(database, platform) == 0
    platform.ready = True
    assert await send(database, platform) == 1


async def test_one_digest_that_fails_does_not_stop_the_others(
    database: Database, subscription: Subscription
) -> None:
    """It is put off, not tried every second, and written once its cause is gone."""
    other, taste = replace(CHANNEL, channel="other"), replace(TASTE, max_stories=3)
    async with database.write() as connection:
        await subscriptions.add(connection, other, taste, created_by=None, after=NOW, now=NOW)

    class Half(Platform):
        broken = True
        renders = 0

        def render(self, digest: Digest) -> tuple[str, ...]:
            self.renders += 1
            if self.broken and self.renders == 1:
                raise ValueError("a bug")
            return super().render(digest)

    platform, put_off = Half(), PutOff()
    assert await write(database, platform, put_off=put_off) == 1
    assert put_off.holds(subscription.id, now=SLOT)
    assert await write(database, platform, put_off=put_off) == 0
    platform.broken = False
    later = SLOT + timedelta(minutes=1)
    assert await write(database, platform, put_off=put_off, now=later) == 1
    assert not put_off.holds(subscription.id, now=later)


@pytest.mark.usefixtures("subscription")
async def test_what_is_polled_late_is_told_by_the_next_digest(database: Database) -> None:
    """Published before the slot, polled after it: told once, not lost."""
    platform, day = Platform(), timedelta(days=1)
    await write(database, platform)
    published = SLOT - timedelta(minutes=20)
    await tell(database, 1, story_id=1, published_at=published, seen_at=SLOT + timedelta(minutes=5))
    for days in (1, 2):
        await write(database, platform, now=SLOT + days * day)
    await send(database, platform, now=SLOT + 2 * day)
    assert platform.arrived == ["japan-korea 0: 0", "japan-korea 0: 1", "japan-korea 0: 0"]


async def test_nothing_is_half_written(database: Database, subscription: Subscription) -> None:
    """If the outbox cannot be written, the slot stays due and nothing counts as told."""
    await tell(database, 1, story_id=1, published_at=SLOT - timedelta(hours=1))

    class Broken(Platform):
        def render(self, digest: Digest) -> tuple[str, ...]:
            raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        await write(database, Broken())
    async with database.read() as connection:
        assert await subscriptions.active(connection) == [subscription]
    platform = Platform()
    assert await write(database, platform) == 1
    await send(database, platform)
    assert platform.arrived == ["japan-korea 0: 1"]


@pytest.mark.usefixtures("subscription")
async def test_the_console_prints_the_digest(database: Database) -> None:
    """With the story's headline and its source."""
    await tell(database, 1, story_id=1, published_at=SLOT - timedelta(hours=1))
    stream = io.StringIO()
    console = ConsoleMessenger(stream, load_texts(bundled_config() / "locales"))
    await write(database, console)
    await send(database, console)
    assert "Leaders meet in Seoul, part 1" in stream.getvalue()
    assert "https://h.example/1" in stream.getvalue()


async def test_an_output_that_breaks_off_is_uncertain() -> None:
    """A part of the digest may have been shown."""
    full = Path("/dev/full").open("w")  # noqa: ASYNC230, SIM115 - closing it fails too
    outcome = await ConsoleMessenger(full, {}).send(_delivery())
    with suppress(OSError):
        full.close()
    assert isinstance(outcome, Unknown)


def _delivery() -> Delivery:
    return Delivery(
        id=1,
        key="1-1-0",
        destination=CHANNEL,
        slot_at=SLOT,
        part=0,
        payload="text",
        status=DeliveryStatus.PENDING,
    )
