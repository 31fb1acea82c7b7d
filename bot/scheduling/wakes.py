"""Jobs and when they are woken; a job's failure is told and stops nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.domain.errors import StraitError

log = structlog.get_logger()

T = TypeVar("T")
Job = Callable[[], Awaitable[object]]
NextAt = Callable[[], Awaitable[datetime | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake:
    """A job and how often it is woken.

    After each run ``next_at`` says when there is something to do again: if that is before
    the interval is over, the job is woken at that very moment. If the run returned something
    true, the jobs that ``then`` names are woken at once.
    """

    job: Job
    every: timedelta
    next_at: NextAt | None = None
    then: tuple[str, ...] = ()


async def guarded(name: str, job: Callable[[], Awaitable[T]]) -> T | None:
    """Run a job so that its failure is told and stops nothing else: it is woken again.

    Returns what the job returned; None where it failed.
    """
    try:
        return await job()
    except StraitError as error:
        log.error("job failed; it is tried again", job=name, problem=str(error))  # noqa: TRY400
    except Exception:
        log.exception("job failed; it is tried again", job=name)
    return None
