"""Makes discord.py's HTTP client try a request exactly once, and tell how far it came.

On its own it posts up to five times on a server error and sleeps through rate limits.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

SERVER_ERROR = 500
TOO_MANY = 429

# Where Discord asks to wait without saying how long (its front door does): a minute.
UNSAID_WAIT = 60.0


class PutOffError(Exception):
    """Discord asks to wait; ``retry_after`` in seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
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
    trace = aiohttp.TraceConfig()
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
        raise PutOffError(await _wait(params.response))
    if params.response.status >= SERVER_ERROR:
        raise ServerFailedError(params.response.status)


async def _wait(response: aiohttp.ClientResponse) -> float:
    """Return the seconds to wait: exact in the body, rounded in the header."""
    for said in (await _said(response), response.headers.get("Retry-After")):
        try:
            return max(0.0, float(said or ""))
        except ValueError:
            continue
    return UNSAID_WAIT


async def _said(response: aiohttp.ClientResponse) -> str:
    try:
        return str(json.loads(await response.text())["retry_after"])
    except (ValueError, KeyError, TypeError):
        return ""
