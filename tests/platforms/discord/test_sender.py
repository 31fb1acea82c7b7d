"""Discord for a process that only sends: no gateway, and every failure over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from bot.domain.errors import StraitError
from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    Language,
    RateLimited,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.discord import messenger as module
from bot.platforms.discord.config import DiscordConfig
from bot.platforms.discord.sender import DiscordSender
from bot.rendering.texts import Texts
from bot.storage.database import Database
from tests.builders import NOW
from tests.fakes.discord_rest import GUILD, TOKEN, DiscordDouble, Fault
from tests.platforms.outbox_of_one import OutboxOfOne
from tests.rendering.conftest import a_digest

CHANNEL = "2000"
WHERE = Destination(platform="discord", workspace=GUILD, channel=CHANNEL)
PATIENCE = 10


@pytest.fixture
def make_sender(aimed: dict[str, str], texts: dict[str, Texts]) -> Callable[[str], DiscordSender]:
    """Build the sender as the app does for a process with the role send alone."""
    base = aimed["api_base"]
    return lambda token: DiscordSender(DiscordConfig(token=token, api_base=base), texts)


@asynccontextmanager
async def running(sender: DiscordSender) -> AsyncIterator[DiscordSender]:
    """Run it until it is logged in, and end it as the app does."""
    task = asyncio.create_task(sender.run())
    async with asyncio.timeout(PATIENCE):
        while not sender.messenger.ready:
            assert not task.done(), task
            await asyncio.sleep(0.01)
    try:
        yield sender
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def sender(make_sender: Callable[[str], DiscordSender]) -> AsyncIterator[DiscordSender]:
    """A sender that is logged in at the double."""
    async with running(make_sender(TOKEN)) as started:
        yield started


@pytest.fixture
def delivery(sender: DiscordSender) -> Delivery:
    return Delivery(
        id=1,
        key="1-1795000000-0",
        destination=WHERE,
        slot_at=NOW,
        part=0,
        payload=sender.messenger.render(a_digest(Language.EN))[0],
        status=DeliveryStatus.PENDING,
        first_attempt_at=NOW,
    )


async def test_it_sends_without_a_session_of_the_gateway(
    sender: DiscordSender, delivery: Delivery, double: DiscordDouble
) -> None:
    """Of which Discord allows a thousand a day: another process may hold the only one."""
    assert isinstance(await sender.messenger.send(delivery), Sent)
    assert isinstance(await sender.messenger.find(delivery), Sent)
    assert len(double.messages[CHANNEL]) == 1
    assert double.identified == []
    assert double.synced == 0


@pytest.mark.parametrize(
    ("fault", "kind", "word"),
    [
        (Fault(status=401), Unreachable, "DISCORD_TOKEN"),
        (Fault(status=403, code=50013), Blocked, "Send Messages"),
        (Fault(status=403, code=50001), Blocked, "View Channel"),
        (Fault(status=404, code=10003), Blocked, "is gone"),
        (Fault(status=403, at_the_door=True), Unreachable, "front door"),
        (Fault(status=500), Unknown, "did not confirm"),
        (Fault(status=503, stored=True), Unknown, "did not confirm"),
        (Fault(drop=True), Unknown, "did not confirm"),
        (Fault(drop=True, stored=True), Unknown, "did not confirm"),
        (Fault(stall=True), Unknown, "TimeoutError"),
    ],
    ids=repr,
)
async def test_each_failure_is_told_for_what_it_is(
    sender: DiscordSender,
    delivery: Delivery,
    double: DiscordDouble,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    kind: type[SendOutcome],
    word: str,
) -> None:
    """After one request: refused, perhaps arrived, or certainly not."""
    monkeypatch.setattr(module, "SEND_SECONDS", 0.5)
    double.faults.append(fault)
    outcome = await sender.messenger.send(delivery)
    assert isinstance(outcome, kind)
    assert word in getattr(outcome, "problem", "")
    assert len(double.posts) == 1


@pytest.mark.parametrize(
    ("fault", "wait", "everywhere"),
    [
        (Fault(retry_after=2.5), 2.5, False),
        (Fault(status=429, at_the_door=True, retry_after=90), 90, True),
        (Fault(status=429, at_the_door=True), 60, True),
    ],
    ids=repr,
)
async def test_a_rate_limit_is_waited_out_by_the_outbox(
    sender: DiscordSender,
    delivery: Delivery,
    double: DiscordDouble,
    fault: Fault,
    wait: float,
    everywhere: bool,
) -> None:
    """As long as Discord says: for the channel, or at its front door for all."""
    double.faults.append(fault)
    expected = RateLimited(retry_after=timedelta(seconds=wait), everywhere=everywhere)
    assert await sender.messenger.send(delivery) == expected
    assert len(double.posts) == 1


@pytest.mark.parametrize("threads", [{}, {CHANNEL: "2001"}], ids=["channel", "thread"])
async def test_an_empty_channel_that_can_be_read_proves_the_absence(
    sender: DiscordSender, delivery: Delivery, double: DiscordDouble, threads: dict[str, str]
) -> None:
    """No gateway has told the permissions: Discord is asked for them."""
    double.threads.update(threads)
    assert isinstance(await sender.messenger.find(delivery), Unreachable)


@pytest.mark.parametrize("threads", [{}, {CHANNEL: "2001"}], ids=["channel", "thread"])
async def test_an_empty_channel_whose_history_is_hidden_proves_nothing(
    sender: DiscordSender, delivery: Delivery, double: DiscordDouble, threads: dict[str, str]
) -> None:
    """It looks the same; only the permissions tell them apart."""
    double.threads.update(threads)
    double.history_hidden = True
    found = await sender.messenger.find(delivery)
    assert isinstance(found, Unknown)
    assert "Read Message History" in found.problem


@pytest.mark.parametrize(
    "fault", [Fault(status=403, code=50001), Fault(status=404, code=10004), Fault(drop=True)]
)
async def test_permissions_that_cannot_be_asked_for_prove_nothing(
    sender: DiscordSender, delivery: Delivery, double: DiscordDouble, fault: Fault
) -> None:
    """The bot was removed meanwhile, or the connection was cut."""
    # Twice: reading may be repeated, and aiohttp does so where a connection was cut.
    double.guild_faults.extend([fault, fault])
    assert isinstance(await sender.messenger.find(delivery), Unknown)


async def test_an_outage_at_the_start_is_ridden_out(
    make_sender: Callable[[str], DiscordSender], double: DiscordDouble, sqlite_database: Database
) -> None:
    """Until Discord has taken the token nothing is claimed; then what waited is sent."""
    sender = make_sender(TOKEN)
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, sender.messenger.render(a_digest(Language.EN))[0])
    assert await outbox.wake() == 0
    assert (await outbox.row()).status == DeliveryStatus.PENDING
    double.login_faults.append(Fault(status=503))
    async with running(sender):
        assert await outbox.wake() == 1
    assert double.logins > 1
    assert (await outbox.row()).status == DeliveryStatus.SENT


async def test_a_refused_token_is_explained_and_loses_nothing(
    make_sender: Callable[[str], DiscordSender], sqlite_database: Database
) -> None:
    """The process tells the mend; what is due stays due."""
    sender = make_sender("another.real.token")
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, sender.messenger.render(a_digest(Language.EN))[0])
    with pytest.raises(StraitError, match="DISCORD_TOKEN"):
        await asyncio.wait_for(sender.run(), PATIENCE)
    assert await outbox.wake() == 0
    assert (await outbox.row()).status == DeliveryStatus.PENDING


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_answer_is_cleared_up_by_the_history(
    sender: DiscordSender, double: DiscordDouble, sqlite_database: Database, arrived: bool
) -> None:
    """Long after the nonce is forgotten: found where it came, sent where it did not."""
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, sender.messenger.render(a_digest(Language.EN))[0])
    double.faults.append(Fault(drop=True, stored=arrived))
    await outbox.wake()
    assert (await outbox.row()).status == DeliveryStatus.SENDING
    double.forget_nonces()
    await outbox.go_on()
    [message] = double.messages[CHANNEL]
    row = await outbox.row()
    assert (row.status, row.message_id) == (DeliveryStatus.SENT, message["id"])


@pytest.mark.parametrize("arrived", [True, False])
async def test_where_the_history_cannot_be_read_it_ends_uncertain(
    sender: DiscordSender, double: DiscordDouble, sqlite_database: Database, arrived: bool
) -> None:
    """Never sent a second time, and the cause is told with its mend."""
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, sender.messenger.render(a_digest(Language.EN))[0])
    double.faults.append(Fault(status=502, stored=arrived))
    double.history_hidden = True
    await outbox.wake()
    await outbox.go_on()
    row = await outbox.row()
    assert row.status == DeliveryStatus.UNCERTAIN
    assert "Read Message History" in row.problem
    assert len(double.posts) == 1
    assert len(double.messages[CHANNEL]) == arrived
