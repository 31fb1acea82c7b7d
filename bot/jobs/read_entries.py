"""Reads entries in order of arrival: relevance, duplicates, stories."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import uuid4

import stamina
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError
from bot.domain.growth import Joined, grow
from bot.domain.model import Entry
from bot.storage import entries, facts, readings, stories, turns
from bot.storage.database import STORAGE_ATTEMPTS, Database
from bot.storage.readings import SEAL
from bot.understanding.reader import REMEMBER, ReadBatch, Reader

# Small enough that a batch of new, relevant entries is read and saved within seconds.
BATCH = 100

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

    def __init__(self, topics: Sequence[str], factory: ReaderFactory) -> None:
        self.topics = tuple(topics)
        self.seal: str | None = None
        self._factory = factory
        self._readers: dict[str, Reader] = {}

    async def load(self, connection: AsyncConnection, *, now: datetime) -> dict[str, Reader]:
        """Return each topic's reader, restored from the database where it has moved on."""
        seal = await facts.get(connection, SEAL)
        if not self._readers or seal != self.seal:
            # The topics' stories share one numbering.
            ids = count(await stories.next_id(connection))
            for topic in self.topics:
                remembered = await readings.remembered(connection, topic, since=now - REMEMBER)
                self._readers[topic] = await asyncio.to_thread(
                    self._factory, topic, remembered, ids.__next__
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
        await stories.save_merged(connection, left, into=into)


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
