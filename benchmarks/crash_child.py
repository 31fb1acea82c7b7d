"""The real process, with a fault of the harness's choice: ``python -m benchmarks.crash_child …``.

It runs ``python -m bot …`` in a new interpreter, unchanged but for what the harness puts around
it, so that the bot itself has no hooks for tests: it can be told to kill or stop itself at a
named point, its files may grow no further, and time can be shortened (the same constants,
smaller). The environment's ``CRASH_FAULT`` says which, as JSON of a ``Fault``.
"""

import json
import os
import random
import resource
import runpy
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

VARIABLE = "CRASH_FAULT"

# Leases of minutes would make a thousand crashes take days: everything keeps its order, and a
# lease stays much longer than a send, as in `bot.domain.retry`.
LEASE = timedelta(seconds=4)
FRESH_CLAIM = timedelta(seconds=0.5)
SETTLING = timedelta(seconds=1.5)
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=0.3), timedelta(seconds=1)
NONCE_FRESH = timedelta(seconds=1)
SEND_SECONDS = 1.5
IDLE_MS = 6_000
WAKE = timedelta(seconds=0.2)
AT_ONCE = 4

# How long a commit takes at most: within it the process is killed, wherever it is by then.
COMMIT_SECONDS = 0.004

Async = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What befalls a process at the ``nth`` passing of a point ("": nothing does).

    ``stops``: it freezes there instead of dying. ``file_limit`` in bytes (0: none) is a full
    disk. ``shortens``: its leases and waits last seconds instead of minutes.
    """

    point: str = ""
    nth: int = 1
    seed: int = 0
    stops: bool = False
    file_limit: int = 0
    shortens: bool = True

    def environ(self) -> dict[str, str]:
        """Return how the process learns of it."""
        return {VARIABLE: json.dumps(asdict(self))}


class Point:
    """Kills or stops the process when a point is passed for the n-th time."""

    def __init__(self, fault: Fault) -> None:
        self.name = fault.point
        self._left = fault.nth
        self._signal = signal.SIGSTOP if fault.stops else signal.SIGKILL
        self._chance = random.Random(fault.seed)

    def passed(self, name: str) -> bool:
        """Tell whether this is the pass to die at."""
        if name == self.name:
            self._left -= 1
        return name == self.name and self._left == 0

    def at(self, name: str) -> None:
        """End as `kill -9` does, if it is this point's turn."""
        if self.passed(name):
            os.kill(os.getpid(), self._signal)

    def soon(self, name: str) -> None:
        """Die a moment from now, while the work goes on in another thread."""
        if self.passed(name):
            delay = self._chance.uniform(0, COMMIT_SECONDS)
            threading.Thread(target=_die_after, args=(delay,), daemon=True).start()


def _die_after(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, before: Callable[[], None], after: Callable[[Any], None]) -> None:
    """Call something before and after an async method."""
    inner: Async = getattr(owner, name)

    async def outer(*args: Any, **kwargs: Any) -> Any:
        before()
        result = await inner(*args, **kwargs)
        after(result)
        return result

    setattr(owner, name, outer)


def put(module: object, **values: object) -> None:
    """Put other values in place of a module's own, each of which it has."""
    for name, value in values.items():
        getattr(module, name)
        setattr(module, name, value)


def messengers() -> list[Any]:
    """Return the modules of the messengers that this process will use: no others are imported."""
    found: list[Any] = []
    if os.environ.get("DISCORD_TOKEN"):
        from bot.platforms.discord import messenger as discord

        found.append((discord, discord.DiscordMessenger))
    if os.environ.get("SLACK_BOT_TOKEN"):
        from bot.platforms.slack import messenger as slack

        found.append((slack, slack.SlackMessenger))
    if not found:
        from bot.platforms.webhook import messenger as webhook

        found.append((webhook, webhook.WebhookMessenger))
    return found


def shorten_time() -> None:
    """Make the bot's times short enough for a thousand crashes."""
    from bot.app import service
    from bot.domain import retry
    from bot.jobs import send_deliveries
    from bot.storage import engines

    put(engines, IDLE_TIMEOUT_MS=IDLE_MS)
    put(send_deliveries, LEASE=LEASE, FRESH_CLAIM=FRESH_CLAIM)
    put(retry, SETTLING=SETTLING, FIRST_DELAY=FIRST_DELAY, LONGEST_DELAY=LONGEST_DELAY)
    put(service, DIGESTS_EVERY=WAKE)
    for module, _ in messengers():
        for name in ("SEND_SECONDS", "LOOKUP_SECONDS", "FIND_SECONDS", "PATIENCE_SECONDS"):
            if hasattr(module, name):
                put(module, **{name: SEND_SECONDS})
        if hasattr(module, "NONCE_FRESH"):
            put(module, NONCE_FRESH=NONCE_FRESH)
    defaults = send_deliveries.DeliverySender.__init__.__kwdefaults__ or {}
    defaults["at_once"] = AT_ONCE


def place(point: Point) -> None:
    """Put the points around the bot's own functions."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.jobs import send_deliveries

    def at(name: str) -> Callable[..., None]:
        return lambda *_: point.at(name)

    claim = lambda claimed: point.at("after claim") if claimed else None  # noqa: E731
    around(send_deliveries.DeliverySender, "_claim", lambda: None, claim)
    around(send_deliveries, "record_outcome", at("before record"), at("after record"))
    for _, messenger in messengers():
        around(messenger, "send", at("before send"), at("after send"))
        around(messenger, "find", at("before look-up"), at("after look-up"))

    def before_commit() -> None:
        point.at("before commit")
        point.soon("during commit")

    around(AsyncConnection, "commit", before_commit, at("after commit"))


def place_in_migrations(point: Point) -> None:
    """Die between the statements of a migration."""
    from sqlalchemy import Connection

    execute = Connection.execute

    def counted(self: Connection, *args: Any, **kwargs: Any) -> Any:
        point.at("migration")
        return execute(self, *args, **kwargs)

    Connection.execute = counted  # type: ignore[method-assign]


def main() -> None:
    """Prepare the fault, then be the bot."""
    fault = Fault(**json.loads(os.environ[VARIABLE]))
    if fault.file_limit:
        # A full disk, as far as this process can tell: its files grow no further.
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.file_limit, resource.RLIM_INFINITY))
    point = Point(fault)
    if fault.point == "migration":
        place_in_migrations(point)
    elif fault.shortens:
        shorten_time()
    if fault.point and fault.point != "migration":
        place(point)
    sys.argv[0] = "bot"
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
