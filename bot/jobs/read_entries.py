"""Reads entries in order of arrival: relevance, duplicates, stories."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from uuid import uuid4

import stamina
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError
from bot.domain.growth import Joined, grow
from bot.domain.model import Entry
from bot.domain.topic import Level
from bot.storage import entries, facts, merges, readings, stories, turns
from bot.storage.database import STORAGE_ATTEMPTS, Database
from bot.storage.readings import SEAL
from bot.understanding.reader import REMEMBER, ReadBatch, Reader

# Small enough that a batch of new, relevant entries is read and saved within seconds.
BATCH = 100

# relevance (0..1) → level
LevelOf = Callable[[float], Level]

# (topic, remembered readings, source of story ids) → a reader that goes on from there
ReaderFactory = Callable[[str, Sequence[Joined], Callable[[], int]], Reader]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadTotals:
    """How many entries were read, and how many of them matter to a topic."""

    read: int = 0
    relevant: int = 0


class OutrunError(Exception):
    """Another process has read entries meanwhile: what was decided here may contradict it."""


class EntryReaders:
    """The topics' readers, kept between runs because their windows are costly to load.

    ``seal`` is the mark of the last batch that they know of. Who saves a batch puts a new
    one, so that a reader that another process has outrun is found out before it saves.
    """

    def __init__(
        self,
        topics: Sequence[str],
        factory: ReaderFactory,
        *,
        levels: Mapping[str, LevelOf] | None = None,
    ) -> None:
        """``levels`` say of each topic's readings whether they are core or peripheral."""
        self._levels = levels or {}
        self.topics = tuple(topics)
        self.seal: str | None = None
        self.new_story_id: Callable[[], int] = count(1).__next__
        self._factory = factory
        self._readers: dict[str, Reader] = {}

    def level_of(self, topic: str) -> LevelOf | None:
        """Return what tells the level of a topic's readings, where it is known."""
        return self._levels.get(topic)

    async def load(self, connection: AsyncConnection, *, now: datetime) -> dict[str, Reader]:
        """Return each topic's reader, restored from the database where it has moved on."""
        seal = await facts.get(connection, SEAL)
        if not self._readers or seal != self.seal:
            # The topics' stories share one numbering.
            self.new_story_id = count(await stories.next_id(connection)).__next__
            for topic in self.topics:
                remembered = await readings.remembered(connection, topic, since=now - REMEMBER)
                self._readers[topic] = await asyncio.to_thread(
                    self._factory, topic, remembered, self.new_story_id
                )
            self.seal = seal
        return self._readers

    def forget(self) -> None:
        """Drop the readers: what they decided was not saved."""
        self._readers.clear()


async def read_entries(
    *,
    database: Database,
    readers: EntryReaders,
    now: datetime,
    on_batch: Callable[[int], None] = lambda count: None,
) -> ReadTotals:
    """Read all unread entries, batch by batch, each saved whole with its stories.

    Raises StorageError where a batch cannot be saved; it then stays unread.
    """
    totals = ReadTotals()
    while True:
        read, relevant = await _read_or_forget(database, readers, now=now)
        if not read:
            return totals
        totals = ReadTotals(read=totals.read + read, relevant=totals.relevant + relevant)
        on_batch(read)


@stamina.retry(on=OutrunError, attempts=None, timeout=None)
@stamina.retry(on=StorageError, attempts=STORAGE_ATTEMPTS)
async def _read_or_forget(
    database: Database, readers: EntryReaders, *, now: datetime
) -> tuple[int, int]:
    """Read and save one batch; where that fails, the readers start from what is saved."""
    try:
        return await _read_batch(database, readers, now=now)
    except BaseException:
        readers.forget()
        raise


async def _read_batch(
    database: Database, readers: EntryReaders, *, now: datetime
) -> tuple[int, int]:
    """Read and save one batch; returns how many entries it had, and how many matter."""
    async with database.read() as connection:
        batch = await entries.unread(connection, limit=BATCH)
        if not batch:
            return 0, 0
        loaded = await readers.load(connection, now=now)
    # The vectors' arithmetic would hold up every heartbeat on the event loop.
    understood = {
        topic: await asyncio.to_thread(reader.read, batch) for topic, reader in loaded.items()
    }
    seal = uuid4().hex
    async with database.write() as connection:
        await turns.reading(connection)
        if await facts.get(connection, SEAL) != readers.seal:
            raise OutrunError
        for topic, read in understood.items():
            await _save(connection, topic, batch, read)
            level = readers.level_of(topic)
            if level is not None:
                lone = _touching(batch, read, level)
                await _save_peripheral(connection, topic, lone, readers.new_story_id)
        await entries.mark_read(connection, batch)
        await facts.save(connection, SEAL, seal)
    readers.seal = seal
    kept = {r.entry_id for read in understood.values() for r in read.readings if r.relevant}
    return len(batch), len(kept)


async def _save(
    connection: AsyncConnection, topic: str, batch: Sequence[Entry], read: ReadBatch
) -> None:
    by_id = {entry.id: entry for entry in batch}
    await _save_stories(connection, [(by_id[r.entry_id], r) for r in read.readings])
    await readings.save(connection, read.readings)
    for left, into in (await readings.move(connection, topic, read.moved)).items():
        await merges.save_merged(connection, left, into=into)
    await merges.save_follows(connection, read.follows)


def _touching(batch: Sequence[Entry], read: ReadBatch, level_of: LevelOf) -> list[Joined]:
    """Return the entries that only touch the topic, and copy nothing."""
    by_id = {entry.id: entry for entry in batch}
    return [
        (by_id[r.entry_id], r)
        for r in read.readings
        if r.story_id is None
        and r.duplicate_of is None
        and level_of(r.relevance) is Level.PERIPHERAL
    ]


async def _save_peripheral(
    connection: AsyncConnection,
    topic: str,
    lone: Sequence[Joined],
    new_story_id: Callable[[], int],
) -> None:
    """Make a story of each report that only touches the topic, unless it has one.

    No reading names it: an edit may yet make the report matter, and no core story is
    compared with it.
    """
    if not lone:
        return
    known = await stories.led_by(connection, topic, [entry.id for entry, _ in lone])
    fresh = [joined for joined in lone if joined[0].id not in known]
    made = [replace(grow(None, new_story_id(), [one]), peripheral=True) for one in fresh]
    await stories.save(connection, made)


async def _save_stories(connection: AsyncConnection, joined: Sequence[Joined]) -> None:
    arrivals: dict[int, list[Joined]] = {}
    for entry, reading in joined:
        if reading.story_id is not None:
            arrivals.setdefault(reading.story_id, []).append((entry, reading))
    # A withdrawn story goes on growing, so that its next report begins no new one.
    known = await stories.by_ids(connection, list(arrivals), withdrawn=True)
    issues = await readings.issues_of(connection, arrivals)
    grown = [grow(known.get(i), i, new, issues.get(i, ())) for i, new in arrivals.items()]
    await stories.save(connection, grown)
