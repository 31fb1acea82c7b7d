import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import StorageError
from bot.scheduling import embedded
from bot.scheduling.embedded import EmbeddedScheduler
from bot.scheduling.wakes import Wake

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


HOUR = timedelta(hours=1)


async def test_a_job_is_woken_at_the_moment_that_it_names() -> None:
    """Not only at its interval: a digest's slot is met to the moment."""
    runs: list[datetime] = []
    done = asyncio.Event()
    slot = datetime.now(UTC) + timedelta(seconds=1.5)

    async def job() -> None:
        runs.append(datetime.now(UTC))
        if len(runs) == 2:
            done.set()

    async def next_at() -> datetime:
        return slot

    scheduler = EmbeddedScheduler({"job": Wake(job=job, every=HOUR, next_at=next_at)})
    scheduler.start()
    scheduler.wake("job")
    await asyncio.wait_for(done.wait(), 30)
    await scheduler.stop(timedelta(seconds=1))
    assert runs[0] < slot <= runs[1]


async def test_a_job_that_did_something_wakes_the_one_after_it() -> None:
    """What is written is sent at once; after nothing was written nobody is woken."""
    woken: list[bool] = []
    results = [0, 3]
    done = asyncio.Event()

    async def write() -> int:
        return results.pop(0)

    async def send() -> None:
        woken.append(not results)
        done.set()

    wakes = {
        "write": Wake(job=write, every=HOUR, then=("send",)),
        "send": Wake(job=send, every=HOUR),
    }
    scheduler = EmbeddedScheduler(wakes)
    scheduler.start()
    scheduler.wake("write")
    while len(results) == 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    scheduler.wake("write")
    await asyncio.wait_for(done.wait(), 30)
    await scheduler.stop(timedelta(seconds=1))
    assert woken == [True]


async def test_a_wake_while_the_job_runs_is_not_lost() -> None:
    """What came after its last look is looked at in a second run."""
    runs = 0
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def job() -> None:
        nonlocal runs
        runs += 1
        started.set()
        if runs == 2:
            done.set()
        await go_on.wait()

    scheduler = EmbeddedScheduler({"job": Wake(job=job, every=HOUR)})
    scheduler.start()
    scheduler.wake("job")
    await asyncio.wait_for(started.wait(), 30)
    scheduler.wake("job")
    scheduler.wake("job")
    go_on.set()
    await asyncio.wait_for(done.wait(), 30)
    await scheduler.stop(timedelta(seconds=1))
    assert runs == 2


async def test_a_clock_that_is_set_back_puts_no_job_to_sleep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wake that was planned for tomorrow's date, by a wrong clock, comes now."""
    monkeypatch.setattr(embedded, "WATCH_EVERY_SECONDS", 0.02)
    done = asyncio.Event()

    async def job() -> None:
        done.set()

    scheduler = EmbeddedScheduler({"job": Wake(job=job, every=HOUR)})
    scheduler.start()
    # As the job's next wake looks after the clock went back by a day.
    planned = scheduler._scheduler.get_job("job")
    planned.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))
    await asyncio.wait_for(done.wait(), 30)
    await scheduler.stop(timedelta(seconds=1))
