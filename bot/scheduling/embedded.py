"""Wakes the jobs of one process with APScheduler.

APScheduler only wakes: what is due is computed from the database, so that its
memory may be lost and a wake may come late or twice without harm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.domain.errors import StraitError

log = structlog.get_logger()

# It warns of every wake that finds its job still running: with an outbox of an hour's work
# that is a line a second about nothing.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

Job = Callable[[], Awaitable[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake:
    """A job and how often it is woken."""

    job: Job
    every: timedelta


class EmbeddedScheduler:
    """Runs each job at its interval; a job that still runs is not started again."""

    def __init__(self, wakes: Mapping[str, Wake]) -> None:
        # UTC, so that the host's own zone and its changes of clocks do not matter.
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: set[asyncio.Task[None]] = set()
        for name, wake in wakes.items():
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(name, wake.job),
                seconds=wake.every.total_seconds(),
                id=name,
                max_instances=1,
                coalesce=True,
                # The default of 1 s drops late wakes silently.
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Begin to wake the jobs, the first time an interval from now."""
        self._scheduler.start()

    async def stop(self, grace: timedelta) -> None:
        """Wake no more; let what runs end by itself within the grace, then cancel it."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=grace.total_seconds())
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str, job: Job) -> None:
        task = asyncio.ensure_future(guarded(name, job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await task


async def guarded(name: str, job: Job) -> None:
    """Run a job so that its failure is told and stops nothing else: it is woken again."""
    try:
        await job()
    except StraitError as error:
        log.error("job failed; it is tried again", job=name, problem=str(error))  # noqa: TRY400
    except Exception:
        log.exception("job failed; it is tried again", job=name)
