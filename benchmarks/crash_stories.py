"""Stories for the whole bot to tell, put into the database as the reading would."""

from datetime import UTC, datetime, timedelta

from bot.domain.growth import grow
from bot.domain.model import FeedSpec, ParsedEntry
from bot.domain.outlets import Outlets
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from tests.builders import OUTLETS, reading

# So many stories of so many words make a digest of several parts on both platforms.
STORIES, SENTENCES = 10, 12


async def tell(database: Database) -> None:
    """Put stories into the database that are new now."""
    now = datetime.now(UTC)
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    items = [_item(number, now) for number in range(1, STORIES + 1)]
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=now)
        await entries.save_parsed(connection, feed, items, outlets=Outlets(OUTLETS), now=now)
        found = await entries.unread(connection, limit=STORIES)
        read = [reading(entry.id, story_id=number) for number, entry in enumerate(found, 1)]
        grown = [
            grow(None, number, [(entry, one)])
            for number, (entry, one) in enumerate(zip(found, read, strict=True), 1)
        ]
        await stories.save(connection, grown)
        await readings.save(connection, read)
        await entries.mark_read(connection, found)


def _item(number: int, now: datetime) -> ParsedEntry:
    said = [
        f"In round {n} of talks {number} both sides agreed on point {n}." for n in range(SENTENCES)
    ]
    return ParsedEntry(
        guid=f"guid-{number}",
        url=f"https://h.example/{number}",
        title=f"Tokyo and Seoul hold round {number} of their talks",
        text=" ".join(said),
        published_at=now - timedelta(hours=1, minutes=number),
        language="en",
    )
