"""The app: every part put together over one database.

What only some roles need is imported where it is first used: a process that sends starts
without the parts that poll, read and write.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from bot.app.database import open_database, prepare
from bot.rendering.texts import Texts, in_house_style, load_texts
from bot.storage.database import Database

log = structlog.get_logger()

if TYPE_CHECKING:
    from bot.app.polling import Polling
    from bot.commands.desk import Desk
    from bot.commands.why import Explaining
    from bot.domain.account import Account
    from bot.domain.growth import Joined
    from bot.domain.lens import Viewpoint
    from bot.domain.model import Digest, Entry, Language, Reading
    from bot.domain.ranking import House
    from bot.domain.timeline import ToneWords
    from bot.domain.topic import Topic
    from bot.jobs.read_entries import EntryReaders, ReadTotals
    from bot.jobs.write_digests import DigestWriter
    from bot.settings import Settings
    from bot.summarize.llm import LlmSummarizer
    from bot.understanding.explain import Explainer
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

    @cached_property
    def texts(self) -> dict[str, Texts]:
        """The reader-facing texts of each language."""
        return in_house_style(load_texts(self.settings.locales), self.settings.house_style)

    @cached_property
    def encoder(self) -> Encoder:
        """The sentence vectors, loaded when they are first needed."""
        return make_encoder(self.settings)

    @cached_property
    def readers(self) -> EntryReaders:
        """The topics' readers, kept between runs."""
        from bot.jobs.read_entries import EntryReaders

        levels = {name: topic.level for name, topic in self.settings.topics.items()}
        return EntryReaders(list(self.settings.topics), self._make_reader, levels=levels)

    @cached_property
    def writer(self) -> DigestWriter:
        """Composes digests from the database."""
        from bot.jobs.write_digests import DigestWriter
        from bot.summarize.extractive import ExtractiveSummarizer

        # Vectors cost far more time than they add to these summaries: see benchmarks/summaries.py.
        return DigestWriter(
            self.database,
            ExtractiveSummarizer(),
            model=self.model,
            viewpoint=self.viewpoint,
            house=self.house,
            tone_words=self._tones,
        )

    def _tones(self, title: str, language: str) -> frozenset[str]:
        # Its words are loaded when the first weekly digest asks for them.
        return self.tone_words(title, language)

    @property
    def house(self) -> House:
        """How stories are chosen here: the caps of the settings, and outlets' owners."""
        from bot.domain.ranking import House
        from bot.understanding.expressions import finds

        taste = self.settings.digest
        return House(
            max_per_issue=taste.max_per_issue,
            max_per_outlet=taste.max_per_outlet,
            owners=self.settings.outlet_cards.owners,
            finds=finds,
        )

    @cached_property
    def viewpoint(self) -> Viewpoint:
        """How this instance looks at both sides of a story."""
        from bot.domain.lens import Viewpoint
        from bot.summarize.counts import counts_that_differ

        return Viewpoint(style=self.settings.house_style, counts=counts_that_differ)

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
        if await prepare(self.database):
            from bot.app.polling import sync_feeds

            await sync_feeds(self)
        # A process that has no use for outlets leaves this to those that read of them.
        if self.settings.given_content is not None:
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

    @cached_property
    def polling(self) -> Polling:
        """Asks the feeds."""
        from bot.app.polling import Polling

        return Polling(self, self._stack)

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
        self,
        topic: str,
        *,
        since: timedelta,
        language: Language,
        limit: int | None = None,
        told: Mapping[int, int] | None = None,
    ) -> Digest:
        """Compose a topic's digest from the database for one who has been ``told`` so much."""
        from bot.commands.news import find_topic
        from bot.domain.compose import DigestRequest

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
                told=told or {},
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
        from bot.commands.budgets import DEFAULT, Budgets, Expensive
        from bot.commands.desk import Defaults, Desk
        from bot.domain.budget import Budget
        from bot.understanding.expressions import check_pattern
        from bot.understanding.query import QueryReader

        taste = self.settings.digest
        limits = self.settings.budgets
        previews = Budget(most=limits.previews_per_hour)
        checks = Budget(most=limits.feed_checks_per_hour)
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
            budgets=Budgets({**DEFAULT, Expensive.PREVIEW: previews, Expensive.FEED_CHECK: checks}),
            admins=self.settings.environment.strait_admins,
            explaining=self.explaining,
            viewpoint=self.viewpoint,
            check_pattern=check_pattern,
        )

    @cached_property
    def explaining(self) -> Explaining:
        """What explanations take from the reading; it is loaded when the first one is asked."""
        from bot.commands.why import Explaining
        from bot.feeds.urls import canonical_url

        explainers: dict[str, Explainer] = {}

        def account_of(
            topic: Topic, entry: Entry, reading: Reading | None, before: Sequence[Joined]
        ) -> Account:
            from bot.understanding.explain import Explainer

            if topic.id not in explainers:
                explainers[topic.id] = Explainer(topic, self.settings.names, self.encoder)
            return explainers[topic.id].account(entry, reading, before)

        def remember() -> timedelta:
            from bot.understanding.reader import REMEMBER

            return REMEMBER

        return Explaining(
            account_of=account_of,
            canonical=canonical_url,
            remember=remember,
            keep=self.settings.retention,
            house=self.house,
        )

    async def index(self, on_batch: Callable[[int], None] = lambda count: None) -> int:
        """Index every entry that the search does not know yet; returns how many."""
        from bot.jobs.index_entries import index_entries

        return await index_entries(self.database, most=None, on_batch=on_batch)


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


def make_encoder(settings: Settings) -> Encoder:
    """Return the sentence vectors that the settings choose."""
    from bot.understanding.vectors import load_encoder

    chosen = settings.understanding.encoder
    return load_encoder(None if chosen == "auto" else chosen)
