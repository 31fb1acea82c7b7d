"""The app: every part put together over one database.

What only some roles need is imported where it is first used: a process that sends starts
without the parts that poll, read and write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from bot.domain.compose import DigestRequest
from bot.domain.errors import StorageError
from bot.domain.growth import Joined
from bot.domain.model import Digest, Feed, Language
from bot.domain.timeline import ToneWords
from bot.domain.topic import Topic
from bot.rendering.texts import Texts, load_texts
from bot.settings import Settings
from bot.storage.database import Database

log = structlog.get_logger()

if TYPE_CHECKING:
    from bot.commands.desk import Desk
    from bot.feeds.fetch import Fetcher
    from bot.feeds.parsing import FeedParser
    from bot.jobs.check_feed import FeedCheck
    from bot.jobs.read_entries import EntryReaders, ReadTotals
    from bot.jobs.refresh_feeds import FeedResult, RefreshTotals
    from bot.jobs.write_digests import DigestWriter
    from bot.summarize.llm import LlmSummarizer
    from bot.understanding.reader import Reader
    from bot.understanding.vectors import Encoder


def utc_now() -> datetime:
    """Return the current time, aware UTC."""
    return datetime.now(UTC)


class App:
    """Everything put together over one database; open it with ``open_app``."""

    def __init__(self, settings: Settings, database: Database, stack: AsyncExitStack) -> None:
        self.settings = settings
        self.database = database
        self.clock: Callable[[], datetime] = utc_now
        self._stack = stack
        self._synced = False
        self._fetching: tuple[Fetcher, FeedParser] | None = None

    @cached_property
    def texts(self) -> dict[str, Texts]:
        """The reader-facing texts of each language."""
        return load_texts(self.settings.locales)

    @cached_property
    def encoder(self) -> Encoder:
        """The sentence vectors, loaded when they are first needed."""
        return make_encoder(self.settings)

    @cached_property
    def readers(self) -> EntryReaders:
        """The topics' readers, kept between runs."""
        from bot.jobs.read_entries import EntryReaders

        return EntryReaders(list(self.settings.topics), self._make_reader)

    @cached_property
    def writer(self) -> DigestWriter:
        """Composes digests from the database."""
        from bot.jobs.write_digests import DigestWriter
        from bot.summarize.extractive import ExtractiveSummarizer

        # Vectors cost far more time than they add to these summaries: see benchmarks/summaries.py.
        return DigestWriter(self.database, ExtractiveSummarizer(), model=self.model)

    @cached_property
    def model(self) -> LlmSummarizer | None:
        """The model that writes summaries, where the environment names one."""
        if self.settings.environment.llm_model is None:
            return None
        from bot.app.language_model import make_model
        from bot.storage.spending import StoredLedger

        model = make_model(self.settings, StoredLedger(self.database, self.clock))
        if model is not None:
            self._stack.push_async_callback(model.close)
        return model

    def _make_reader(
        self, topic: str, remembered: Sequence[Joined], new_story_id: Callable[[], int]
    ) -> Reader:
        from bot.understanding.reader import Reader

        return Reader(
            topic=self.settings.topics[topic],
            names=self.settings.names,
            encoder=self.encoder,
            new_story_id=new_story_id,
            remembered=remembered,
        )

    async def set_up(self) -> None:
        """Bring a SQLite file up to date, and check another database.

        Raises StorageError, or DatabaseTooNewError for a database of a newer version.
        """
        if await _prepare(self.database):
            await self.sync_feeds()
        await self.enforce_terms()

    async def enforce_terms(self) -> None:
        """Drop the texts that outlets' terms no longer allow, where the terms have changed."""
        from bot.storage import terms

        async with self.database.read() as connection:
            if await terms.is_enforced(connection):
                return
        async with self.database.write() as connection:
            dropped = await terms.enforce(connection)
        log.info("outlets' terms changed", texts_dropped=dropped)

    async def sync_feeds(self) -> None:
        """Make the stored feeds follow the configuration, once in the app's life.

        Only who polls does so: a look-up from a shell with another configuration must not
        change what a running bot polls.
        """
        from bot.storage import feeds

        if self._synced:
            return
        async with self.database.write() as connection:
            await feeds.sync_configured(
                connection,
                self.settings.feeds,
                countries=self.settings.countries,
                now=self.clock(),
            )
        self._synced = True

    async def refresh(
        self,
        *,
        only_due: bool,
        on_start: Callable[[int], None] = lambda count: None,
        on_result: Callable[[FeedResult], None] = lambda result: None,
    ) -> RefreshTotals:
        """Poll the feeds that are due, or all of them; ``on_start`` is told how many."""
        from bot.jobs.refresh_feeds import refresh_feeds

        await self.sync_feeds()
        fetcher, parser = await self._fetch_and_parse()
        return await refresh_feeds(
            database=self.database,
            fetcher=fetcher,
            parser=parser,
            outlets=self.settings.outlet_cards,
            interval=timedelta(minutes=self.settings.polling.interval_minutes),
            now=self.clock(),
            only_due=only_due,
            on_start=on_start,
            on_result=on_result,
        )

    async def check(
        self, asked: Sequence[Feed], on_answer: Callable[[], None] = lambda: None
    ) -> list[FeedCheck]:
        """Ask feeds and say how each answers; saves nothing."""
        from bot.jobs.check_feed import check_feed

        fetcher, parser = await self._fetch_and_parse()

        # Answers wait for their parsing in memory: no more of them than are polled at once.
        at_once = asyncio.Semaphore(self.settings.polling.concurrency)

        async def ask(feed: Feed) -> FeedCheck:
            async with at_once:
                answer = await check_feed(feed, fetcher=fetcher, parser=parser, now=self.clock())
            on_answer()
            return answer

        return list(await asyncio.gather(*map(ask, asked)))

    async def read(self, on_batch: Callable[[int], None] = lambda count: None) -> ReadTotals:
        """Read every unread entry."""
        from bot.jobs.index_entries import index_entries
        from bot.jobs.read_entries import read_entries

        read = await read_entries(
            database=self.database, readers=self.readers, now=self.clock(), on_batch=on_batch
        )
        await index_entries(self.database)
        return read

    def today(self, zone: str) -> date:
        """Return the local day in a zone."""
        return self.clock().astimezone(ZoneInfo(zone)).date()

    @cached_property
    def tone_words(self) -> ToneWords:
        """Finds the words of cooperation and friction in a title."""
        from bot.understanding.entities import Matcher

        matcher = Matcher((), self.settings.signals)
        return lambda title, language: matcher.find(title, language).cues

    async def digest(
        self, topic: str, *, since: timedelta, language: Language, limit: int | None = None
    ) -> Digest:
        """Compose a topic's digest from the database, as one who has been told nothing."""
        from bot.commands.news import find_topic

        now, taste = self.clock(), self.settings.digest
        found = find_topic(self.settings.topics, topic)
        made = await self.writer.write(
            DigestRequest(
                topic=found,
                language=language,
                zone=taste.zone,
                since=now - since,
                until=now,
                max_stories=limit or taste.max_stories,
                max_words=taste.max_words,
                told={},
            )
        )
        return await self.foretold(made, found, until=now + since)

    async def foretold(self, made: Digest, topic: Topic, *, until: datetime) -> Digest:
        """Return a digest with what it says of the calendar's days that begin until a moment."""
        from bot.domain.calendar import between
        from bot.jobs.extras import Extras, carry

        mine = [one for one in self.settings.calendar if topic.id in one.topics]
        coming = between(mine, made.zone, after=made.until, until=until, now=made.until)
        extras = Extras(occasions=tuple(one.key for one in coming))
        async with self.database.read() as connection:
            return (await carry(connection, [made], extras, mine, [topic]))[0]

    @cached_property
    def desk(self) -> Desk:
        """The use cases behind every platform's commands."""
        from bot.commands.budgets import Budgets, Expensive
        from bot.commands.desk import Defaults, Desk
        from bot.domain.budget import Budget
        from bot.understanding.query import QueryReader

        taste = self.settings.digest
        previews = Budget(most=self.settings.budgets.previews_per_hour)
        return Desk(
            database=self.database,
            topics=self.settings.topics,
            defaults=Defaults(
                language=taste.language,
                zone=taste.zone,
                max_stories=taste.max_stories,
                max_words=taste.max_words,
            ),
            write=self.writer.write,
            clock=self.clock,
            read_query=QueryReader(self.settings.names).read,
            outlets=self.settings.outlet_cards,
            budgets=Budgets({Expensive.PREVIEW: previews}),
            admins=self.settings.environment.strait_admins,
        )

    async def index(self, on_batch: Callable[[int], None] = lambda count: None) -> int:
        """Index every entry that the search does not know yet; returns how many."""
        from bot.jobs.index_entries import index_entries

        return await index_entries(self.database, most=None, on_batch=on_batch)

    async def _fetch_and_parse(self) -> tuple[Fetcher, FeedParser]:
        from bot.feeds.fetch import Fetcher, FetchLimits
        from bot.feeds.parsing import FeedParser

        if self._fetching is None:
            polling = self.settings.polling
            limits = FetchLimits(
                concurrency=polling.concurrency,
                per_host=polling.per_host,
                total_seconds=polling.timeout_seconds,
                max_bytes=int(polling.max_megabytes * 1_000_000),
            )
            fetcher = Fetcher(limits=limits, allow_networks=self.settings.allow_networks)
            self._fetching = (
                await self._stack.enter_async_context(fetcher),
                await self._stack.enter_async_context(FeedParser()),
            )
        return self._fetching


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Put the parts together over the database, once it is there and up to date.

    Raises StorageError, or DatabaseTooNewError for a database of a newer version.
    """
    async with build_app(settings) as app:
        await app.set_up()
        yield app


@asynccontextmanager
async def build_app(settings: Settings) -> AsyncIterator[App]:
    """Put the parts together without asking the database: ``set_up`` does, once it answers."""
    database = open_database(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        yield App(settings, database, stack)


async def _prepare(database: Database) -> bool:
    """Bring a SQLite file up to date, check another database; returns whether it was made.

    Postgres may be in use by another version, which a schema changed on any start would
    break: there `migrate` does it, once, when a release is put in place.
    """
    if not database.is_sqlite:
        await database.check()
        return False
    before, _ = await database.migrate()
    return before is None


def open_database(settings: Settings, *, create: bool = True) -> Database:
    """Return the database of the settings; a SQLite file is made for its owner alone."""
    connections = settings.environment.strait_database_connections
    database = Database(
        settings.database_url, connections=connections, terms=settings.outlet_cards.terms
    )
    if create and (path := database.path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                f"The database {path} cannot be made ({error.strerror}): "
                "name a file in a folder that can be written in DATABASE_URL."
            ) from error
    return database


def make_encoder(settings: Settings) -> Encoder:
    """Return the sentence vectors that the settings choose."""
    from bot.understanding.vectors import load_encoder

    chosen = settings.understanding.encoder
    return load_encoder(None if chosen == "auto" else chosen)
