"""The benches of search and size, on little data: that they measure what they say."""

from datetime import timedelta

from sqlalchemy import func, select

from benchmarks.data import names
from benchmarks.search import QUERIES, index_megabytes, once
from benchmarks.size import DEFAULTS, FOR_EVER, projected
from benchmarks.stored import NOW, filled, generated, issue_of
from bot.commands.news import latest_news
from bot.commands.search import SearchRequest, search
from bot.domain.model import Issue
from bot.domain.search import parse_query
from bot.storage.schema import entries
from bot.understanding.query import QueryReader
from tests.builders import topic

DAY = timedelta(days=1)


def test_the_same_entries_come_at_every_call() -> None:
    """In three languages, the oldest first, so that two runs can be compared."""
    first, again = list(generated(30)), list(generated(30))
    assert first == again
    assert {entry.language for entry in first} == {"en", "ja", "ko"}
    times = [entry.published_at for entry in first]
    assert times == sorted(times)


async def test_what_is_generated_is_stored_and_found() -> None:
    """A bench that finds nothing would be fast."""
    async with filled(300, dim=8) as store:
        database = store.database
        assert store.indexing > 0
        assert await index_megabytes(database) > 0
        async with database.read() as connection:
            counted = await connection.execute(select(func.count()).select_from(entries))
            assert counted.scalar_one() == 300
        found = await search(database, SearchRequest(query=parse_query("日本")), now=NOW)
        assert len(found.groups) == 10
        last = await latest_news(database, topic(), since=DAY, limit=9, now=NOW)
        assert all(len(story.entries) == 3 for story in last.stories[1:-1])


async def test_every_query_of_the_bench_is_one() -> None:
    """Forty of all kinds, none refused."""
    assert len(QUERIES) >= 40
    reader = QueryReader(names())
    async with filled(300) as store:
        for name in QUERIES:
            assert await once(store.database, reader, name) > 0


def test_issues_are_of_unequal_frequency() -> None:
    """Every second story has the most frequent one; the last is rare."""
    drawn = [issue_of(story) for story in range(1, 4097)]
    assert drawn.count(next(iter(Issue))) == 2048
    assert 0 < drawn.count(Issue.OTHER) < 10


def test_a_year_is_what_each_part_takes_for_its_days() -> None:
    """What is dropped with age counts for the days that it stays."""
    each = {"pages": 1000.0, "index": 120.0, "vectors": 100.0, "texts": 50.0, "irrelevant": 400.0}
    assert round(projected(each, FOR_EVER, 1000), 3) == 365.0
    rest = 1000 - 100 - 50 - 400 - 110
    expected = rest * 365 + 510 * 30 + 100 * 30 + 50 * 90
    assert round(projected(each, DEFAULTS, 1000), 3) == round(expected / 1000, 3)
