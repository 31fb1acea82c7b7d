"""Posts digests to webhooks, once each, and asks the receivers that can be asked."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import aiohttp

from bot.domain.model import (
    Blocked,
    Delivery,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.claims import watch
from bot.platforms.document import DataMessenger, whole
from bot.platforms.webhook.config import PLATFORM, Webhook
from bot.platforms.webhook.outcomes import of_answer, of_failure
from bot.platforms.webhook.signature import headers
from bot.rendering.texts import Texts

USER_AGENT = "Strait (digest webhook)"

# Together with a look-up well below the outbox's lease (bot.domain.retry).
SEND_SECONDS = 20
LOOKUP_SECONDS = 20

FAILURES = (aiohttp.ClientError, OSError, TimeoutError)

NO_WEBHOOK = "settings.toml has no output of this name any more: name its address there again."
PRIVATE = (
    "The webhook {name} is in a private network: name the network in STRAIT_ALLOW_NETWORKS, "
    "then start the bot again."
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebhookMessenger(DataMessenger):
    """A Messenger whose channels are names of webhooks.

    ``socket_factory`` makes the sockets that it connects with: an OSError with ``private`` in
    its text says that an address is not to be reached. Close it with ``close``.
    """

    platform = PLATFORM
    ready = True

    def __init__(
        self,
        webhooks: Mapping[str, Webhook],
        texts: Mapping[str, Texts],
        *,
        socket_factory: Callable[[tuple[Any, ...]], Any] | None = None,
        private: str = "private network address",
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__(texts)
        self._webhooks = webhooks
        self._socket_factory = socket_factory
        self._private = private
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Post the digest once, marked with the delivery's key."""
        webhook = self._webhooks.get(delivery.destination.channel)
        if webhook is None:
            return Blocked(problem=NO_WEBHOOK)
        body = whole(delivery)
        if isinstance(body, Rejected):
            return body
        attempt = SimpleNamespace(written=False)
        try:
            return await self._post(webhook, delivery.key, body, attempt)
        except FAILURES as error:
            if self._private in str(getattr(error, "os_error", "")):
                return Blocked(problem=PRIVATE.format(name=webhook.name))
            return of_failure(webhook.name, error, written=attempt.written)

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Ask the receiver whether it has the digest, or leave it to its handling of keys."""
        webhook = self._webhooks.get(delivery.destination.channel)
        if webhook is None:
            return Unknown(problem=NO_WEBHOOK)
        if webhook.lookup_url is not None:
            return await self._look(webhook, webhook.lookup_url, delivery.key)
        if webhook.honours_key:
            return Unreachable(problem="The receiver drops a digest of a key that it has.")
        return Unknown(
            final=True,
            problem=f"The webhook {webhook.name} cannot be asked whether it took the digest: look "
            "there, and set honours_key or lookup_url in settings.toml if it can.",
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(
        self, webhook: Webhook, key: str, body: bytes, attempt: SimpleNamespace
    ) -> SendOutcome:
        now = self._clock()
        signed = headers(webhook.secret, key=key, body=body, now=now) if webhook.secret else {}
        request = self._open().post(
            webhook.url,
            data=body,
            headers={"Content-Type": "application/json", "Idempotency-Key": key, **signed},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=SEND_SECONDS),
            trace_request_ctx=attempt,
        )
        async with request as response:
            if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                return Sent(message_id=key)
            wait = response.headers.get("Retry-After")
            return of_answer(webhook.name, response.status, wait, now=now)

    async def _look(self, webhook: Webhook, url: str, key: str) -> Sent | Unreachable | Unknown:
        request = self._open().get(
            url,
            params={"key": key},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=LOOKUP_SECONDS),
        )
        try:
            async with request as response:
                status = response.status
        except FAILURES as error:
            kind = type(error).__name__
            return Unknown(problem=f"The webhook {webhook.name} cannot be asked ({kind}).")
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Sent(message_id=key)
        if status == HTTPStatus.NOT_FOUND:
            return Unreachable(problem="The receiver has no digest of this key.")
        return Unknown(problem=f"The webhook {webhook.name} cannot be asked ({status}).")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = watch(aiohttp.TraceConfig())
            trace.on_request_headers_sent.append(_on_headers_sent)
            self._session = aiohttp.ClientSession(
                # A kept connection may be closed by the other side just as it is used again:
                # whether that request arrived nobody knows. A new one costs a round trip.
                connector=aiohttp.TCPConnector(
                    socket_factory=self._socket_factory, force_close=True, limit=0
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": USER_AGENT},
                trace_configs=[trace],
            )
        return self._session


async def _on_headers_sent(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    attempt = context.trace_request_ctx
    if attempt is not None:
        attempt.written = True
