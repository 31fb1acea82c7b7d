"""Batches are read and saved whole, whoever else reads at the same time."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.domain.errors import StorageError
from bot.domain.growth import Joined
from bot.domain.model import FeedSpec
from bot.domain.outlets import Outlets
from bot.jobs.read_entries import EntryReaders, read_entries
from bot.settings import load_settings
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from bot.understanding.reader import Reader
from bot.understanding.vectors import load_encoder
from tests.builders import NOW, OUTLETS, parsed

SETTINGS = load_settings({})
TOPIC = "japan-korea"

SUMMIT = "South Korea's president and Japan's prime minister hold a summit in Seoul"
RULING = "South Korea's Supreme Court orders Japan's Mitsubishi to pay forced labour victims"
EXPORTS = "Japan lifts export controls on semiconductor materials for South Korea"
WEATHER = "Rain expected in the north, 30 degrees in the afternoon"


def make_reader(topic: str, remembered: Sequence[Joined], new_id: Callable[[], int]) -> Reader:
    return Reader(
        topic=SETTINGS.topics[topic],
        names=SETTINGS.names,
        encoder=load_encoder("use"),
        new_story_id=new_id,
        remembered=remembered,
    )


def readers() -> EntryReaders:
    """Return the readers of a process that has just started."""
    return EntryReaders([TOPIC], make_reader)


async def poll(database: Database, number: int, title: str) -> None:
    spec = FeedSpec(url=f"https://h.example/{number}", name="Hanbit", outlet="hanbit")
    item = parsed(number, title=title, text="", published_at=NOW + timedelta(minutes=number))
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, [item], outlets=Outlets(OUTLETS), now=NOW)


async def read(database: Database, process: EntryReaders) -> int:
    return (await read_entries(database=database, readers=process, now=NOW)).read


async def told(database: Database) -> dict[str, int | None]:
    """Return each entry's story."""
    async with database.read() as connection:
        found = await readings.remembered(connection, TOPIC, since=NOW - timedelta(days=1))
    return {entry.title: reading.story_id for entry, reading in found}


async def test_what_matters_gets_a_story(database: Database) -> None:
    """And what does not is remembered as read."""
    await poll(database, 1, SUMMIT)
    await poll(database, 2, WEATHER)
    process = readers()
    assert [await read(database, process), await read(database, process)] == [2, 0]
    assert await told(database) == {SUMMIT: 1, WEATHER: None}


async def test_two_processes_never_share_a_storys_id(database: Database) -> None:
    """Each finds out that the other has read meanwhile, and starts from there."""
    one, other = readers(), readers()
    for number, (process, title) in enumerate(
        [(one, SUMMIT), (other, RULING), (one, EXPORTS)], start=1
    ):
        await poll(database, number, title)
        assert await read(database, process) == 1
    assert sorted(str(story_id) for story_id in (await told(database)).values()) == ["1", "2", "3"]


async def test_a_reader_that_is_outrun_while_it_reads_reads_again(database: Database) -> None:
    """Nothing of the outrun decision is saved."""
    await poll(database, 1, SUMMIT)
    fast = readers()

    class Overtaken(EntryReaders):
        async def load(self, *arguments: object, **named: object) -> dict[str, Reader]:
            loaded = await super().load(*arguments, **named)  # type: ignore[arg-type]
            if not overtaken:
                overtaken.append(True)
                await poll(database, 2, RULING)
                await read(database, fast)
            return loaded

    overtaken: list[bool] = []
    slow = Overtaken([TOPIC], make_reader)
    assert await read(database, slow) == 0
    assert sorted(str(story_id) for story_id in (await told(database)).values()) == ["1", "2"]


async def test_a_batch_that_cannot_be_saved_stays_unread(database: Database) -> None:
    """It is read again, with the same result, once there is room."""
    await poll(database, 1, SUMMIT)
    process, full = readers(), [True]

    def refuse(*arguments: object) -> None:
        if full and "INTO readings" in str(arguments[2]):
            raise StorageError("The disk is full.")

    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    with pytest.raises(StorageError):
        await read(database, process)
    async with database.read() as connection:
        assert await stories.next_id(connection) == 1
    full.clear()
    assert await read(database, process) == 1
    assert await told(database) == {SUMMIT: 1}


async def test_a_disk_that_is_full_for_a_moment_is_waited_for(database: Database) -> None:
    """The batch is read and saved on a later try, as if nothing had been."""
    await poll(database, 1, SUMMIT)
    refusals = [True]

    def refuse_once(*arguments: object) -> None:
        if refusals and "INTO readings" in str(arguments[2]):
            refusals.pop()
            raise StorageError("The disk is full.")

    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse_once)
    assert await read(database, readers()) == 1
    assert await told(database) == {SUMMIT: 1}


async def test_an_edited_entry_gets_the_story_that_it_deserves(database: Database) -> None:
    """An alert that said nothing is told once its text says what it is about."""
    await poll(database, 1, "Breaking news")
    process = readers()
    await read(database, process)
    async with database.write() as connection:
        spec = FeedSpec(url="https://h.example/1", name="Hanbit", outlet="hanbit")
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        edited = parsed(1, title=SUMMIT, text="")
        await entries.save_parsed(connection, feed, [edited], outlets=Outlets(OUTLETS), now=NOW)
    await read(database, process)
    async with database.read() as connection:
        [story] = await stories.latest(
            connection, TOPIC, since=NOW - timedelta(days=1), until=NOW + timedelta(days=1)
        )
    assert [entry.title for entry in story.entries] == [SUMMIT]
