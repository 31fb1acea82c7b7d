import asyncio
from datetime import timedelta

from bot.domain.errors import StorageError
from bot.scheduling.embedded import EmbeddedScheduler, Wake

SOON = timedelta(milliseconds=20)


async def test_a_job_is_woken_again_after_it_failed() -> None:
    """One bad run stops neither the job nor the others."""
    runs: list[str] = []
    done = asyncio.Event()

    async def failing() -> None:
        runs.append("failing")
        raise StorageError("the disk is full")

    async def broken() -> None:
        runs.append("broken")
        raise RuntimeError("unexpected")

    async def sound() -> None:
        runs.append("sound")
        if all(runs.count(name) >= 2 for name in ("failing", "broken", "sound")):
            done.set()

    jobs = {"failing": failing, "broken": broken, "sound": sound}
    scheduler = EmbeddedScheduler({n: Wake(job=j, every=SOON) for n, j in jobs.items()})
    scheduler.start()
    await asyncio.wait_for(done.wait(), 30)
    await scheduler.stop(timedelta(seconds=1))


async def test_a_job_that_still_runs_is_not_started_again() -> None:
    """Two runs at once would do everything twice."""
    running = 0
    most = 0
    rounds = 0
    done = asyncio.Event()

    async def slow() -> None:
        nonlocal running, most, rounds
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.1)
        running -= 1
        rounds += 1
        if rounds == 2:
            done.set()

    scheduler = EmbeddedScheduler({"slow": Wake(job=slow, every=SOON)})
    scheduler.start()
    await asyncio.wait_for(done.wait(), 30)
    await scheduler.stop(timedelta(seconds=1))
    assert most == 1


async def test_stopping_lets_a_job_end_within_the_grace() -> None:
    """What is in flight is finished, not cut off."""
    started, ended = asyncio.Event(), False

    async def job() -> None:
        nonlocal ended
        started.set()
        await asyncio.sleep(0.2)
        ended = True

    scheduler = EmbeddedScheduler({"job": Wake(job=job, every=SOON)})
    scheduler.start()
    await asyncio.wait_for(started.wait(), 30)
    await scheduler.stop(timedelta(seconds=30))
    assert ended


async def test_stopping_cancels_what_outlasts_the_grace() -> None:
    """A feed that never answers does not keep the process alive."""
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    scheduler = EmbeddedScheduler({"job": Wake(job=job, every=SOON)})
    scheduler.start()
    await asyncio.wait_for(started.wait(), 30)
    await scheduler.stop(timedelta(milliseconds=50))
    await asyncio.wait_for(cancelled.wait(), 30)
