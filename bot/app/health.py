"""Whether the bot is well, as ``/readyz`` tells: this process, and the others by their beats.

Processes meet only in the database, so there each leaves when its jobs last succeeded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from bot.storage import facts
from bot.storage.database import Database

# A beat is written no more often than this: jobs run every second.
BEAT_EVERY = timedelta(seconds=30)

# A first poll of slow feeds may take minutes; what is older than this is not coming.
STALE_AFTER = timedelta(minutes=10)

# What each missing beat means to whoever runs the bot.
MEANING = {
    "poll": "No feed has been polled",
    "read": "No entries have been read",
    "write": "No digests have been written",
    "send": "Nothing has been sent",
    "discord": "Discord has not been connected",
    "slack": "Slack has not been connected",
}


class Beats:
    """Leaves beats in the database, and says which are missing."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._left: dict[str, datetime] = {}

    async def leave(self, name: str) -> None:
        """Note that a job has succeeded, or that a platform is connected, just now."""
        now = self._clock()
        last = self._left.get(name)
        # A clock that was set back must not silence the beats.
        if last is not None and timedelta() <= now - last < BEAT_EVERY:
            return
        async with self._database.write() as connection:
            await facts.save(connection, _key(name), now.isoformat())
        self._left[name] = now

    async def missing(self, expected: Iterable[str]) -> list[str]:
        """Return a sentence for each expected beat that is missing or too old."""
        now, problems = self._clock(), []
        async with self._database.read() as connection:
            for name in expected:
                at = await facts.get(connection, _key(name))
                if at is None:
                    problems.append(f"{MEANING[name]} yet.")
                elif now - datetime.fromisoformat(at) > STALE_AFTER:
                    problems.append(f"{MEANING[name]} since {at[:16]} UTC.")
        return problems


def expected_beats(platforms: Collection[str]) -> list[str]:
    """Return what a whole bot leaves, in whichever processes its roles run."""
    return [name for name in MEANING if name not in {"discord", "slack"} or name in platforms]


def beat_facts() -> dict[str, str]:
    """Return the beats by the names under which they are stored."""
    return {_key(name): name for name in MEANING}


def _key(name: str) -> str:
    return f"beat-{name}"
