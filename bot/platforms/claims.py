"""The last look at a claim: when the connection stands, just before a request's first byte.

Between the check of a claim and its request lie a name to resolve, a connection and a handshake. A
process that was frozen meanwhile would send what another one has sent since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

_holds: ContextVar[Callable[[], bool] | None] = ContextVar("claim_holds", default=None)


class TooLateError(Exception):
    """A claim was over before its request began: nothing was sent."""


@contextmanager
def sending_while(holds: Callable[[], bool]) -> Iterator[None]:
    """Let no request of a watched session begin within, once ``holds`` says False."""
    token = _holds.set(holds)
    try:
        yield
    finally:
        _holds.reset(token)


def watch(trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
    """Let a session's trace raise TooLateError for requests that come too late."""
    trace.on_connection_create_end.append(check)
    trace.on_connection_reuseconn.append(check)
    return trace


async def check(*_: object) -> None:
    """Raise TooLateError where what is being sent may be another process's by now."""
    holds = _holds.get()
    if holds is not None and not holds():
        raise TooLateError
