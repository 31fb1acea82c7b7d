"""The jobs of a running bot, each with what it needs of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

import structlog

from bot.scheduling.wakes import guarded

if TYPE_CHECKING:
    from bot.app.core import App
    from bot.domain.model import Feed
    from bot.jobs.check_feed import FeedCheck
    from bot.jobs.send_deliveries import DeliverySender
    from bot.jobs.write_digests import PutOff
    from bot.platforms.messenger import Messenger

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """What is done again and again. ``messengers`` are those that can be sent to."""

    app: App
    messengers: dict[str, Messenger]
    _senders: dict[str, DeliverySender] = field(default_factory=dict)

    @cached_property
    def put_off(self) -> PutOff:
        """The subscriptions whose digest could not be written, while the process lives."""
        from bot.jobs.write_digests import PutOff

        return PutOff()

    @cached_property
    def breaking_put_off(self) -> PutOff:
        """The subscriptions whose breaking news could not be written, while the process lives."""
        from bot.jobs.write_digests import PutOff

        return PutOff()

    @property
    def senders(self) -> Iterable[DeliverySender]:
        """Those that have sent something, or have tried to."""
        return self._senders.values()

    async def care(self) -> None:
        """Do what is done once a day: prune, back up, clean up after who left."""
        from bot.app.care import care

        await care(self.app)

    async def refresh_and_read(self) -> None:
        """Poll the feeds that are due and read what they brought."""
        await self.refresh()
        await self.read()

    async def refresh(self) -> None:
        """Poll the feeds that are due."""
        polled = await self.app.polling.refresh(only_due=True)
        if polled.results:
            log.info("feeds refreshed", feeds=len(polled.results), new=polled.new)

    async def answer_feed_requests(self) -> int:
        """Answer what people ask of feeds from chat; returns how many times."""
        from bot.jobs.answer_feed_requests import answer_feed_requests

        async def check(feed: Feed) -> FeedCheck:
            return (await self.app.polling.check([feed]))[0]

        return await answer_feed_requests(
            database=self.app.database,
            check=check,
            countries=self.app.settings.countries,
            clock=self.app.clock,
        )

    async def read(self) -> None:
        """Read what the feeds brought."""
        read = await self.app.read()
        if read.read:
            log.info("entries read", read=read.read, relevant=read.relevant)

    async def replan(self) -> None:
        """Work out anew when digests are due: zones may have other rules than at the last run."""
        from bot.storage import subscriptions

        async with self.app.database.write() as connection:
            await subscriptions.look_again(connection)

    async def prepare(self) -> int:
        """Make the summaries of the digests that are due soon."""
        from bot.jobs.write_digests import prepare_digests

        app = self.app
        return await prepare_digests(
            database=app.database,
            writer=app.writer,
            topics=app.settings.topics,
            platforms=self.messengers,
            max_words=app.settings.digest.max_words,
            now=app.clock(),
        )

    async def next_due_at(self) -> datetime | None:
        """Return when the next digest is due."""
        from bot.storage import subscriptions

        async with self.app.database.read() as connection:
            return await subscriptions.next_due_at(
                connection, self.messengers, after=self.app.clock()
            )

    async def write(self) -> int:
        """Write the digests that are due; returns how many."""
        from bot.jobs.spread_corrections import spread_corrections
        from bot.jobs.write_digests import write_digests

        app = self.app
        # First, so that what cannot be edited is told by the digests that are due now.
        await spread_corrections(database=app.database, messengers=self.messengers, now=app.clock())
        return await write_digests(
            database=app.database,
            writer=app.writer,
            topics=app.settings.topics,
            messengers=self.messengers,
            max_words=app.settings.digest.max_words,
            put_off=self.put_off,
            now=app.clock(),
            calendar=app.settings.calendar,
        )

    async def break_stories(self) -> int:
        """Tell at once what breaks; returns to how many subscriptions."""
        from bot.jobs.break_stories import Newsroom, break_stories

        app = self.app
        newsroom = Newsroom(
            database=app.database,
            writer=app.writer,
            topics=app.settings.topics,
            messengers=self.messengers,
            max_words=app.settings.digest.max_words,
            house=app.house,
        )
        return await break_stories(newsroom, self.breaking_put_off, now=app.clock())

    async def send(self) -> bool:
        """Send what is in the outbox; returns whether every platform could be asked."""
        sent: list[str] = []

        async def send_to(name: str, messenger: Messenger) -> None:
            await self._sender(name, messenger).run()
            sent.append(name)

        # Side by side, so that one platform's slowness or failure does not hold up the other's.
        sends = [
            guarded(f"deliveries to {name}", partial(send_to, name, messenger))
            for name, messenger in self.messengers.items()
        ]
        await asyncio.gather(*sends)
        return len(sent) == len(sends)

    def _sender(self, name: str, messenger: Messenger) -> DeliverySender:
        if name not in self._senders:
            from bot.jobs.send_deliveries import DeliverySender

            self._senders[name] = DeliverySender(self.app.database, messenger, self.app.clock)
        return self._senders[name]
