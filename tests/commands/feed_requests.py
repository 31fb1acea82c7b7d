"""A process that polls, as far as requests about feeds go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from bot.domain.model import Feed
from bot.jobs.answer_feed_requests import answer_feed_requests
from bot.jobs.check_feed import FeedCheck
from bot.storage.database import Database
from tests.builders import NOW

Check = Callable[[Feed], Awaitable[FeedCheck]]


async def well(feed: Feed) -> FeedCheck:
    """Answer with entries, under a name that no list can show as it is."""
    return FeedCheck(feed=feed, entries=3, title="A  feed\x00 of\nnews")


async def badly(feed: Feed) -> FeedCheck:
    """Answer with something else."""
    return FeedCheck(feed=feed, problem="It answers with a page (HTML).")


async def work(database: Database, check: Check = well) -> int:
    """Answer what is asked; returns how much was."""
    return await answer_feed_requests(
        database=database, check=check, countries={}, clock=lambda: NOW
    )


@asynccontextmanager
async def polling(database: Database, check: Check = well) -> AsyncIterator[None]:
    """Answer again and again, beside what the test does."""

    async def again() -> None:
        while True:
            await work(database, check)
            await asyncio.sleep(0.01)

    running = asyncio.create_task(again())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
