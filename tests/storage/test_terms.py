"""Terms are enforced where rows become entries, on both databases."""

from dataclasses import replace

import pytest

from bot.domain.growth import grow
from bot.domain.model import FeedSpec, Summary
from bot.domain.outlets import Outlets, OutletTerms
from bot.storage import entries, feeds, merges, readings, stories, summaries, terms, why
from bot.storage.database import Database
from bot.storage.hashes import content_hash
from tests.builders import NOW, OUTLETS, parsed, reading

HEADLINE = OutletTerms(headline=frozenset({"hanbit"}))
EXCLUDED = OutletTerms(excluded=frozenset({"hanbit"}))


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with a story of one report and its summary."""
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, [parsed()], outlets=Outlets(OUTLETS), now=NOW)
        [entry] = await entries.unread(connection, limit=1)
        await stories.save(connection, [grow(None, 1, [(entry, reading(entry.id))])])
        await readings.save(connection, [reading(entry.id)])
        kept = Summary(language="en", headline="H", sentences=(), method="extractive")
        await summaries.save(connection, 1, "en", "fingerprint", kept)
        assert await summaries.count_by_method(connection) == {"extractive": 1}
    return database


async def under(database: Database, found: OutletTerms) -> Database:
    # As another process opens the same database under other terms.
    return Database(database.url.render_as_string(hide_password=False), terms=lambda: found)


async def test_a_text_is_not_used_before_it_is_dropped(filled: Database) -> None:
    """Reading alone changes nothing, and shows the headline and the link."""
    opened = await under(filled, HEADLINE)
    async with opened.read() as connection:
        [report] = (await stories.by_ids(connection, [1]))[1].entries
    await opened.close()
    assert (report.text, report.title, report.url) == ("", parsed().title, parsed().url)
    async with filled.read() as connection:
        [report] = (await stories.by_ids(connection, [1]))[1].entries
    assert report.text == parsed().text


@pytest.mark.parametrize("found", [HEADLINE, EXCLUDED], ids=["headline", "excluded"])
async def test_texts_are_dropped_once_with_what_was_made_of_them(
    filled: Database, found: OutletTerms
) -> None:
    """The hash follows, so that the same report polled again is no change."""
    opened = await under(filled, found)
    async with opened.write() as connection:
        assert not await terms.is_enforced(connection)
        assert await terms.enforce(connection) == 1
    async with opened.write() as connection:
        assert await terms.is_enforced(connection)
        assert await terms.enforce(connection) == 0
        assert await summaries.count_by_method(connection) == {}
    await opened.close()
    async with filled.read() as connection:
        [report] = (await stories.by_ids(connection, [1]))[1].entries
    bare = content_hash(report.title, "")
    assert (report.text, report.content_hash) == ("", bare)


async def test_an_excluded_outlet_leaves_no_story_of_its_own(filled: Database) -> None:
    """A story without a report that may be shown is none."""
    opened = await under(filled, EXCLUDED)
    async with opened.read() as connection:
        assert await stories.by_ids(connection, [1]) == {}
        assert await stories.get(connection, 1) is None
        assert await entries.count_since(connection, since=NOW.replace(year=2020), until=NOW) == (
            0,
            0,
        )
    await opened.close()


async def test_an_excluded_outlet_is_explained_to_nobody(filled: Database) -> None:
    """Neither by its address nor by its number; of a headline outlet the text is missing."""
    opened = await under(filled, EXCLUDED)
    async with opened.read() as connection:
        assert await why.entries_at(connection, [parsed().url]) == []
        assert await why.entry(connection, 1) is None
    await opened.close()
    opened = await under(filled, HEADLINE)
    async with opened.read() as connection:
        [found] = await why.entries_at(connection, [parsed().url])
        assert found == await why.entry(connection, 1)
    await opened.close()
    assert (found.title, found.text) == (parsed().title, "")


@pytest.fixture
async def followed(filled: Database) -> Database:
    """The same with a story of another outlet's report, which follows the first one."""
    spec = FeedSpec(url="https://a.example/rss", name="Other", outlet=OUTLETS[1].id)
    later = parsed(url="https://a.example/2", guid="later")
    async with filled.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        await entries.save_parsed(connection, feed, [later], outlets=Outlets(OUTLETS), now=NOW)
        found = {entry.url: entry for entry in await entries.unread(connection, limit=2)}
        entry = found[later.url]
        read = replace(reading(entry.id), story_id=2)
        await stories.save(connection, [grow(None, 2, [(entry, read)])])
        await readings.save(connection, [read])
        await merges.save_follows(connection, {2: 1})
    return filled


async def earlier(database: Database) -> list[int]:
    async with database.read() as connection:
        return [ref.id for ref in (await stories.by_ids(connection, [2]))[2].earlier]


async def test_no_headline_of_an_excluded_outlet_stands_as_an_earlier_story(
    followed: Database,
) -> None:
    """A headline outlet's may."""
    assert await earlier(followed) == [1]
    for found, expected in ((EXCLUDED, []), (HEADLINE, [1])):
        opened = await under(followed, found)
        assert await earlier(opened) == expected
        await opened.close()


async def test_a_withdrawn_story_is_no_earlier_story(followed: Database) -> None:
    """Until it is restored."""
    async with followed.write() as connection:
        await stories.withdraw(connection, 1, at=NOW)
    assert await earlier(followed) == []
    async with followed.write() as connection:
        await stories.withdraw(connection, 1, at=None)
    assert await earlier(followed) == [1]
