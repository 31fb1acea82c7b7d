"""Searches over a real database of each kind."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from bot.commands.search import (
    NO_STORY,
    SearchOptions,
    SearchRequest,
    SearchResult,
    as_document,
    read_filters,
    search,
)
from bot.domain.errors import InputError, NotFoundError
from bot.domain.growth import grow
from bot.domain.model import Feed, FeedSpec, Issue, Language, ParsedEntry
from bot.domain.outlets import Outlets
from bot.domain.search import Filters, parse_query
from bot.jobs.index_entries import BATCH, index_entries
from bot.storage import entries, facts, feeds, readings, schema, search_index, stories
from bot.storage.database import Database
from tests.builders import NOW, OUTLETS, parsed, reading, topic

CARDS = Outlets(OUTLETS)
SPEC = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")

TITLES = (
    "岸田首相が訪韓へ、首脳会談で調整",
    "기시다는 한·일 정상회담서 日총리로",
    "Kishida visits Seoul for a summit",
    "Court ruling on wartime labour is appealed",
    "The ruling came before the court closed",
    "Semiconductor exports rise",
)


@pytest.fixture
async def feed(database: Database) -> Feed:
    async with database.write() as connection:
        return await feeds.add(connection, SPEC, countries={"hanbit": "KR"}, now=NOW)


async def save(database: Database, feed: Feed, items: Sequence[ParsedEntry]) -> None:
    async with database.write() as connection:
        await entries.save_parsed(connection, feed, items, outlets=CARDS, now=NOW)


@pytest.fixture
async def stored(database: Database, feed: Feed) -> None:
    """An entry of each title, the first three in story 1, the fourth in story 2."""
    items = [item(n, title) for n, title in enumerate(TITLES)]
    await save(database, feed, items[::-1])
    async with database.write() as connection:
        saved = {e.title: e for e in await entries.unread(connection, limit=99)}
        for number, story, issue in (
            (0, 1, Issue.SUMMIT_DIPLOMACY),
            (1, 1, Issue.SUMMIT_DIPLOMACY),
            (2, 1, Issue.SUMMIT_DIPLOMACY),
            (3, 2, Issue.COURTS),
        ):
            entry = saved[TITLES[number]]
            read = reading(entry.id, story_id=story, issue=issue)
            known = (await stories.by_ids(connection, [story])).get(story)
            await stories.save(connection, [grow(known, story, [(entry, read)], [issue])])
            await readings.save(connection, [read])


def item(number: int, title: str, **changes: Any) -> ParsedEntry:
    language = ("ja", "ko", "en")[min(number, 2)]
    published_at = NOW - timedelta(days=number)
    values = {"title": title, "text": "", "language": language, "published_at": published_at}
    return parsed(number + 1, **values | changes)


async def find(database: Database, query: str, **filters: Any) -> SearchResult:
    request = SearchRequest(query=parse_query(query), filters=Filters(**filters))
    return await search(database, request, now=NOW)


async def found(database: Database, query: str, **filters: Any) -> list[str]:
    result = await find(database, query, **filters)
    return sorted(e.title for one in result.groups for e in one.reports)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("岸田", [0]),
        ("首相", [0]),
        ("기시다", [1]),
        ("회담", [1]),
        ("한일", [1]),
        ("日", [1]),
        ("ｋｉｓｈｉｄａ", [2]),
        ("kishida summits", [2]),
        ("court", [3, 4]),
        ('"court ruling"', [3]),
        ("court -appealed", [4]),
        ("岸田 OR kishida OR 기시다", [0, 1, 2]),
        ("semicon*", [5]),
        ("semicon", []),
        ("田首", [0]),
        ("田訪", []),
        ("岸田 kishida", []),
    ],
)
async def test_words_of_every_script_are_found(
    database: Database, query: str, numbers: list[int]
) -> None:
    """Two characters suffice; phrases, unwanted words, either and beginnings work."""
    assert await found(database, query) == sorted(TITLES[n] for n in numbers)


@pytest.mark.usefixtures("stored")
async def test_a_story_is_found_once_with_the_reports_that_match(database: Database) -> None:
    """A lone report is a group of its own, after the stories."""
    result = await find(database, "kishida OR 岸田 OR court")
    assert [one.story_id for one in result.groups] == [1, 2, None]
    assert {e.title for e in result.groups[0].reports} == {TITLES[0], TITLES[2]}
    assert result.groups[0].story is not None
    assert len(result.groups[0].story.entries) == 3


@pytest.mark.usefixtures("stored")
async def test_filters_narrow_a_search(database: Database) -> None:
    """By language, country, outlet, issue, topic and time."""
    everything = "岸田 OR 기시다 OR kishida OR court"
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"language": "ja"}, [0]),
        ({"country": "KR"}, [0, 1, 2, 3, 4]),
        ({"country": "JP"}, []),
        ({"outlet": "hanbit"}, [0, 1, 2, 3, 4]),
        ({"outlet": "Hanbit Ilbo"}, [0, 1, 2, 3, 4]),
        ({"outlet": "morning"}, []),
        ({"issue": Issue.COURTS}, [3]),
        ({"issue": Issue.COURTS, "topic": "japan-china"}, []),
        ({"topic": "japan-korea"}, [0, 1, 2, 3]),
        ({"since": NOW - timedelta(days=1)}, [0, 1]),
        ({"until": NOW - timedelta(days=3)}, [3, 4]),
        ({"since": NOW - timedelta(days=3), "until": NOW - timedelta(days=2)}, [2, 3]),
        ({"since": NOW + timedelta(days=1)}, []),
        ({"until": NOW - timedelta(days=9999)}, []),
    ]
    for filters, numbers in cases:
        titles = sorted(TITLES[n] for n in numbers)
        assert await found(database, everything, **filters) == titles, filters


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    "query",
    [
        "'); DROP TABLE entries; --",
        '" OR 1=1 --',
        'words:x NEAR("a" "b", 5) ^a + b',
        "a & b | !c <-> 'd':*",
        "\\'x\\' {} ()",
        "x\x00y\x1b[31m\u202e",
        "𠮷野家 👩‍👩‍👧 ㅋㅋㅋ ขอบคุณ",
        "_y2026 _lja",
        "*" * 199,
        " ".join("ab" for _ in range(24)),
        "-a " * 20 + "b",
    ],
)
async def test_hostile_searches_are_only_words(database: Database, query: str) -> None:
    """They find what they find, and the entries stay."""
    with suppress(InputError):
        await find(database, query)
    async with database.read() as connection:
        assert await entries.count(connection) == len(TITLES)


@pytest.mark.usefixtures("stored")
async def test_a_changed_entry_is_found_by_its_new_words(database: Database, feed: Feed) -> None:
    """And no longer by its old ones, in the transaction that saves it."""
    await save(database, feed, [item(5, "Ferry line opens")])
    assert await found(database, "semiconductor") == []
    assert await found(database, "ferry") == ["Ferry line opens"]


@pytest.mark.usefixtures("stored")
async def test_a_transaction_that_fails_indexes_nothing(database: Database, feed: Feed) -> None:
    """The index is saved with the entries or not at all."""
    with pytest.raises(RuntimeError, match="midway"):
        async with database.write() as connection:
            added = [item(9, "Ferry line opens")]
            await entries.save_parsed(connection, feed, added, outlets=CARDS, now=NOW)
            raise RuntimeError("midway")
    assert await found(database, "ferry") == []


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("told_first", [True, False])
async def test_dropped_entries_are_not_found(database: Database, *, told_first: bool) -> None:
    """Also where whoever dropped them did not tell the index."""
    async with database.write() as connection:
        [gone] = [e for e in await entries.unread(connection, limit=99) if e.title == TITLES[5]]
        if told_first:
            await search_index.forget(connection, [gone.id])
        await connection.execute(delete(schema.entries).where(schema.entries.c.id == gone.id))
    assert await found(database, "semiconductor") == []


@pytest.mark.usefixtures("stored")
async def test_forgetting_leaves_nothing_in_the_index(database: Database) -> None:
    """So that pruning keeps it small."""
    async with database.write() as connection:
        ids = [entry.id for entry in await entries.unread(connection, limit=99)]
        await search_index.forget(connection, ids)
        index, key = search_index.index_of(connection)
        rows = await connection.execute(index.select().with_only_columns(key))
        assert rows.all() == []
        await search_index.update(connection, ids)
    assert await found(database, "岸田") == [TITLES[0]]


@pytest.mark.usefixtures("stored")
async def test_the_index_is_built_anew(database: Database) -> None:
    """After a restore; the work can stop after any batch and go on."""
    async with database.write() as connection:
        await search_index.rebuild(connection)
        assert await search_index.waiting(connection) == len(TITLES)
    assert await found(database, "岸田") == []
    async with database.write() as connection:
        assert await search_index.backfill(connection, limit=2) == 2
        assert await search_index.waiting(connection) == len(TITLES) - 2
    assert await index_entries(database) == len(TITLES) - 2
    assert await index_entries(database) == 0
    assert await found(database, "岸田") == [TITLES[0]]
    assert await found(database, "court") == [TITLES[3], TITLES[4]]


@pytest.mark.usefixtures("stored")
async def test_an_index_of_other_rules_is_built_anew(database: Database) -> None:
    """A new version of the tokeniser finds nothing in an old index."""
    async with database.write() as connection:
        await facts.save(connection, search_index.WRITTEN_AS, "0")
    assert await index_entries(database) == len(TITLES)
    assert await found(database, "岸田") == [TITLES[0]]


@pytest.mark.usefixtures("stored")
async def test_an_index_that_was_not_restored_is_built(database: Database) -> None:
    """Entries can come back from a backup without it."""
    async with database.write() as connection:
        await search_index.rebuild(connection)
        await facts.save(connection, search_index.WAITING, "0")
    assert await index_entries(database) == len(TITLES)
    assert await found(database, "岸田") == [TITLES[0]]


async def test_an_entry_that_changes_before_it_is_indexed(database: Database, feed: Feed) -> None:
    """It is indexed once, by its new words."""
    await save(database, feed, [item(0, "Old words")])
    async with database.write() as connection:
        await search_index.rebuild(connection)
    await save(database, feed, [item(0, "New words")])
    assert await index_entries(database, most=BATCH) == 1
    assert await found(database, "old") == []
    assert await found(database, "new") == ["New words"]


async def test_common_words_are_looked_through_in_steps(database: Database, feed: Feed) -> None:
    """A rare filter finds what lies beyond the first thousand hits."""
    rare = item(0, "Ferry", language="en")
    many = [item(n, f"Ferry {n}", language="en") for n in range(1, 1200)]
    await save(database, feed, [rare])
    async with database.write() as connection:
        [entry] = await entries.unread(connection, limit=1)
        read = reading(entry.id, story_id=1)
        await stories.save(connection, [grow(None, 1, [(entry, read)])])
        await readings.save(connection, [read])
    await save(database, feed, many)
    assert await found(database, "ferry", topic="japan-korea") == ["Ferry"]


async def test_an_empty_database_is_searched(database: Database) -> None:
    """Nothing is found, and nothing fails."""
    assert await found(database, "岸田", since=NOW - timedelta(days=1)) == []


def filters(**options: str) -> Filters:
    return read_filters(
        SearchOptions(**options),
        topics={"japan-korea": topic()},
        outlets=CARDS,
        zone="Asia/Seoul",
        now=NOW,
    )


def test_options_are_read_as_they_are_meant() -> None:
    """Durations and days, parts of an issue's name, outlets by name, codes in any case."""
    read = filters(since="7d", issue="yasukuni", outlet="tokyo morning post", language="JA")
    assert read.since == NOW - timedelta(days=7)
    assert (read.issue, read.outlet) == (Issue.YASUKUNI_TEXTBOOKS, "morning")
    assert read.language == "ja"
    day = filters(since="2026-11-01", until="2026-11-01", country="kr")
    assert day.since is not None
    assert day.until is not None
    assert timedelta(hours=23) < day.until - day.since < timedelta(days=1)
    assert day.since.isoformat() == "2026-11-01T00:00:00+09:00"
    assert day.country == "KR"
    assert filters(outlet="Unknown Gazette").outlet == "Unknown Gazette"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"since": "soon"}, "no duration"),
        ({"until": "2026-13-45"}, "no day"),
        ({"since": "1d", "until": "2d"}, "ends before it begins"),
        ({"issue": "history"}, "history-forced-labour, history-comfort-women"),
        ({"issue": ""}, ""),
        ({"issue": "xyzzy"}, "write one of summit-diplomacy"),
        ({"language": "Japanese"}, "two letters"),
        ({"country": "Korea"}, "two letters"),
        ({"outlet": "Tokyo Mornin Post"}, "did you mean Tokyo Morning Post"),
    ],
)
def test_options_that_cannot_be_read_are_told(options: dict[str, str], told: str) -> None:
    """In one sentence with the mend; an empty one counts as left out."""
    if not told:
        assert filters(**options) == Filters()
        return
    with pytest.raises(InputError, match=told):
        filters(**options)


def test_an_unknown_topic_is_told() -> None:
    """With the topics that there are."""
    with pytest.raises(NotFoundError, match="japan-korea"):
        filters(topic="japan-corea")


@pytest.mark.usefixtures("stored")
async def test_what_was_found_is_a_document(database: Database) -> None:
    """Stories by their headlines with the reports that match, lone reports without a story."""
    result = await find(database, "kishida OR court")
    document = as_document(
        result, title="x", sides=("KR", "JP"), language=Language.EN, zone="Asia/Seoul", now=NOW
    )
    assert [item.story_id for item in document.items] == [1, 2, NO_STORY]
    assert [len(item.sources) for item in document.items] == [1, 1, 1]
    assert document.items[2].headline == TITLES[4]
    assert document.entries_read == 3
