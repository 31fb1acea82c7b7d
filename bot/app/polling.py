"""The feeds as the app asks them: those of the configuration, polled when due, or checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.feeds.fetch import Fetcher, FetchLimits
from bot.feeds.parsing import FeedParser
from bot.jobs.check_feed import FeedCheck, check_feed
from bot.jobs.refresh_feeds import FeedResult, RefreshTotals, refresh_feeds
from bot.storage import feeds

if TYPE_CHECKING:
    from bot.app.core import App
    from bot.domain.model import Feed


async def sync_feeds(app: App) -> None:
    """Make the stored feeds follow the configuration.

    Only who polls does so: a look-up from a shell with another configuration must not
    change what a running bot polls.
    """
    async with app.database.write() as connection:
        await feeds.sync_configured(
            connection,
            app.settings.feeds,
            countries=app.settings.countries,
            now=app.clock(),
        )


class Polling:
    """Fetches and parses, within the limits of the settings, until the stack is left."""

    def __init__(self, app: App, stack: AsyncExitStack) -> None:
        self._app = app
        self._stack = stack
        self._synced = False
        self._fetching: tuple[Fetcher, FeedParser] | None = None

    async def refresh(
        self,
        *,
        only_due: bool,
        on_start: Callable[[int], None] = lambda count: None,
        on_result: Callable[[FeedResult], None] = lambda result: None,
    ) -> RefreshTotals:
        """Poll the feeds that are due, or all of them; ``on_start`` is told how many."""
        app = self._app
        if not self._synced:
            await sync_feeds(app)
            self._synced = True
        fetcher, parser = await self._fetch_and_parse()
        return await refresh_feeds(
            database=app.database,
            fetcher=fetcher,
            parser=parser,
            outlets=app.settings.outlet_cards,
            interval=timedelta(minutes=app.settings.polling.interval_minutes),
            now=app.clock(),
            only_due=only_due,
            on_start=on_start,
            on_result=on_result,
        )

    async def check(
        self, asked: Sequence[Feed], on_answer: Callable[[], None] = lambda: None
    ) -> list[FeedCheck]:
        """Ask feeds and say how each answers; saves nothing."""
        app = self._app
        fetcher, parser = await self._fetch_and_parse()

        # Answers wait for their parsing in memory: no more of them than are polled at once.
        at_once = asyncio.Semaphore(app.settings.polling.concurrency)

        async def ask(feed: Feed) -> FeedCheck:
            async with at_once:
                answer = await check_feed(feed, fetcher=fetcher, parser=parser, now=app.clock())
            on_answer()
            return answer

        return list(await asyncio.gather(*map(ask, asked)))

    async def _fetch_and_parse(self) -> tuple[Fetcher, FeedParser]:
        if self._fetching is None:
            polling = self._app.settings.polling
            limits = FetchLimits(
                concurrency=polling.concurrency,
                per_host=polling.per_host,
                total_seconds=polling.timeout_seconds,
                max_bytes=int(polling.max_megabytes * 1_000_000),
            )
            fetcher = Fetcher(limits=limits, allow_networks=self._app.settings.allow_networks)
            self._fetching = (
                await self._stack.enter_async_context(fetcher),
                await self._stack.enter_async_context(FeedParser()),
            )
        return self._fetching
