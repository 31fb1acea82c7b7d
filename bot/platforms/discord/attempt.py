"""Makes discord.py's HTTP client try a request exactly once, and tell how far it came.

On its own it posts up to five times on a server error and sleeps through rate limits.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp

from bot.platforms.claims import watch

SERVER_ERROR = 500
TOO_MANY = 429

# Where Discord asks to wait without saying how long (its front door does): a minute.
UNSAID_WAIT = 60.0


class PutOffError(Exception):
    """Discord asks to wait; ``retry_after`` in seconds, ``everywhere``: with all requests."""

    def __init__(self, retry_after: float, *, everywhere: bool = False) -> None:
        self.retry_after = retry_after
        self.everywhere = everywhere
        super().__init__(f"asked to wait for {retry_after} s")


class ServerFailedError(Exception):
    """Discord answered with a server error: the request may have been carried out."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"answered with {status}")


class SecondAttemptError(Exception):
    """The library was about to send the request a second time."""


@dataclass(slots=True)
class Attempt:
    """How far a request came. Not ``written``: it certainly did not arrive."""

    started: bool = False
    written: bool = False


_current: ContextVar[Attempt | None] = ContextVar("discord_attempt", default=None)


@contextmanager
def one_attempt() -> Iterator[Attempt]:
    """Let one request through within; further ones and all retries raise."""
    attempt = Attempt()
    token = _current.set(attempt)
    try:
        yield attempt
    finally:
        _current.reset(token)


@contextmanager
def without_headers() -> Iterator[None]:
    """Raise aiohttp's errors without the request: what they show in a log has the token in it."""
    try:
        yield
    except aiohttp.ClientResponseError as error:
        raise aiohttp.ClientConnectionError(f"{type(error).__name__} {error.status}") from None


def single_attempts() -> aiohttp.TraceConfig:
    """Return what to give a client as ``http_trace`` for ``one_attempt`` to work."""
    trace = watch(aiohttp.TraceConfig())
    trace.on_request_start.append(_on_start)
    trace.on_request_headers_sent.append(_on_headers_sent)
    trace.on_request_end.append(_on_end)
    return trace


async def _on_start(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestStartParams,
) -> None:
    if attempt := _current.get():
        if attempt.started:
            raise SecondAttemptError
        attempt.started = True


async def _on_headers_sent(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    if attempt := _current.get():
        attempt.written = True


async def _on_end(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
) -> None:
    if _current.get() is None:
        return
    if params.response.status == TOO_MANY:
        raise await _put_off(params.response)
    if params.response.status >= SERVER_ERROR:
        raise ServerFailedError(params.response.status)


async def _put_off(response: aiohttp.ClientResponse) -> PutOffError:
    """Return the wait: exact in the body, rounded in the header.

    What is not Discord's own JSON comes from its front door, which means every request.
    """
    said = await _said(response)
    everywhere = said is None or said.get("global") is True
    for stated in ((said or {}).get("retry_after"), response.headers.get("Retry-After")):
        try:
            return PutOffError(max(0.0, float(stated or "")), everywhere=everywhere)
        except (ValueError, TypeError):
            continue
    return PutOffError(UNSAID_WAIT, everywhere=everywhere)


async def _said(response: aiohttp.ClientResponse) -> dict[str, Any] | None:
    try:
        said = json.loads(await response.text())
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
