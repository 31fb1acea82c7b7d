"""Slack for a process that only sends: no socket, and every failure over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import InputError
from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    RateLimited,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.sender import SlackSender
from bot.rendering.texts import Texts
from bot.storage.database import Database
from tests.builders import NOW
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import TEAM
from tests.platforms.outbox_of_one import OutboxOfOne

WHERE = Destination(platform="slack", workspace=TEAM, channel="C1")
PATIENCE = 10


@asynccontextmanager
async def running(sender: SlackSender) -> AsyncIterator[SlackSender]:
    """Run it until Slack has taken the token, and end it as the app does."""
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
def alone(config: SlackConfig, texts: dict[str, Texts], slack: SlackServer) -> SlackSender:
    """A sender as the app makes it for a process with the role send alone."""
    slack.workspace.now = NOW.timestamp()
    return SlackSender(replace(config, app_token=None), texts)


@pytest.fixture
async def sender(alone: SlackSender) -> AsyncIterator[SlackSender]:
    """A sender whose token Slack has taken."""
    async with running(alone):
        yield alone


async def test_it_sends_without_a_socket(
    sender: SlackSender, delivery: Delivery, slack: SlackServer
) -> None:
    """Slack gives each command to any socket that is open: another process has it."""
    sent = await sender.messenger.send(delivery)
    assert isinstance(sent, Sent)
    assert await sender.messenger.find(delivery) == sent
    assert slack.called("apps.connections.open") == []


@pytest.mark.parametrize(
    ("trouble", "kind", "word"),
    [
        (Trouble(error="invalid_auth"), Unreachable, "SLACK_BOT_TOKEN"),
        (Trouble(status=401, error="invalid_auth"), Unreachable, "SLACK_BOT_TOKEN"),
        (Trouble(error="not_in_channel"), Blocked, "/invite"),
        (Trouble(error="channel_not_found"), Blocked, "gone"),
        (Trouble(error="missing_scope"), Blocked, "chat:write"),
        (Trouble(status=403), Unknown, "HTTP 403"),
        (Trouble(status=404), Unknown, "HTTP 404"),
        (Trouble(status=500), Unknown, "HTTP 500"),
        (Trouble(status=503, arrives=True), Unknown, "HTTP 503"),
        (Trouble(drop=True), Unknown, "broke off"),
        (Trouble(drop=True, arrives=True), Unknown, "broke off"),
        (Trouble(stall=True), Unknown, "broke off"),
    ],
    ids=repr,
)
async def test_each_failure_is_told_for_what_it_is(
    alone: SlackSender,
    delivery: Delivery,
    slack: SlackServer,
    trouble: Trouble,
    kind: type[SendOutcome],
    word: str,
) -> None:
    """After one request: refused, perhaps arrived, or certainly not."""
    alone.messenger._client.timeout = 1
    slack.expect("chat.postMessage", trouble)
    async with running(alone):
        outcome = await alone.messenger.send(delivery)
    assert isinstance(outcome, kind)
    assert word in getattr(outcome, "problem", "")
    assert len(slack.called("chat.postMessage")) == 1


@pytest.mark.parametrize(("stated", "wait"), [("7", 7), (None, 30)])
async def test_a_rate_limit_is_waited_out_by_the_outbox(
    sender: SlackSender, delivery: Delivery, slack: SlackServer, stated: str | None, wait: int
) -> None:
    """As long as Slack says, or the half minute that is usual."""
    slack.expect("chat.postMessage", Trouble(status=429, error="ratelimited", retry_after=stated))
    expected = RateLimited(retry_after=timedelta(seconds=wait))
    assert await sender.messenger.send(delivery) == expected
    assert len(slack.called("chat.postMessage")) == 1


@pytest.mark.parametrize(
    "trouble", [Trouble(status=503), Trouble(drop=True), Trouble(status=429, error="ratelimited")]
)
async def test_an_outage_at_the_start_is_ridden_out(
    alone: SlackSender,
    delivery: Delivery,
    slack: SlackServer,
    sqlite_database: Database,
    trouble: Trouble,
) -> None:
    """Until Slack has taken the token nothing is claimed; then what waited is sent."""
    outbox = OutboxOfOne(sqlite_database, alone.messenger)
    await outbox.put(WHERE, delivery.payload)
    assert await outbox.wake() == 0
    assert (await outbox.row()).status == DeliveryStatus.PENDING
    slack.expect("auth.test", trouble)
    async with running(alone):
        assert await outbox.wake() == 1
    assert (await outbox.row()).status == DeliveryStatus.SENT


@pytest.mark.parametrize("token", ["xoxb-another", "xoxb with a space"])
async def test_a_refused_token_is_explained_and_loses_nothing(
    config: SlackConfig,
    texts: dict[str, Texts],
    delivery: Delivery,
    sqlite_database: Database,
    token: str,
) -> None:
    """The process tells the mend; what is due stays due."""
    sender = SlackSender(replace(config, bot_token=token), texts)
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, delivery.payload)
    with pytest.raises(InputError, match="SLACK_BOT_TOKEN"):
        await asyncio.wait_for(sender.run(), PATIENCE)
    assert await outbox.wake() == 0
    assert (await outbox.row()).status == DeliveryStatus.PENDING


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_answer_is_cleared_up_by_the_history(
    sender: SlackSender,
    delivery: Delivery,
    slack: SlackServer,
    sqlite_database: Database,
    arrived: bool,
) -> None:
    """Found where it came, sent where it did not: one message either way."""
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, delivery.payload)
    slack.expect("chat.postMessage", Trouble(drop=True, arrives=arrived))
    await outbox.wake()
    assert (await outbox.row()).status == DeliveryStatus.SENDING
    await outbox.go_on()
    [message] = slack.workspace.channels["C1"].messages
    row = await outbox.row()
    assert (row.status, row.message_id) == (DeliveryStatus.SENT, message["ts"])


@pytest.mark.parametrize("arrived", [True, False])
async def test_where_the_history_cannot_be_read_it_ends_uncertain(
    sender: SlackSender,
    delivery: Delivery,
    slack: SlackServer,
    sqlite_database: Database,
    arrived: bool,
) -> None:
    """Never sent a second time, and the cause is told with its mend."""
    outbox = OutboxOfOne(sqlite_database, sender.messenger)
    await outbox.put(WHERE, delivery.payload)
    slack.expect("chat.postMessage", Trouble(status=502, arrives=arrived))
    slack.workspace.readable = False
    await outbox.wake()
    await outbox.go_on()
    row = await outbox.row()
    assert row.status == DeliveryStatus.UNCERTAIN
    assert "channels:history" in row.problem
    assert len(slack.called("chat.postMessage")) == 1
    assert len(slack.workspace.channels["C1"].messages) == arrived
