"""Why an entry was read as it was, and what became of it: reads the database, polls nothing."""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.fates import Asked, Fates
from bot.commands.news import LARGEST_ID
from bot.domain.account import Account, as_stored
from bot.domain.errors import InputError, NotFoundError
from bot.domain.explanation import Compared, SubscriptionFate, TopicWhy, Why
from bot.domain.growth import Joined
from bot.domain.model import Entry, Reading, Story
from bot.domain.ranking import DEFAULT_HOUSE, House
from bot.domain.retention import Retention
from bot.domain.topic import Level, Topic
from bot.domain.why import Scope
from bot.storage import feeds, readings, stories
from bot.storage import why as rows
from bot.storage.database import Database

_NUMBERED = re.compile(r"(?:(story|entry)[:\s#]*|#)?(\d{1,19})", re.IGNORECASE)
_SCHEMES = ("https://", "http://")

# Feeds named in a sentence; `feeds list` has them all.
MOST_FEEDS = 3

# Labels before a country's own under which sites are registered (co.jp, or.kr).
SECOND_LEVEL = frozenset({"co", "or", "go", "ne", "ac", "re", "com", "org", "net"})

# (topic, entry, its reading, the entries before it) → how it is read now
AccountOf = Callable[[Topic, Entry, Reading | None, Sequence[Joined]], Account]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explaining:
    """What explanations take from the other parts.

    ``canonical`` gives an article's address the one spelling that is stored; ``remember``
    tells how far back entries are compared; ``house`` says how stories are chosen.
    """

    account_of: AccountOf = as_stored
    canonical: Callable[[str], str] = str
    remember: Callable[[], timedelta] = timedelta
    keep: Retention = field(default_factory=Retention)
    house: House = DEFAULT_HOUSE


@dataclass(frozen=True, kw_only=True)
class Explainers:
    """Answers ``why`` over one database."""

    database: Database
    topics: Mapping[str, Topic]
    explaining: Explaining

    async def why(self, written: str, *, scope: Scope | None, now: datetime) -> Why:
        """Return why an entry or a story is where it is.

        ``written`` is an article's address, ``entry:34``, or a story's id as ``story:12`` or
        ``12``. ``scope`` bounds the subscriptions that are told of. Raises InputError or
        NotFoundError with the mend.
        """
        text = unicodedata.normalize("NFKC", written).strip()
        numbered = _NUMBERED.fullmatch(text)
        if numbered is None:
            return await self._of_address(text, scope, now=now)
        number = int(numbered[2])
        if (numbered[1] or "").casefold() == "entry":
            return await self._of_entry(await self._entry(number), (), scope, now=now)
        return await self._of_story(number, scope, now=now)

    async def _entry(self, number: int) -> Entry:
        async with self.database.read() as connection:
            found = await rows.entry(connection, number) if number <= LARGEST_ID else None
        if found is None:
            raise NotFoundError(f"There is no entry {number}: name it by its address instead.")
        return found

    async def _of_address(self, written: str, scope: Scope | None, *, now: datetime) -> Why:
        urls = self._spellings(written)
        async with self.database.read() as connection:
            found = await rows.entries_at(connection, urls)
            if not found:
                raise NotFoundError(await self._unknown(connection, urls))
            # The one that a story holds is what was told; else the first one seen.
            held = [
                e
                for e in found
                if any(r.story_id for r in await readings.of_entry(connection, e.id))
            ]
        chosen = (held or found)[0]
        alike = tuple(one for one in found if one.id != chosen.id)
        return await self._of_entry(chosen, alike, scope, now=now)

    def _spellings(self, written: str) -> list[str]:
        """Return the address as it may be stored; raises InputError for what is none."""
        if "://" not in written and ("." not in written or " " in written):
            raise InputError(
                f"“{written[:80]}” is neither an address nor a number: write a report's address, "
                "entry:34, or a story's number such as 12."
            )
        url = self.explaining.canonical(written if "://" in written else f"https://{written}")
        rest = url.partition("://")[2]
        return [url, *(other + rest for other in _SCHEMES if other + rest != url)]

    async def _unknown(self, connection: AsyncConnection, urls: Sequence[str]) -> str:
        if await rows.was_dropped(connection, urls):
            return (
                "This report was read and mattered to no topic; such reports are kept for "
                f"{self.explaining.keep.irrelevant_days} days, and it has been dropped since."
            )
        host = urlsplit(urls[0]).hostname or ""
        polled = [feed for feed, _ in await feeds.all_feeds(connection)]
        near = [feed.name for feed in polled if _site(feed.url) == _site(urls[0])]
        if near:
            return (
                f"No report is stored with this address. Of {host} is polled: "
                f"{', '.join(near[:MOST_FEEDS])}; it may not list the report, or not yet "
                "(`poll --once` asks now)."
            )
        return (
            f"No report is stored with this address, and no feed of {host} is polled "
            f"({len(polled)} others are: `feeds list`): `feeds add` adds one."
        )

    async def _of_entry(
        self, entry: Entry, alike: tuple[Entry, ...], scope: Scope | None, *, now: datetime
    ) -> Why:
        async with self.database.read() as connection:
            known = {r.topic: r for r in await readings.of_entry(connection, entry.id)}
        topics = [await self._of_topic(entry, t, known.get(t.id)) for t in self.topics.values()]
        # The topic that holds it first, then by how much it says there.
        topics.sort(key=lambda one: (one.story is None, -one.account.relevance))
        main = topics[0]
        asked = Asked(
            topic=main.topic,
            story=main.story or await self._lone_story(main.topic, entry, main.reading),
            reading=main.reading,
            level=main.level,
            entry_id=entry.id,
        )
        return Why(
            entry=entry,
            alike=alike,
            topics=tuple(topics),
            story=main.story,
            fates=await self._fates(asked, scope, now=now),
        )

    async def _of_topic(self, entry: Entry, topic: Topic, reading: Reading | None) -> TopicWhy:
        async with self.database.read() as connection:
            before: Sequence[Joined] = ()
            if reading is not None and reading.story_id is not None:
                since = entry.seen_at - self.explaining.remember()
                before = await readings.remembered(connection, topic.id, since=since, before=entry)
        # The vectors' arithmetic would hold up every heartbeat on the event loop.
        account = await asyncio.to_thread(self.explaining.account_of, topic, entry, reading, before)
        async with self.database.read() as connection:
            return await _with_stories(connection, topic, reading, account)

    async def _of_story(self, number: int, scope: Scope | None, *, now: datetime) -> Why:
        async with self.database.read() as connection:
            story = await stories.get(connection, number) if number <= LARGEST_ID else None
            if story is None:
                raise NotFoundError(
                    f"There is no story {number}: `news TOPIC` lists the ids. "
                    f"An entry is named as entry:{number}, a report by its address."
                )
            known = {r.entry_id: r for r in await _readings_of(connection, story)}
        lead = known.get(story.lead_entry_id)
        topic = self.topics.get(story.topic)
        if topic is None:
            raise NotFoundError(
                f"Story {number} is of the topic {story.topic}, which is no longer configured."
            )
        level = Level.PERIPHERAL if story.peripheral else Level.CORE
        asked = Asked(
            topic=topic, story=story, reading=lead or next(iter(known.values())), level=level
        )
        return Why(
            story=story,
            readings=known,
            merged_from=number if number != story.id else None,
            fates=await self._fates(asked, scope, now=now),
        )

    async def _fates(
        self, asked: Asked, scope: Scope | None, *, now: datetime
    ) -> tuple[SubscriptionFate, ...]:
        async with self.database.read() as connection:
            days, house = self.explaining.keep.digest_days, self.explaining.house
            fates = Fates(connection, asked, scope, house=house, digest_days=days, now=now)
            return await fates.all()

    async def _lone_story(
        self, topic: Topic, entry: Entry, reading: Reading | None
    ) -> Story | None:
        """Return the story made of an entry that only touches the topic, or of its original."""
        if reading is None or reading.story_id is not None:
            return None
        async with self.database.read() as connection:
            return await stories.alone(connection, topic.id, reading.duplicate_of or entry.id)


async def _readings_of(connection: AsyncConnection, story: Story) -> list[Reading]:
    """Return a story's readings; no reading names a story of what only touches the topic."""
    if not story.peripheral:
        return await readings.of_story(connection, story.id)
    found = await readings.of_entry(connection, story.lead_entry_id)
    return [one for one in found if one.topic == story.topic]


async def _with_stories(
    connection: AsyncConnection, topic: Topic, reading: Reading | None, account: Account
) -> TopicWhy:
    """Put an entry's account beside the stories that it names, and what it repeats."""
    story_id = reading.story_id if reading else None
    own = [one for one in account.candidates if one.story_id == story_id]
    others = [one for one in account.candidates if one.story_id != story_id]
    known = await stories.by_ids(
        connection, [*([story_id] if story_id else []), *(one.story_id for one in others[:1])]
    )
    copied = reading.duplicate_of if reading else None
    return TopicWhy(
        topic=topic,
        reading=reading,
        level=_level(topic, reading, account),
        account=account,
        original=await rows.entry(connection, copied) if copied is not None else None,
        story=known.get(story_id) if story_id else None,
        joined=Compared(candidate=own[0], story=known.get(own[0].story_id)) if own else None,
        runner_up=Compared(candidate=others[0], story=known.get(others[0].story_id))
        if others
        else None,
    )


def _level(topic: Topic, reading: Reading | None, account: Account) -> Level:
    """Return the level as it was decided; that of now where it is yet to be read."""
    if reading is None:
        return account.level
    return Level.CORE if reading.relevant else topic.level(reading.relevance)


def _site(url: str) -> str:
    """Return the site of an address: ``yna.co.kr`` of ``https://en.yna.co.kr/…``."""
    labels = (urlsplit(url).hostname or "").split(".")
    is_suffixed = bool(SECOND_LEVEL & set(labels[-2:-1]))
    return ".".join(labels[-3:] if is_suffixed else labels[-2:])
