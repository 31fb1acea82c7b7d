"""Stories that live: what a destination is told again, how often, and what is new of it."""

from datetime import timedelta

from bot.domain.compose import DigestRequest
from bot.domain.model import Digest, Entry, ItemKind, Language, Story
from bot.jobs.shelf import Shelf
from bot.jobs.write_digests import DigestWriter
from bot.storage import digests, entries, readings, stories
from bot.storage.database import Database
from bot.storage.schema import entries as entry_table
from bot.storage.schema import feeds as feed_table
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import CHANNEL, NOW, entry, reading, story, topic

FIRST = entry(
    1,
    title="Ministers meet in Busan",
    text="The foreign ministers met in Busan on Monday to discuss export controls.",
    seen_at=NOW,
    published_at=NOW - timedelta(hours=8),
)
SECOND = entry(
    2,
    title="Next round in Seoul",
    text="Seoul will host the next round of talks on 12 March, Japanese officials announced.",
    country="JP",
    outlet="morning",
    outlet_name="Tokyo Morning Post",
    seen_at=NOW + timedelta(hours=1),
    published_at=NOW + timedelta(minutes=30),
)
THIRD = entry(
    3,
    title="Talks moved",
    text="The March talks were moved to Daegu after the venue in the capital flooded overnight.",
    seen_at=NOW + timedelta(hours=2),
    published_at=NOW + timedelta(hours=1, minutes=30),
)


async def save(database: Database, told: Story, new: Entry) -> None:
    async with database.write() as connection:
        values = {column.name: getattr(new, column.name) for column in entries.COLUMNS}
        await connection.execute(
            entry_table.insert().values(**values | {"feed_id": None, "unread": False})
        )
        await stories.save(connection, [told])
        await readings.save(connection, [reading(new.id, story_id=told.id)])


async def tell(database: Database, *, hours: int) -> Digest:
    """Compose what the channel gets now, and remember it as told."""
    now = NOW + timedelta(hours=hours)
    async with database.read() as connection:
        told = await digests.told_versions(connection, CHANNEL)
        updates = (await digests.updates_told(connection, [CHANNEL], told))[CHANNEL]
    request = DigestRequest(
        topic=topic(sides=("KR", "JP")),
        language=Language.EN,
        zone="UTC",
        since=now - timedelta(hours=24),
        until=now,
        max_stories=5,
        max_words=60,
        told=told,
        updates=updates,
    )
    made = await DigestWriter(database, ExtractiveSummarizer()).write(request, Shelf(database))
    async with database.write() as connection:
        await digests.save_told(connection, [CHANNEL], made, now=now)
    return made


async def test_updates_are_counted_for_each_destination(database: Database) -> None:
    """New, then update 1 with what is new and who reports now, then update 2; else nothing."""
    await save(database, story(version=1, last_seen_at=NOW), FIRST)
    (new,) = (await tell(database, hours=0)).items
    assert (new.kind, new.update, new.news) == (ItemKind.NEW, 0, None)
    assert (await tell(database, hours=0)).items == ()

    await save(database, story(version=2, last_seen_at=SECOND.published_at), SECOND)
    (first,) = (await tell(database, hours=1)).items
    assert (first.kind, first.update) == (ItemKind.UPDATE, 1)
    assert first.news is not None
    assert (first.news.reports, first.news.sides) == (1, ("JP",))

    await save(database, story(version=3, last_seen_at=THIRD.published_at), THIRD)
    (second,) = (await tell(database, hours=2)).items
    assert second.update == 2
    assert second.news is not None
    said = " ".join(sentence.text for sentence in second.sentences)
    newest = second.news.sentence.text if second.news.sentence else said
    assert "moved to Daegu" in newest
    assert second.news.sides == ()


async def test_feeds_answer_by_country_and_outlet(database: Database) -> None:
    """The latest answer of an outlet's feeds counts; removed and gone ones do not."""
    from bot.storage import feeds

    rows = [
        {"id": 1, "url": "a", "outlet": "toto", "country": "JP", "succeeded_at": NOW},
        {"id": 2, "url": "b", "outlet": "toto", "country": "JP", "succeeded_at": None},
        {"id": 3, "url": "c", "outlet": "tozai", "country": "JP", "succeeded_at": None},
        {
            "id": 4,
            "url": "d",
            "outlet": "retto",
            "country": "JP",
            "succeeded_at": NOW,
            "gone": True,
        },
        {"id": 5, "url": "e", "outlet": "x", "country": "JP", "succeeded_at": NOW, "removed": True},
        {"id": 6, "url": "f", "outlet": None, "country": "KR", "succeeded_at": NOW},
    ]
    usual = {"name": "n", "gone": False, "removed": False, "configured": True, "failures": 0}
    async with database.write() as connection:
        for row in rows:
            full = {**usual, "named_url": row["url"], "created_at": NOW, **row}
            known = {key: value for key, value in full.items() if key in feed_table.c}
            await connection.execute(feed_table.insert().values(**known))
    async with database.read() as connection:
        found = await feeds.answers(connection, ("KR", "JP"))
    assert sorted(found["JP"], key=str) == sorted([NOW, None], key=str)
    assert found["KR"] == [NOW]
