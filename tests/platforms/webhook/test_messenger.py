"""Digests posted to a receiver over real HTTP, and every answer taken for what it says."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    Language,
    RateLimited,
    Rejected,
    Sent,
    Unknown,
    Unreachable,
)
from bot.feeds.network import guarded_sockets
from bot.platforms.claims import TooLateError, sending_while
from bot.platforms.webhook import messenger as module
from bot.platforms.webhook.config import Webhook
from bot.platforms.webhook.messenger import WebhookMessenger
from bot.rendering.texts import load_texts
from tests.builders import NOW
from tests.fakes.feed_server import LOOPBACK
from tests.fakes.loopback import ACCEPT_AND_DROP, DROP, Loopback, Step, refuse
from tests.rendering.conftest import LOCALES, a_digest

SECRET = "whsec_" + base64.b64encode(b"shared by both").decode()


@pytest.fixture
async def receiver() -> AsyncIterator[Loopback]:
    async with Loopback() as platform:
        yield platform


@pytest.fixture
async def messenger(receiver: Loopback) -> AsyncIterator[WebhookMessenger]:
    """A messenger whose receivers differ in what they can be asked."""
    url = receiver.url("news")
    webhooks = (
        Webhook(name="blind", url=url, secret=SECRET),
        Webhook(name="keys", url=url, honours_key=True),
        Webhook(name="asked", url=url, lookup_url=receiver.history("news")),
    )
    made = WebhookMessenger(
        {webhook.name: webhook for webhook in webhooks},
        load_texts(LOCALES),
        socket_factory=guarded_sockets(LOOPBACK),
        clock=lambda: NOW,
    )
    yield made
    await made.close()


@pytest.fixture
def delivery(messenger: WebhookMessenger) -> Delivery:
    return Delivery(
        id=1,
        key="1-1795000000-0-ab12cd34",
        destination=Destination(platform="webhook", workspace="local", channel="blind"),
        slot_at=NOW,
        part=0,
        payload=messenger.render(a_digest(Language.KO))[0],
        status=DeliveryStatus.PENDING,
    )


def to(delivery: Delivery, name: str) -> Delivery:
    return replace(delivery, destination=replace(delivery.destination, channel=name))


async def test_the_digest_is_posted_as_data(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery
) -> None:
    """With its key in the body and in the header, and readable as Markdown and text."""
    assert await messenger.send(delivery) == Sent(message_id=delivery.key)
    [arrival] = receiver.arrived
    assert arrival.key == delivery.key
    assert arrival.headers["content-type"] == "application/json"
    assert list(arrival.document)[:2] == ["key", "topic"]
    assert arrival.document["key"] == delivery.key
    assert arrival.document["digest"]["language"] == "ko"
    headline = arrival.document["digest"]["stories"][0]["headline"]
    assert headline in arrival.document["text"]


async def test_a_claim_that_is_over_when_the_connection_stands_sends_nothing(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery
) -> None:
    """The process was frozen while it connected: another one has sent the digest by now."""
    with sending_while(lambda: False), pytest.raises(TooLateError):
        await messenger.send(delivery)
    assert receiver.arrived == []
    with sending_while(lambda: True):
        assert isinstance(await messenger.send(delivery), Sent)


async def test_the_post_is_signed_as_standard_webhooks_says(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery
) -> None:
    """Computed here from what arrived, as a receiver would; without a secret nothing is signed."""
    await messenger.send(delivery)
    await messenger.send(to(delivery, "keys"))
    signed, unsigned = receiver.arrived
    stamp = signed.headers["webhook-timestamp"]
    content = f"{signed.headers['webhook-id']}.{stamp}.".encode() + signed.body
    expected = base64.b64encode(hmac.digest(b"shared by both", content, hashlib.sha256)).decode()
    assert signed.headers["webhook-signature"] == f"v1,{expected}"
    assert int(stamp) == int(NOW.timestamp())
    assert "webhook-signature" not in unsigned.headers


@pytest.mark.parametrize(
    ("step", "outcome", "word"),
    [
        (refuse(400), Rejected, "400"),
        (refuse(413), Rejected, "413"),
        (refuse(422), Rejected, "422"),
        (refuse(599), Unknown, "599"),
        (refuse(500), Unknown, "500"),
        (refuse(408), Unknown, "408"),
        (refuse(409), Unknown, "409"),
        (refuse(401), Blocked, "unauthorized"),
        (refuse(403), Blocked, "forbidden"),
        (refuse(404), Blocked, "check its address"),
        (refuse(410), Blocked, "gone"),
        (refuse(499), Rejected, "499"),
    ],
)
async def test_every_answer_means_something(
    receiver: Loopback,
    messenger: WebhookMessenger,
    delivery: Delivery,
    step: Step,
    outcome: type,
    word: str,
) -> None:
    """This digest is refused, or all are, or nobody knows: with the mend, in one attempt."""
    receiver.script.append(step)
    found = await messenger.send(delivery)
    assert isinstance(found, outcome)
    assert word in getattr(found, "problem", "")
    assert receiver.requests == 1


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("17", 17),
        (None, 30),
        ("soon", 30),
        ("99999999999", 30),
        ("86400", 3600),
        ("Fri, 20 Nov 2026 00:30:45 GMT", 45),
        ("Fri, 20 Nov 2020 00:30:45 GMT", 30),
    ],
)
async def test_a_receiver_that_asks_to_wait_is_waited_for(
    receiver: Loopback,
    messenger: WebhookMessenger,
    delivery: Delivery,
    stated: str | None,
    seconds: int,
) -> None:
    """By its Retry-After, seconds or a date; nobody silences a digest for more than an hour."""
    receiver.script.append(refuse(429, retry_after=stated))
    assert await messenger.send(delivery) == RateLimited(retry_after=timedelta(seconds=seconds))


async def test_no_redirect_is_followed(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery
) -> None:
    """It could lead the digest and its signature anywhere."""
    receiver.script.append(refuse(307, location=receiver.url("elsewhere")))
    outcome = await messenger.send(delivery)
    assert isinstance(outcome, Blocked)
    assert "moved" in outcome.problem
    assert receiver.arrived == []


@pytest.mark.parametrize("step", [ACCEPT_AND_DROP, DROP])
async def test_a_dropped_connection_is_looked_into(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery, step: Step
) -> None:
    """Posted once; whether it arrived the receiver says, its keys settle, or nobody can tell."""
    receiver.script.append(step)
    assert isinstance(await messenger.send(delivery), Unknown)
    assert receiver.requests == 1
    asked = await messenger.find(to(delivery, "asked"))
    assert isinstance(asked, Sent if step.accept else Unreachable)
    assert isinstance(await messenger.find(to(delivery, "keys")), Unreachable)
    blind = await messenger.find(delivery)
    assert isinstance(blind, Unknown)
    assert blind.final


async def test_a_receiver_that_cannot_be_asked_now_may_be_later(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery
) -> None:
    """Its refusal to tell is no "no"."""
    receiver.readable = False
    found = await messenger.find(to(delivery, "asked"))
    assert isinstance(found, Unknown)
    assert not found.final


async def test_a_receiver_that_stalls_is_given_up(
    receiver: Loopback,
    messenger: WebhookMessenger,
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may have taken the digest: well before the lease ends the outbox has it back."""
    monkeypatch.setattr(module, "SEND_SECONDS", 0.1)
    receiver.script.append(Step(stall=0.5))
    assert isinstance(await messenger.send(delivery), Unknown)
    await asyncio.sleep(0.6)
    assert [one.key for one in receiver.arrived] == [delivery.key]


async def test_a_refused_connection_has_sent_nothing(
    messenger: WebhookMessenger, delivery: Delivery, unused_tcp_port: int
) -> None:
    """Certain, so that it may be tried again."""
    nowhere = Webhook(name="blind", url=f"http://127.0.0.1:{unused_tcp_port}/")
    away = WebhookMessenger({"blind": nowhere}, {})
    assert isinstance(await away.send(delivery), Unreachable)
    await away.close()


async def test_a_private_address_is_not_reached(receiver: Loopback, delivery: Delivery) -> None:
    """Unless its network is allowed: a webhook is no way into the machine's own network."""
    webhook = Webhook(name="blind", url=receiver.url("x"), lookup_url=receiver.history("x"))
    guarded = WebhookMessenger({"blind": webhook}, {}, socket_factory=guarded_sockets(()))
    outcome = await guarded.send(delivery)
    assert isinstance(outcome, Blocked)
    assert "STRAIT_ALLOW_NETWORKS" in outcome.problem
    assert isinstance(await guarded.find(delivery), Unknown)
    assert receiver.requests == 0
    await guarded.close()


async def test_what_the_settings_no_longer_name_is_blocked(
    messenger: WebhookMessenger, delivery: Delivery
) -> None:
    """The digest waits for its address."""
    gone = to(delivery, "gone")
    assert isinstance(await messenger.send(gone), Blocked)
    assert isinstance(await messenger.find(gone), Unknown)


@pytest.mark.parametrize("payload", ["{", "[]", "null"])
async def test_a_damaged_payload_is_rejected(
    receiver: Loopback, messenger: WebhookMessenger, delivery: Delivery, payload: str
) -> None:
    """A hand-edited outbox does not stop the others."""
    assert isinstance(await messenger.send(replace(delivery, payload=payload)), Rejected)
    assert receiver.requests == 0


def test_no_secret_is_shown() -> None:
    """Addresses of webhooks are secrets too."""
    url = "https://h.example/s3cret"
    webhook = Webhook(name="n", url=url, secret=url, lookup_url=url)
    assert "s3cret" not in repr(webhook)


def test_a_payload_is_one_line_of_json(messenger: WebhookMessenger) -> None:
    """Whatever a feed's texts hold."""
    [payload] = messenger.render(a_digest(Language.JA))
    assert "\n" not in payload
    assert json.loads(payload).keys() == {
        "topic",
        "title",
        "language",
        "slot_at",
        "digest",
        "markdown",
        "text",
    }
