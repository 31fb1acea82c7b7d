"""The outbox's messenger against real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from discord.http import Route

from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    Language,
    Notice,
    RateLimited,
    Rejected,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.claims import TooLateError, sending_while
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.config import aim
from bot.platforms.discord.marker import mark
from bot.platforms.discord.messenger import DiscordMessenger
from tests.builders import NOW
from tests.fakes.discord_objects import BOT_ID
from tests.fakes.discord_rest import DiscordDouble, Fault, texts_of
from tests.rendering.conftest import a_digest

CHANNEL = "2000"
KEY = "1-1795000000-0"


@pytest.fixture
async def messenger(
    make_platform: Callable[..., DiscordPlatform], aimed: dict[str, str]
) -> AsyncIterator[DiscordMessenger]:
    """A messenger that is logged in at the double."""
    platform = make_platform(**aimed)
    aim(platform._config)
    await platform.client.login("a.real.token")
    yield platform.messenger
    await platform.client.close()


@pytest.fixture
def delivery(messenger: DiscordMessenger) -> Delivery:
    return Delivery(
        id=1,
        key=KEY,
        destination=Destination(platform="discord", workspace="1", channel=CHANNEL),
        slot_at=NOW,
        part=0,
        payload=messenger.render(a_digest(Language.EN))[0],
        status=DeliveryStatus.PENDING,
        first_attempt_at=NOW,
    )


async def test_a_digest_arrives_as_a_layout(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Components V2, nobody mentioned, marked with the delivery's own number."""
    outcome = await messenger.send(delivery)
    [message] = double.messages[CHANNEL]
    assert outcome == Sent(message_id=message["id"])
    texts = texts_of(message["components"])
    assert "Leaders agree to meet twice a year" in texts[1]
    assert texts[-1].endswith(mark(KEY))
    assert double.posts[0]["allowed_mentions"] == {"parse": []}


async def test_a_claim_that_is_over_when_the_connection_stands_sends_nothing(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """The process was frozen while it connected: another one has sent the digest by now."""
    with sending_while(lambda: False), pytest.raises(TooLateError):
        await messenger.send(delivery)
    assert double.messages[CHANNEL] == []
    with sending_while(lambda: True):
        assert isinstance(await messenger.send(delivery), Sent)


async def test_the_same_delivery_twice_is_one_message(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """While the nonce is fresh a second attempt gets the first one's message."""
    assert await messenger.send(delivery) == await messenger.send(delivery)
    await messenger.send(replace(delivery, key="another"))
    assert len(double.messages[CHANNEL]) == 2


async def test_a_refused_layout_is_sent_as_plain_text(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """A reader gets the headlines and links at least, without previews."""
    double.refuse_layouts = True
    assert isinstance(await messenger.send(delivery), Sent)
    [message] = double.messages[CHANNEL]
    assert "Leaders agree to meet twice a year" in message["content"]
    assert message["flags"] == 4
    assert isinstance(await messenger.find(delivery), Sent)


async def test_a_rate_limit_is_left_to_the_outbox(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """One attempt, and the very time that Discord asks for: the library sleeps it out."""
    double.faults.append(Fault(retry_after=12.5))
    assert await messenger.send(delivery) == RateLimited(retry_after=timedelta(seconds=12.5))
    assert len(double.posts) == 1


@pytest.mark.parametrize("fault", [Fault(status=502), Fault(drop=True)])
@pytest.mark.parametrize("stored", [True, False])
async def test_an_unconfirmed_message_is_tried_once_and_looked_for(
    messenger: DiscordMessenger,
    delivery: Delivery,
    double: DiscordDouble,
    fault: Fault,
    stored: bool,
) -> None:
    """A server error or a dropped connection says nothing: the channel's history does."""
    double.add(CHANNEL, 5, {"content": "someone's words"})
    double.faults.append(replace(fault, stored=stored))
    assert isinstance(await messenger.send(delivery), Unknown)
    assert len(double.posts) == 1
    assert isinstance(await messenger.find(delivery), Sent if stored else Unreachable)


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        (Fault(status=403, code=50013), "give it Send Messages"),
        (Fault(status=403, code=50001), "give it View Channel"),
        (Fault(status=404, code=10003), "is gone"),
        (Fault(status=400, code=50083), "thread is closed"),
    ],
)
async def test_a_channel_that_takes_nothing_is_blocked_with_the_mend(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble, fault: Fault, mend: str
) -> None:
    """The one who installed the bot reads what to do."""
    double.faults.extend([fault, fault])
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Blocked)
    assert mend in outcome.problem


async def test_a_revoked_token_loses_no_digest(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """The message certainly did not arrive, and may once the token is mended."""
    double.faults.append(Fault(status=401))
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Unreachable)
    assert "DISCORD_TOKEN" in outcome.problem


async def test_a_refused_connection_may_be_tried_again(
    messenger: DiscordMessenger, delivery: Delivery, unused_tcp_port: int
) -> None:
    """Nothing was written, so that nothing can have arrived."""
    Route.BASE = f"http://127.0.0.1:{unused_tcp_port}"
    assert isinstance(await messenger.send(delivery), Unreachable)


async def test_before_login_nothing_is_sent(
    make_platform: Callable[..., DiscordPlatform], delivery: Delivery
) -> None:
    """A delivery that is due while the bot connects waits."""
    early = make_platform().messenger
    assert not early.ready
    assert isinstance(await early.send(delivery), Unreachable)
    assert isinstance(await early.find(delivery), Unknown)


async def test_a_damaged_payload_is_rejected(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """A hand-edited outbox does not stop the others."""
    assert isinstance(await messenger.send(replace(delivery, payload="{}")), Rejected)
    assert double.posts == []


async def test_a_mark_in_others_words_is_not_the_delivery(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Neither a member nor a story that repeats the mark can suppress a digest."""
    double.add(CHANNEL, 5, {"content": f"hm · {mark(KEY)}"})
    double.add(CHANNEL, BOT_ID, {"content": f"hm · {mark(KEY)}\nsomething else"})
    assert isinstance(await messenger.find(delivery), Unreachable)


async def test_a_hidden_history_proves_nothing(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Discord shows an empty channel to those who may not read its history."""
    await messenger.send(delivery)
    double.history_hidden = True
    outcome = await messenger.find(delivery)
    assert isinstance(outcome, Unknown)
    assert "Read Message History" in outcome.problem


async def test_a_forbidden_history_proves_nothing(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Nobody guesses: the admin is told to look."""
    double.read_faults.append(Fault(status=403, code=50001))
    assert isinstance(await messenger.find(delivery), Unknown)


async def test_only_messages_since_the_first_attempt_are_read(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Old messages show that the history can be read, so that its end proves the absence."""
    await messenger.send(delivery)
    later = NOW + timedelta(days=365)
    assert isinstance(await messenger.find(replace(delivery, first_attempt_at=later)), Unreachable)


async def test_a_busy_channel_is_searched_page_by_page(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """The digest is found behind hundreds of other messages."""
    for number in range(250):
        double.add(CHANNEL, 5, {"content": f"message {number}"})
    double.faults.append(Fault(drop=True, stored=True))
    await messenger.send(delivery)
    assert isinstance(await messenger.find(delivery), Sent)


async def test_deliveries_to_two_channels_do_not_mix(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Attempts at the same time have their own beginnings and ends."""
    other = replace(
        delivery, key="2-1795000000-0", destination=replace(delivery.destination, channel="2001")
    )
    outcomes = await asyncio.gather(messenger.send(delivery), messenger.send(other))
    assert [type(outcome) for outcome in outcomes] == [Sent, Sent]
    assert [len(double.messages[c]) for c in (CHANNEL, "2001")] == [1, 1]


def blocked_notice() -> Notice:
    return Notice(
        destination=Destination(platform="discord", workspace="1", channel=CHANNEL),
        status=DeliveryStatus.HELD,
        problem="The Discord thread is closed: open it again.",
        language=Language.EN,
        subscriptions=(3, 4),
    )


@pytest.fixture
def notice(messenger: DiscordMessenger, delivery: Delivery) -> Delivery:
    """A notice to a person, as the outbox has it."""
    payload = messenger.render_notice(blocked_notice())
    assert payload is not None
    person = replace(delivery.destination, channel="@77")
    return replace(delivery, destination=person, payload=payload, notice=True)


async def test_a_person_is_told_in_a_direct_message(
    messenger: DiscordMessenger, notice: Delivery, double: DiscordDouble
) -> None:
    """In plain words with the mend, and found again in the conversation."""
    outcome = await messenger.send(notice)
    [message] = double.messages[double.direct("77")]
    assert outcome == Sent(message_id=message["id"])
    assert f"<#{CHANNEL}>" in message["content"]
    assert "open it again" in message["content"]
    assert "/digest resume" in message["content"]
    assert "3, 4" in message["content"]
    assert await messenger.find(notice) == outcome
    assert isinstance(await messenger.find(replace(notice, key="another")), Unreachable)


async def test_a_person_who_takes_no_messages_is_blocked(
    messenger: DiscordMessenger, notice: Delivery, double: DiscordDouble
) -> None:
    """Nothing to be tried again."""
    double.faults.append(Fault(status=403, code=50007))
    assert isinstance(await messenger.send(notice), Blocked)
    assert len(double.posts) == 1


async def test_a_fresh_nonce_stands_in_for_the_history(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Discord drops the second message itself: within a minute nothing is uncertain."""
    double.faults.append(Fault(drop=True, stored=True))
    double.history_hidden = True
    assert isinstance(await messenger.send(delivery), Unknown)
    messenger._clock = lambda: NOW + timedelta(seconds=59)
    assert isinstance(await messenger.find(delivery), Unreachable)
    assert isinstance(await messenger.send(delivery), Sent)
    assert len(double.messages[CHANNEL]) == 1


async def test_an_old_nonce_proves_nothing(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Discord has forgotten it; nor does a clock that was set back make it fresh."""
    double.history_hidden = True
    for seconds in (60, -1):
        messenger._clock = lambda moved=seconds: NOW + timedelta(seconds=moved)  # type: ignore[misc]
        assert isinstance(await messenger.find(delivery), Unknown)


async def test_a_ban_at_the_door_silences_every_channel(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Asking on is how a ban of an hour becomes one of a day."""
    double.faults.append(Fault(status=429, at_the_door=True, retry_after=90))
    outcome = await messenger.send(delivery)
    assert outcome == RateLimited(retry_after=timedelta(seconds=90), everywhere=True)


async def test_a_refusal_at_the_door_is_no_verdict_on_the_channel(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """Discord itself never saw the digest: it is neither given up nor its channel paused."""
    double.faults.append(Fault(status=403, at_the_door=True))
    assert isinstance(await messenger.send(delivery), Unreachable)


async def posted(messenger: DiscordMessenger, delivery: Delivery) -> Delivery:
    """Post a delivery; returns the edit of it, with another digest."""
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Sent)
    payload = messenger.render(a_digest(Language.KO))[0]
    return replace(delivery, id=2, payload=payload, message_id=outcome.message_id, edits=1)


async def test_an_edit_takes_the_message_s_place(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """However often it is made: one message, the new words, and the mark it is found by."""
    edit = await posted(messenger, delivery)
    assert await messenger.edit(edit) == Sent(message_id=str(edit.message_id))
    await messenger.edit(edit)
    [message] = double.messages[CHANNEL]
    texts = texts_of(message["components"])
    assert "양국 정상" in texts[1]
    assert texts[-1].endswith(mark(KEY))
    assert double.changes[0]["allowed_mentions"] == {"parse": []}
    assert "nonce" not in double.changes[0]


async def test_an_edit_of_plain_words_becomes_a_layout_or_stays_plain(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """What was posted plain may be laid out later; where it may not, it is edited as it is."""
    double.refuse_layouts = True
    edit = await posted(messenger, delivery)
    assert isinstance(await messenger.edit(edit), Sent)
    [message] = double.messages[CHANNEL]
    assert "양국 정상" in message["content"]
    double.refuse_layouts = False
    assert isinstance(await messenger.edit(edit), Sent)
    assert "양국 정상" in texts_of(message["components"])[1]


async def test_an_edit_of_a_message_that_is_gone_is_refused(
    messenger: DiscordMessenger, delivery: Delivery
) -> None:
    """Somebody deleted it: nobody reads it any more."""
    edit = replace(await posted(messenger, delivery), message_id="1")
    assert isinstance(await messenger.edit(edit), Rejected)


@pytest.mark.parametrize("stored", [True, False])
async def test_an_edit_whose_answer_is_lost_is_made_again(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble, stored: bool
) -> None:
    """It makes no difference whether it arrived: the outbox may repeat it."""
    edit = await posted(messenger, delivery)
    double.faults.append(Fault(status=500, stored=stored))
    assert isinstance(await messenger.edit(edit), Unreachable)
    assert isinstance(await messenger.edit(edit), Sent)


async def test_a_part_whose_stories_moved_says_so(
    messenger: DiscordMessenger, delivery: Delivery, double: DiscordDouble
) -> None:
    """It is a layout of its own, which Discord takes in a digest's place."""
    edit = replace(
        await posted(messenger, delivery), payload=messenger.render_moved(a_digest(Language.EN))
    )
    assert isinstance(await messenger.edit(edit), Sent)
    assert "stand in the parts above" in texts_of(double.messages[CHANNEL][0]["components"])[0]
