"""Sent exactly once, found again, and every refusal said with its mend."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.model import (
    Delivery,
    DeliveryStatus,
    Language,
    Notice,
    Rejected,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.claims import TooLateError, sending_while
from bot.platforms.slack import messenger as messenger_module
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.messenger import SlackMessenger
from bot.platforms.slack.render import render_digest
from bot.rendering.texts import Texts
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import BOT_TOKEN
from tests.platforms.slack.conftest import Connect
from tests.platforms.slack.stories import digest, story


async def test_a_payload_is_posted_as_it_was_frozen(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """With the delivery's key as its mark; no markup read, no link unfolded."""
    outcome = await messenger.send(delivery)
    [call] = slack.called("chat.postMessage")
    [message] = slack.workspace.channels["C1"].messages
    assert outcome == Sent(message_id=message["ts"])
    payload = json.loads(delivery.payload)
    assert (call["text"], call["blocks"]) == (payload["text"], payload["blocks"])
    assert (call["unfurl_links"], call["unfurl_media"], call["mrkdwn"]) == (False, False, False)
    assert call["metadata"] == {
        "event_type": "strait_digest",
        "event_payload": {"key": delivery.key},
    }


async def test_a_claim_that_is_over_when_the_connection_stands_sends_nothing(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """The process was frozen while it connected: another one has sent the digest by now."""
    with sending_while(lambda: False), pytest.raises(TooLateError):
        await messenger.send(delivery)
    assert slack.called("chat.postMessage") == []
    with sending_while(lambda: True):
        assert isinstance(await messenger.send(delivery), Sent)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(drop=True, arrives=True),
        Trouble(drop=True),
        Trouble(stall=True, arrives=True),
        Trouble(status=500),
        Trouble(status=503, arrives=True),
        Trouble(status=502, error="bad_gateway"),
        Trouble(status=200),
        Trouble(status=200, kind="text/plain", arrives=True),
        Trouble(status=502, error="invalid_blocks", arrives=True),
        Trouble(error="fatal_error", arrives=True),
        Trouble(error="internal_error"),
        Trouble(status=403),
    ],
    ids=repr,
)
async def test_doubt_is_neither_hidden_nor_acted_upon(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery, trouble: Trouble
) -> None:
    """The message may be there: it is sent once, and looking tells whether it came."""
    slack.expect("chat.postMessage", trouble)
    assert isinstance(await messenger.send(delivery), Unknown)
    assert len(slack.called("chat.postMessage")) == 1
    found = await messenger.find(delivery)
    assert isinstance(found, Sent if trouble.arrives else Unreachable)


async def test_a_connection_that_was_never_made_has_sent_nothing(
    connect: Connect, delivery: Delivery
) -> None:
    """Refused, or a name that leads nowhere: certain, so it may be tried again."""
    for base in ("http://127.0.0.1:1/api/", "http://slack.invalid/api/"):
        away = connect(SlackConfig(bot_token=BOT_TOKEN, api_base=base))
        assert isinstance(await away.send(delivery), Unreachable)
        assert isinstance(await away.find(delivery), Unknown)


async def test_a_message_is_found_among_many(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """Over several pages, by its own key alone."""
    slack.workspace.page_size = 3
    channel = slack.workspace.channels["C1"]
    await messenger.send(replace(delivery, key="another"))
    sent = await messenger.send(delivery)
    for _ in range(10):
        slack.workspace.put(channel, {"text": "chat", "user": "U1"}, bot_id=None)
    assert await messenger.find(delivery) == sent
    assert isinstance(await messenger.find(replace(delivery, key="third")), Unreachable)


async def test_only_messages_since_the_first_attempt_are_looked_at(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """With some room for clocks that differ."""
    assert isinstance(await messenger.send(delivery), Sent)
    assert delivery.first_attempt_at is not None
    for later, kind in ((timedelta(minutes=4), Sent), (timedelta(minutes=10), Unreachable)):
        moved = replace(delivery, first_attempt_at=delivery.first_attempt_at + later)
        assert isinstance(await messenger.find(moved), kind)


async def test_another_apps_message_with_the_key_does_not_count(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """Else any app in the channel could suppress a digest."""
    await messenger.send(delivery)
    [message] = slack.workspace.channels["C1"].messages
    message["bot_id"] = "B0OTHER"
    assert isinstance(await messenger.find(delivery), Unreachable)


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (Trouble(error="missing_scope"), "channels:history"),
        (Trouble(error="not_in_channel"), "not_in_channel"),
        (Trouble(status=429, error="ratelimited"), "ratelimited"),
        (Trouble(status=503), "503"),
        (Trouble(drop=True), "cannot be asked"),
    ],
    ids=repr,
)
async def test_a_history_that_cannot_be_read_tells_nothing(
    slack: SlackServer,
    messenger: SlackMessenger,
    delivery: Delivery,
    trouble: Trouble,
    word: str,
) -> None:
    """Unknown, with the reason: nobody guesses."""
    # Twice: reading may be repeated, and aiohttp does so where a connection was cut.
    slack.expect("conversations.history", trouble, trouble)
    outcome = await messenger.find(delivery)
    assert isinstance(outcome, Unknown)
    assert word in outcome.problem


async def test_a_channel_too_busy_to_search_tells_nothing(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """The search ends after some pages instead of running for ever."""
    slack.workspace.page_size = 1
    for _ in range(messenger_module.MOST_PAGES + 1):
        slack.workspace.put(slack.workspace.channels["C1"], {"text": "chat"}, bot_id=None)
    assert isinstance(await messenger.find(delivery), Unknown)
    assert len(slack.called("conversations.history")) == messenger_module.MOST_PAGES


async def test_a_missing_scope_is_told_of_when_looking_too(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """An app that was never granted what it needs cannot look, and says so."""
    slack.workspace.scopes = "commands,chat:write"
    outcome = await messenger.find(delivery)
    assert isinstance(outcome, Unknown)
    assert "channels:history" in outcome.problem


def test_a_digests_payloads_are_its_messages(
    messenger: SlackMessenger, texts: dict[str, Texts]
) -> None:
    """JSON of text and blocks, in the digest's language."""
    payloads = messenger.render(digest(story()))
    assert payloads == tuple(m.payload for m in render_digest(digest(story()), texts["en"]))
    assert json.loads(payloads[0]).keys() == {"text", "blocks"}


async def test_a_person_is_told_in_a_direct_message(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """With a link to the channel, the problem and the mend."""
    payload = messenger.render_notice(
        Notice(
            destination=delivery.destination,
            status=DeliveryStatus.HELD,
            problem="The channel is archived: unarchive it.",
            language=Language.EN,
            subscriptions=(3, 4),
        )
    )
    assert payload is not None
    person = replace(delivery.destination, channel="@U1")
    notice = replace(delivery, destination=person, payload=payload, notice=True)
    assert isinstance(await messenger.send(notice), Sent)
    [message] = slack.workspace.channels["U1"].messages
    assert "<#C1> are paused: The channel is archived: unarchive it." in message["text"]
    [block] = message["blocks"]
    parts = block["elements"][0]["elements"]
    assert {"type": "channel", "channel_id": "C1"} in parts
    # Without the scope for direct messages nobody can look there: it is never guessed.
    found = await messenger.find(notice)
    assert isinstance(found, Unknown)
    assert found.final


async def posted(messenger: SlackMessenger, delivery: Delivery) -> Delivery:
    """Post a delivery; returns the edit of it, with another story."""
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Sent)
    [payload] = messenger.render(digest(story(2)))
    return replace(delivery, id=2, payload=payload, message_id=outcome.message_id, edits=1)


async def test_an_edit_takes_the_message_s_place(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """However often it is made: one message, the new blocks, the key that it is found by."""
    edit = await posted(messenger, delivery)
    assert await messenger.edit(edit) == Sent(message_id=str(edit.message_id))
    await messenger.edit(edit)
    [message] = slack.workspace.channels["C1"].messages
    assert "Headline 2" in json.dumps(message["blocks"])
    assert message["metadata"]["event_payload"] == {"key": delivery.key}


@pytest.mark.parametrize("trouble", [Trouble(drop=True, arrives=True), Trouble(status=500)])
async def test_an_edit_whose_answer_is_lost_is_made_again(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery, trouble: Trouble
) -> None:
    """It makes no difference whether it arrived: the outbox may repeat it."""
    edit = await posted(messenger, delivery)
    slack.expect("chat.update", trouble)
    assert isinstance(await messenger.edit(edit), Unreachable)
    assert isinstance(await messenger.edit(edit), Sent)


async def test_an_edit_that_slack_refuses_is_rejected(
    messenger: SlackMessenger, delivery: Delivery
) -> None:
    """The message is gone, or it is a direct one, whose conversation has another name."""
    edit = await posted(messenger, delivery)
    direct = replace(edit.destination, channel="@U1")
    assert isinstance(await messenger.edit(replace(edit, message_id="1.0")), Rejected)
    assert isinstance(await messenger.edit(replace(edit, destination=direct)), Rejected)


async def test_an_edit_whose_layout_is_refused_is_made_in_plain_words(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """Readers see the correction at least."""
    edit = await posted(messenger, delivery)
    slack.expect("chat.update", Trouble(error="invalid_blocks"))
    assert isinstance(await messenger.edit(edit), Sent)
    [message] = slack.workspace.channels["C1"].messages
    assert message["blocks"] == []
    assert "Headline 2" in message["text"]
