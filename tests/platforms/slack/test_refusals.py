"""What Slack refuses to post: explained, tried again, or posted as plain words."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.model import (
    Blocked,
    Delivery,
    RateLimited,
    Rejected,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.slack.messenger import SlackMessenger
from tests.fakes.slack_server import SlackServer, Trouble


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"is_member": False}, "/invite"),
        ({"is_archived": True}, "archived"),
        ({"is_member": False, "is_private": True}, "removed from it"),
    ],
)
async def test_a_channel_that_cannot_be_posted_to_is_explained(
    slack: SlackServer,
    messenger: SlackMessenger,
    delivery: Delivery,
    changes: dict[str, bool],
    word: str,
) -> None:
    """Kicked, archived, hidden: the problem says what to do."""
    slack.workspace.add_channel("C1", **changes)
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Blocked)
    assert word in outcome.problem


async def test_a_channel_that_does_not_exist_is_explained(
    messenger: SlackMessenger, delivery: Delivery
) -> None:
    """It may have been deleted since it was subscribed."""
    gone = replace(delivery.destination, channel="C404")
    outcome = await messenger.send(replace(delivery, destination=gone))
    assert isinstance(outcome, Blocked)
    assert "gone" in outcome.problem


async def test_invalid_blocks_are_posted_as_words(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery
) -> None:
    """Slack looks at them itself: the digest comes all the same, and is found again."""
    bad = json.dumps({"text": "x", "blocks": [{"type": "header", "text": "x" * 200}]})
    outcome = await messenger.send(replace(delivery, payload=bad))
    [message] = slack.workspace.channels["C1"].messages
    assert outcome == Sent(message_id=message["ts"])
    assert await messenger.find(delivery) == outcome


@pytest.mark.parametrize(
    "code",
    [
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "block_mismatch",
    ],
)
async def test_a_refused_layout_is_tried_once_more_without(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery, code: str
) -> None:
    """The same text and mark, no blocks; a second refusal is final."""
    slack.expect("chat.postMessage", Trouble(error=code))
    assert isinstance(await messenger.send(delivery), Sent)
    whole, plain = slack.called("chat.postMessage")
    assert plain == {name: value for name, value in whole.items() if name != "blocks"}
    slack.expect("chat.postMessage", Trouble(error=code), Trouble(error=code))
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Rejected)
    assert code in outcome.problem
    assert len(slack.called("chat.postMessage")) == 4


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble(drop=True, arrives=True), Unknown),
        (Trouble(status=429, retry_after="3"), RateLimited),
        (Trouble(error="internal_error", arrives=True), Unknown),
        (Trouble(status=502, error="invalid_blocks", arrives=True), Unknown),
    ],
    ids=repr,
)
async def test_words_alone_are_tried_once(
    slack: SlackServer,
    messenger: SlackMessenger,
    delivery: Delivery,
    trouble: Trouble,
    kind: type,
) -> None:
    """What may have arrived is never repeated, with blocks or without."""
    slack.expect("chat.postMessage", Trouble(error="invalid_blocks"), trouble)
    assert isinstance(await messenger.send(delivery), kind)
    assert len(slack.called("chat.postMessage")) == 2
    assert len(slack.workspace.channels["C1"].messages) == trouble.arrives


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("not_authed", "SLACK_BOT_TOKEN"),
        ("token_expired", "SLACK_BOT_TOKEN"),
        ("token_revoked", "SLACK_BOT_TOKEN"),
        ("account_inactive", "SLACK_BOT_TOKEN"),
        ("team_added_to_org", "organization"),
        ("accesslimited", "closed"),
        ("message_limit_exceeded", "too many"),
    ],
)
async def test_a_lost_token_or_a_closed_workspace_loses_no_digest(
    slack: SlackServer, messenger: SlackMessenger, delivery: Delivery, code: str, word: str
) -> None:
    """Nothing was posted: it is explained, and tried again until somebody has mended it."""
    slack.expect("chat.postMessage", Trouble(error=code))
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Unreachable)
    assert word in outcome.problem
    assert slack.workspace.channels["C1"].messages == []


@pytest.mark.parametrize(
    ("stated", "seconds"), [("17", 17), (None, 30), ("soon", 30), ("0", 1), ("-5", 30)]
)
async def test_a_rate_limit_says_when_to_come_back(
    slack: SlackServer,
    messenger: SlackMessenger,
    delivery: Delivery,
    stated: str | None,
    seconds: int,
) -> None:
    """By Slack's Retry-After, or half a minute; nothing is sent meanwhile."""
    slack.expect("chat.postMessage", Trouble(status=429, error="ratelimited", retry_after=stated))
    outcome = await messenger.send(delivery)
    assert outcome == RateLimited(retry_after=timedelta(seconds=seconds))
    assert len(slack.called("chat.postMessage")) == 1
