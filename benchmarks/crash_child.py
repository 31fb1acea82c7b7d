"""The real process, with a fault of the harness's choice: ``python -m benchmarks.crash_child``.

It runs ``python -m bot …`` unchanged but for three things that the harness puts around it, so
that the bot itself has no hooks for tests: time is shortened (the same constants, smaller), the
process can be told to kill itself at a named point, and requests say which process made them.
"""

import json
import os
import random
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

# Leases of minutes would make a thousand crashes take days: everything keeps its order, and a
# lease stays much longer than a send, as in `bot.domain.retry`.
LEASE = timedelta(seconds=4)
FRESH_CLAIM = timedelta(seconds=0.5)
SETTLING = timedelta(seconds=0.5)
FIRST_DELAY = timedelta(seconds=0.3)
SEND_SECONDS = 1.5
WAKE = timedelta(seconds=0.2)
AT_ONCE = 4

# How long a commit takes at most: within it the process is killed, wherever it is by then.
COMMIT_SECONDS = 0.004

# How soon an end is noticed.
POLL_SECONDS = 0.02

Async = Callable[..., Awaitable[Any]]


def die() -> None:
    """End as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def _die_after(seconds: float) -> None:
    time.sleep(seconds)
    die()


class Point:
    """Kills the process when a point is passed for the n-th time."""

    def __init__(self, name: str, nth: int, seed: int) -> None:
        self.name = name
        self._left = nth
        self._chance = random.Random(seed)

    def passed(self, name: str) -> bool:
        """Tell whether this is the pass to die at."""
        if name == self.name:
            self._left -= 1
        return name == self.name and self._left == 0

    def at(self, name: str) -> None:
        """Die here, if it is this point's turn."""
        if self.passed(name):
            die()

    def soon(self, name: str) -> None:
        """Die a moment from now, while the work goes on in another thread."""
        if self.passed(name):
            delay = self._chance.uniform(0, COMMIT_SECONDS)
            threading.Thread(target=_die_after, args=(delay,), daemon=True).start()


def around(owner: Any, name: str, before: Callable[[], None], after: Callable[[Any], None]) -> None:
    """Call something before and after an async method."""
    inner: Async = getattr(owner, name)

    async def outer(*args: Any, **kwargs: Any) -> Any:
        before()
        result = await inner(*args, **kwargs)
        after(result)
        return result

    setattr(owner, name, outer)


def shorten_time() -> None:
    """Make the bot's times short enough for a thousand crashes."""
    from bot.app import service
    from bot.domain import retry
    from bot.jobs import send_deliveries
    from bot.platforms.webhook import messenger

    put(send_deliveries, LEASE=LEASE, FRESH_CLAIM=FRESH_CLAIM)
    put(retry, SETTLING=SETTLING, FIRST_DELAY=FIRST_DELAY)
    put(service, DIGESTS_EVERY=WAKE)
    put(messenger, SEND_SECONDS=SEND_SECONDS, LOOKUP_SECONDS=SEND_SECONDS)
    put(messenger, USER_AGENT=f"strait/{os.getpid()}")
    defaults = send_deliveries.DeliverySender.__init__.__kwdefaults__ or {}
    defaults["at_once"] = AT_ONCE


def put(module: object, **values: object) -> None:
    """Put other values in place of a module's own."""
    for name, value in values.items():
        setattr(module, name, value)


def place(point: Point) -> None:
    """Put the points around the bot's own functions."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.jobs import send_deliveries
    from bot.platforms.webhook.messenger import WebhookMessenger

    def nothing(*_: object) -> None:
        return

    claim = lambda claimed: point.at("after claim") if claimed else None  # noqa: E731
    around(send_deliveries.DeliverySender, "_claim", nothing, claim)
    around(
        WebhookMessenger,
        "send",
        lambda: point.at("before send"),
        lambda _: point.at("after send"),
    )
    around(
        WebhookMessenger,
        "find",
        lambda: point.at("before look-up"),
        lambda _: point.at("after look-up"),
    )
    around(
        send_deliveries,
        "record_outcome",
        lambda: point.at("before record"),
        lambda _: point.at("after record"),
    )

    def before_commit() -> None:
        point.at("before commit")
        point.soon("during commit")

    around(AsyncConnection, "commit", before_commit, lambda _: point.at("after commit"))


def place_in_migrations(point: Point) -> None:
    """Die between the statements of a migration."""
    from sqlalchemy import Connection

    execute = Connection.execute

    def counted(self: Connection, *args: Any, **kwargs: Any) -> Any:
        point.at("migration")
        return execute(self, *args, **kwargs)

    Connection.execute = counted  # type: ignore[method-assign]


def run(name: str, nth: str, seed: str, limit: str, *arguments: str) -> None:
    """Run the bot with a point, its pass, a seed, a limit of file sizes and its own arguments."""
    if int(limit):
        # A full disk, as far as this process can tell: its files grow no further.
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    point = Point(name, int(nth), int(seed))
    if name == "migration":
        place_in_migrations(point)
    else:
        shorten_time()
        place(point)
    sys.argv = ["strait", *arguments]
    from bot.cli.main import main as bot_main

    bot_main()


def fork() -> None:
    """Run the bot for each line of standard input, in a fork with imports and settings done.

    The first answers ``started PID``; an end answers ``ended PID CODE`` (negative: the signal).
    """
    from bot.app import outputs, service  # noqa: F401 - imported for the forks
    from bot.cli import run as run_command
    from bot.jobs import send_deliveries, tell_outcomes  # noqa: F401
    from bot.platforms.webhook import messenger  # noqa: F401
    from bot.rendering.texts import load_texts
    from bot.settings import load_settings

    loaded = load_settings(read_locales=load_texts)
    put(run_command, settings=lambda **_: loaded)

    inbox = os.fdopen(os.dup(0), "rb", buffering=0)
    living: set[int] = set()
    while True:
        readable, _, _ = select.select([inbox], [], [], POLL_SECONDS)
        if readable:
            line = inbox.readline()
            if not line:
                return
            living.add(_fork(json.loads(line)))
        for pid in [pid for pid in living if _has_ended(pid)]:
            living.remove(pid)


def _fork(arguments: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        run(*arguments)
        os._exit(0)
    print(f"started {pid}", flush=True)
    return pid


def _has_ended(pid: int) -> bool:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        print(f"ended {pid} {os.waitstatus_to_exitcode(status)}", flush=True)
    return bool(ended)


def main() -> None:
    """``fork``, or what ``run`` takes."""
    if sys.argv[1:] == ["fork"]:
        fork()
    else:
        run(*sys.argv[1:])


if __name__ == "__main__":
    main()
