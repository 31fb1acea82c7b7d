"""Summaries that are kept, and what is told of them."""

from dataclasses import replace

from bot.domain.growth import grow
from bot.domain.model import FeedSpec, Summary
from bot.domain.outlets import Outlets
from bot.storage import entries, feeds, readings, stories, summaries
from bot.storage.database import Database
from tests.builders import NOW, OUTLETS, parsed, reading


async def test_one_that_cannot_be_read_does_not_hide_the_others(database: Database) -> None:
    """A model's words may hold a NUL, into which Postgres refuses to look."""
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    kept = Summary(language="en", headline="H", sentences=(), method="extractive")
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, [parsed()], outlets=Outlets(OUTLETS), now=NOW)
        [entry] = await entries.unread(connection, limit=1)
        await stories.save(connection, [grow(None, 1, [(entry, reading(entry.id))])])
        await readings.save(connection, [reading(entry.id)])
        await summaries.save(connection, 1, "en", "fingerprint", kept)
        await summaries.save(connection, 1, "ko", "fingerprint", replace(kept, headline="a\x00b"))
    async with database.read() as connection:
        assert await summaries.count_by_method(connection) == {"extractive": 1, "unreadable": 1}
