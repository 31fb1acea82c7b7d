"""From a command to the channel: subscribed, due, posted once, whatever dies in between."""

from datetime import timedelta

import pytest

from bot.commands.desk import Desk
from bot.domain.model import Delivery, SendOutcome
from bot.domain.retry import LEASE
from bot.domain.schedule import next_slot, parse_schedule
from bot.jobs.send_deliveries import send_deliveries
from bot.jobs.write_digests import DigestWriter, PutOff, write_digests
from bot.platforms.messenger import Messenger
from bot.platforms.slack.platform import SlackPlatform
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import NOW
from tests.fakes.slack_server import SlackServer
from tests.platforms.slack.conftest import Serve


class Death(BaseException):
    """The process ends here."""


SLOT = next_slot(parse_schedule("daily 18:00", "Asia/Tokyo"), after=NOW)


async def write(desk: Desk, messenger: Messenger) -> None:
    await write_digests(
        database=desk.database,
        writer=DigestWriter(desk.database, ExtractiveSummarizer()),
        topics=desk.topics,
        messengers={"slack": messenger},
        max_words=60,
        put_off=PutOff(),
        now=SLOT,
    )


async def send(desk: Desk, messenger: Messenger, *, later: timedelta = timedelta()) -> None:
    await send_deliveries(
        database=desk.database, messengers={"slack": messenger}, clock=lambda: SLOT + later
    )


@pytest.fixture
async def subscribed(slack: SlackServer, platform: SlackPlatform, serving: Serve) -> SlackPlatform:
    """A platform whose channel has subscribed by command."""
    async with serving(platform):
        await slack.command("digest subscribe daily 18:00 Asia/Tokyo")
    slack.workspace.now = SLOT.timestamp()
    return platform


async def test_the_digest_comes_once_and_tells_the_stories(
    slack: SlackServer, desk: Desk, subscribed: SlackPlatform
) -> None:
    """However often the jobs are woken; with the stories that the command shows."""
    for _ in range(2):
        await write(desk, subscribed.messenger)
        await send(desk, subscribed.messenger)
    [message] = slack.workspace.channels["C1"].messages
    assert "Leaders meet in Seoul" in message["text"]
    assert "Ferry line to Busan opens again" in message["text"]


async def test_a_death_between_posting_and_recording_repeats_nothing(
    slack: SlackServer, desk: Desk, subscribed: SlackPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next process finds the message in the channel's history."""
    messenger = subscribed.messenger
    post = messenger.send

    async def post_and_die(delivery: Delivery) -> SendOutcome:
        await post(delivery)
        raise Death

    await write(desk, messenger)
    with monkeypatch.context() as patched:
        patched.setattr(messenger, "send", post_and_die)
        with pytest.raises(Death):
            await send(desk, messenger)
    await send(desk, messenger, later=LEASE + timedelta(seconds=1))
    await send(desk, messenger, later=timedelta(hours=2))
    assert len(slack.workspace.channels["C1"].messages) == 1
    assert len(slack.called("chat.postMessage")) == 1
