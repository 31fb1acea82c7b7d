"""Wakes the jobs of one process with APScheduler.

APScheduler only wakes: what is due is computed from the database, so that its
memory may be lost and a wake may come late or twice without harm.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.scheduling.wakes import Wake, guarded

log = structlog.get_logger()

# It warns of every wake that finds its job still running: with an outbox of an hour's work
# that is a line a second about nothing.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

# So often it is looked whether the clock was set back, which leaves wakes far in the future.
WATCH_EVERY_SECONDS = 1.0
CLOCK_STEP = timedelta(seconds=1)


class EmbeddedScheduler:
    """Runs each job at its interval; a job that still runs is not started again."""

    def __init__(self, wakes: Mapping[str, Wake]) -> None:
        # UTC, so that the host's own zone and its changes of clocks do not matter.
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._wakes = wakes
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._wanted_again: set[str] = set()
        self._watch: asyncio.TimerHandle | None = None
        for name, wake in wakes.items():
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(name, wake),
                seconds=wake.every.total_seconds(),
                id=name,
                # One runs; another is let in, to see in _run that it does.
                max_instances=2,
                coalesce=True,
                # The default of 1 s drops late wakes silently.
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Begin to wake the jobs, the first time an interval from now."""
        self._scheduler.start()
        self._keep_watch()

    def wake(self, name: str, *, at: datetime | None = None) -> None:
        """Wake a job now or at a moment, unless it is woken before that anyway.

        One that runs right now is started again when it has ended.
        """
        if not self._scheduler.running:
            return
        if at is None and name in self._running:
            self._wanted_again.add(name)
            return
        moment, job = at or datetime.now(UTC), self._scheduler.get_job(name)
        if job.next_run_time is not None and moment < job.next_run_time:
            job.modify(next_run_time=moment)

    async def stop(self, grace: timedelta) -> None:
        """Wake no more; let what runs end by itself within the grace, then cancel it."""
        if not self._scheduler.running:
            return
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=grace.total_seconds())
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str, wake: Wake) -> None:
        if name in self._running:
            return
        task = asyncio.ensure_future(self._work(name, wake))
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name))
        await task

    async def _work(self, name: str, wake: Wake) -> None:
        """Run the job, and again while it is woken meanwhile; then plan its next wake."""
        again = True
        while again:
            self._wanted_again.discard(name)
            if await guarded(name, wake.job):
                for other in wake.then:
                    self.wake(other)
            at = await guarded(name, wake.next_at) if wake.next_at else None
            again = name in self._wanted_again and not self._stopping
        if at is not None:
            self.wake(name, at=at)

    def _keep_watch(self) -> None:
        """Bring wakes near again that a clock that was set back has left far away."""
        now = datetime.now(UTC)
        for name, wake in self._wakes.items():
            planned = self._scheduler.get_job(name).next_run_time
            if planned is not None and planned > now + wake.every + CLOCK_STEP:
                log.warning("the clock was set back", job=name)
                self.wake(name)
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(WATCH_EVERY_SECONDS, self._keep_watch)
