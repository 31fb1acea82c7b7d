"""Why, over a real database of each kind: what is found, for whom, and what is not told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.commands import subscriptions as use_cases
from bot.commands.budgets import Budgets, Expensive
from bot.commands.desk import Defaults, Desk
from bot.commands.why import Explaining
from bot.domain.budget import Budget
from bot.domain.compose import DigestRequest
from bot.domain.errors import BudgetError, InputError, NotFoundError
from bot.domain.explanation import Why
from bot.domain.filters import Rule
from bot.domain.growth import grow
from bot.domain.model import (
    DeliveryStatus,
    Destination,
    Digest,
    Entry,
    Expression,
    FeedSpec,
    Filters,
    Issue,
    ItemKind,
    Language,
    ParsedEntry,
    Subscription,
)
from bot.domain.outlets import Outlets
from bot.domain.ranking import House
from bot.domain.topic import Level
from bot.domain.why import Because, Fate, Scope
from bot.feeds.urls import canonical_url
from bot.jobs.write_digests import DigestWriter
from bot.storage import deliveries, digests, entries, feeds, merges, pruned_items, readings, stories
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from bot.understanding.expressions import finds
from tests.builders import NOW, OUTLETS, TASTE, parsed, reading, topic

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINE = Destination(platform="slack", workspace="T1", channel="C1")
NEXT_DOOR = Destination(platform="slack", workspace="T1", channel="C2")
THEIRS = Destination(platform="slack", workspace="T2", channel="C1")
LOOKALIKE = Destination(platform="discord", workspace="T1", channel="C1")
SCOPE = Scope(platform="slack", workspace="T1")
HOUSE = House(owners={"evening": "hanbit"}, finds=finds)
SPEC = FeedSpec(url="https://feeds.h.example/rss", name="Hanbit", outlet="hanbit")


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(
        database=database,
        topics={"japan-korea": topic(peripheral=0.2)},
        defaults=Defaults(language=Language.EN, zone="Asia/Seoul", max_stories=10, max_words=60),
        write=DigestWriter(database, ExtractiveSummarizer(), house=HOUSE).write,
        clock=lambda: NOW,
        explaining=Explaining(canonical=canonical_url, house=HOUSE),
    )


async def save(database: Database, *items: ParsedEntry) -> list[Entry]:
    """Save entries, the oldest first; they are yet to be read."""
    async with database.write() as connection:
        feed = await feeds.add(connection, SPEC, countries={}, now=NOW)
        saved = Outlets(OUTLETS)
        for item in items:
            await entries.save_parsed(
                connection, feed, [item], outlets=saved, now=item.published_at or NOW
            )
        return await entries.unread(connection, limit=99)


async def tell(database: Database, found: Entry, story: int | None, **read: object) -> None:
    """Save how an entry was read, and its story."""
    made = reading(found.id, **({"story_id": story, "relevant": story is not None} | read))
    async with database.write() as connection:
        if story is not None:
            known = (await stories.by_ids(connection, [story])).get(story)
            await stories.save(connection, [grow(known, story, [(found, made)])])
        await readings.save(connection, [made])
        await entries.mark_read(connection, [found])


async def told(database: Database, *numbers: int) -> list[Entry]:
    """Save entries, each the first report of the story of its number, so many hours old."""
    saved = await save(database, *map(parsed, sorted(numbers, reverse=True)))
    found = {int(entry.guid.removeprefix("guid-")): entry for entry in saved}
    for number in numbers:
        await tell(database, found[number], number)
    return [found[number] for number in numbers]


async def subscribe(
    database: Database,
    where: Destination = MINE,
    *,
    most: int = 10,
    ago: timedelta = 9 * DAY,
    **filters: Any,
) -> Subscription:
    taste = replace(TASTE, max_stories=most, filters=Filters(**filters))
    return await use_cases.subscribe(database, where, taste, created_by="U1", now=NOW - ago)


async def write(desk: Desk, subscription: Subscription, *breaking: int) -> Digest:
    """Write a subscription's digest of the last day, or of breaking stories, as the jobs do."""
    made = await desk.write(
        DigestRequest(
            topic=desk.topics["japan-korea"],
            language=Language.EN,
            zone="Asia/Seoul",
            since=NOW - DAY,
            until=NOW,
            max_stories=subscription.taste.max_stories,
            max_words=60,
            told={},
            slot_at=NOW,
            filters=subscription.taste.filters,
            breaking=frozenset(breaking),
        )
    )
    async with desk.database.write() as connection:
        await digests.save(connection, [subscription.id], made, slot_at=NOW, now=NOW)
        await digests.save_told(connection, [subscription.destination], made, now=NOW)
        await deliveries.add(connection, subscription, ["payload"], slot_at=NOW, now=NOW)
    return made


def only_fate(why: Why) -> Fate:
    [one] = why.fates
    return one.fate


async def test_a_report_that_was_told_says_where(desk: Desk, database: Database) -> None:
    """By its address as it is copied from a browser: the digest, the place, what became of it."""
    await told(database, 1, 2)
    mine = await subscribe(database)
    await write(desk, mine)
    why = await desk.why("http://h.example/2?utm_source=slack#top", scope=SCOPE)
    assert why.entry is not None
    assert why.entry.url == "https://h.example/2"
    assert [one.level for one in why.topics] == [Level.CORE]
    [one] = only_fate(why).told
    assert (one.slot_at, one.place, one.of, one.kind) == (NOW, 2, 2, ItemKind.NEW)
    assert one.has_report
    assert one.delivery is DeliveryStatus.PENDING


@pytest.mark.parametrize("written", ["2", "#2", "story:2", "story 2", "２", "STORY:2"])
async def test_a_story_is_asked_of_by_its_number(
    desk: Desk, database: Database, written: str
) -> None:
    """As `news` shows it and as it is typed, full-width too."""
    [found] = await told(database, 2)
    why = await desk.why(written, scope=SCOPE)
    assert why.entry is None
    assert why.story is not None
    assert why.readings is not None
    assert (why.story.id, list(why.readings)) == (2, [found.id])


async def test_what_fell_behind_says_how_far(desk: Desk, database: Database) -> None:
    """Its place and weight among those of the time, and the last one told."""
    await told(database, 1, 2, 3)
    await write(desk, await subscribe(database, most=1))
    fate = only_fate(await desk.why("story:3", scope=SCOPE))
    assert (fate.because, fate.at) == (Because.BEHIND, NOW)
    assert fate.standing is not None
    assert (fate.standing.place, fate.standing.of, fate.standing.limit) == (3, 3, 1)
    assert fate.standing.score < fate.standing.least


async def test_a_report_that_joined_later_is_not_among_the_digests_sources(
    desk: Desk, database: Database
) -> None:
    """The story was told without it; that it has grown since is said."""
    await told(database, 3)
    await write(desk, await subscribe(database))
    [late] = await save(database, parsed(9, published_at=NOW + HOUR))
    await tell(database, late, 3)
    fate = only_fate(await desk.why(f"entry:{late.id}", scope=SCOPE))
    assert fate.because is Because.TOLD
    assert fate.has_grown
    assert [one.has_report for one in fate.told] == [False]


async def test_a_merged_story_is_found_in_the_digests_of_both_ids(
    desk: Desk, database: Database
) -> None:
    """What was posted under the id that went is the same story."""
    await told(database, 1, 2)
    mine = await subscribe(database)
    await write(desk, mine)
    async with database.write() as connection:
        moved = {e.id: 1 for e in (await stories.by_ids(connection, [2]))[2].entries}
        for left, into in (await readings.move(connection, "japan-korea", moved)).items():
            await merges.save_merged(connection, left, into=into)
    why = await desk.why("story:2", scope=SCOPE)
    assert why.story is not None
    assert (why.story.id, why.merged_from) == (1, 2)
    assert [one.place for one in only_fate(why).told] == [1, 2]


@pytest.mark.parametrize(
    ("relevance", "because"),
    [(0.1, Because.NOT_RELEVANT), (0.3, Because.PERIPHERAL)],
)
async def test_what_no_story_holds_was_not_relevant_enough(
    desk: Desk, database: Database, relevance: float, because: Because
) -> None:
    """The level says whether it only touches the topic."""
    [found] = await save(database, parsed(1))
    await tell(database, found, None, relevance=relevance)
    await subscribe(database)
    why = await desk.why("h.example/1", scope=SCOPE)
    assert only_fate(why).because is because
    assert why.topics[0].story is None


async def test_what_is_yet_to_be_read_says_so(desk: Desk, database: Database) -> None:
    """Nothing was decided, so that nothing is blamed."""
    [found] = await save(database, parsed(1))
    await subscribe(database)
    why = await desk.why(f"entry:{found.id}", scope=SCOPE)
    assert why.topics[0].reading is None
    assert only_fate(why).because is Because.NOT_READ


async def test_a_copy_names_what_it_repeats(desk: Desk, database: Database) -> None:
    """It is told as its original: under one story, once."""
    first, copy = await save(database, parsed(2), parsed(1))
    await tell(database, first, 1)
    await tell(database, copy, 1, duplicate_of=first.id)
    why = await desk.why(copy.url, scope=SCOPE)
    assert why.topics[0].original == first
    assert why.story is not None
    assert [e.id for e in why.story.entries] == [first.id]


async def alone(database: Database, number: int = 1) -> Entry:
    """Save an entry that only touches the topic, with its story (40), as the reading does."""
    [found] = await save(database, parsed(number))
    made = reading(found.id, story_id=None, relevant=False, relevance=0.3)
    async with database.write() as connection:
        await readings.save(connection, [made])
        await entries.mark_read(connection, [found])
        lone = replace(grow(None, 40, [(found, made)]), peripheral=True)
        await stories.save(connection, [lone])
    return found


@pytest.mark.parametrize("asked", ["h.example/1", "40"])
async def test_what_only_touches_the_topic_reaches_who_takes_it(
    desk: Desk, database: Database, asked: str
) -> None:
    """By its address and by its story's number: told, or yet to be; the others are told why."""
    await alone(database)
    await subscribe(database)
    takes = await subscribe(database, NEXT_DOOR, peripheral=True)
    fates = [one.fate.because for one in (await desk.why(asked, scope=SCOPE)).fates]
    assert fates == [Because.PERIPHERAL, Because.AFTER_SLOT]
    await write(desk, takes)
    fates = [one.fate.because for one in (await desk.why(asked, scope=SCOPE)).fates]
    assert fates == [Because.PERIPHERAL, Because.TOLD]


async def test_what_only_touches_the_topic_stands_behind_where_it_is_taken(
    desk: Desk, database: Database
) -> None:
    """It takes a place among the stories of a subscription that takes it, and of no other."""
    await told(database, 1, 2)
    await alone(database, 3)
    await subscribe(database, most=1)
    await subscribe(database, NEXT_DOOR, most=1, peripheral=True)

    async def places(asked: str) -> list[tuple[int, int] | None]:
        stood = [one.fate.standing for one in (await desk.why(asked, scope=SCOPE)).fates]
        return [(one.place, one.of) if one else None for one in stood]

    assert await places("2") == [(2, 2), (2, 3)]
    assert await places("40") == [None, (3, 3)]


async def test_a_copy_of_what_only_touches_the_topic_is_told_as_its_original(
    desk: Desk, database: Database
) -> None:
    """No story is made of it: the original's says what became of both."""
    first = await alone(database)
    [copy] = await save(database, parsed(2))
    await tell(database, copy, None, relevance=0.3, duplicate_of=first.id)
    await write(desk, await subscribe(database, peripheral=True))
    assert only_fate(await desk.why(copy.url, scope=SCOPE)).because is Because.TOLD


@pytest.mark.parametrize(
    ("filters", "rule"),
    [
        ({"issues": (Issue.COURTS,)}, Rule.ISSUE),
        ({"outlets": ("morning",)}, Rule.OUTLET),
        ({"countries": ("JP",)}, Rule.COUNTRY),
        ({"languages": ("ja",)}, Rule.LANGUAGE),
        ({"include": (Expression(text="ruling"),)}, Rule.INCLUDE),
        ({"include": (Expression(text="rul(e|ing)", is_pattern=True),)}, Rule.INCLUDE),
        ({"exclude": (Expression(text="lea.ers", is_pattern=True),)}, Rule.EXCLUDE),
        ({"min_outlets": 2}, Rule.PUBLISHERS),
    ],
)
async def test_a_filter_that_leaves_a_story_out_is_named(
    desk: Desk, database: Database, filters: dict[str, Any], rule: Rule
) -> None:
    """Before its digest is written and after; a preview names it too."""
    await told(database, 1)
    mine = await subscribe(database, **filters)
    fate = only_fate(await desk.why("1", scope=SCOPE))
    assert (fate.because, fate.rule) == (Because.FILTERED, rule)
    [passed] = await desk.passed_over(mine.id, platform="slack", workspace="T1")
    assert (passed.fate.because, passed.fate.rule) == (Because.FILTERED, rule)
    assert not (await write(desk, mine)).items
    assert only_fate(await desk.why("1", scope=SCOPE)).because is Because.FILTERED


async def test_places_are_those_among_what_the_filters_let_through(
    desk: Desk, database: Database
) -> None:
    """In the digest that passed it over, and in the next one."""
    found = await told(database, 1, 2, 3)
    async with database.write() as connection:
        for one in (2, 3):
            story = (await stories.by_ids(connection, [one]))[one]
            await stories.save(connection, [replace(story, issue=Issue.COURTS)])
    assert len(found) == 3
    mine = await subscribe(database, most=1, issues=(Issue.COURTS,))
    for because in (Because.AFTER_SLOT, Because.BEHIND):
        fate = only_fate(await desk.why("3", scope=SCOPE))
        assert (fate.because, fate.rule) == (because, Rule.ROOM)
        assert fate.standing is not None
        assert (fate.standing.place, fate.standing.of, fate.standing.limit) == (2, 2, 1)
        if because is Because.AFTER_SLOT:
            await write(desk, mine)


async def test_a_cap_is_the_reason_where_it_decided(desk: Desk, database: Database) -> None:
    """A fourth story of an issue waits, though it weighs more than one of another issue."""
    await told(database, 1, 2, 3, 4, 20)
    async with database.write() as connection:
        other = (await stories.by_ids(connection, [20]))[20]
        await stories.save(connection, [replace(other, issue=Issue.CULTURE)])
    house = replace(HOUSE, max_per_outlet=9)
    desk = replace(
        desk,
        explaining=replace(desk.explaining, house=house),
        write=DigestWriter(database, ExtractiveSummarizer(), house=house).write,
    )
    mine = await subscribe(database, most=4)
    [passed] = await desk.passed_over(mine.id, platform="slack", workspace="T1")
    assert (passed.story.id, passed.fate.rule) == (4, Rule.ISSUE_CAP)
    made = await write(desk, mine)
    assert 4 not in {item.story_id for item in made.items}
    fate = only_fate(await desk.why("4", scope=SCOPE))
    assert (fate.because, fate.rule) == (Because.BEHIND, Rule.ISSUE_CAP)
    assert fate.standing is not None
    assert fate.standing.score > fate.standing.least


async def test_what_was_told_at_once_is_told_apart(desk: Desk, database: Database) -> None:
    """And does not count as a digest that passed the other stories over."""
    await told(database, 1, 2)
    mine = await subscribe(database)
    await write(desk, mine, 2)
    [one] = only_fate(await desk.why("2", scope=SCOPE)).told
    assert one.breaking
    assert only_fate(await desk.why("1", scope=SCOPE)).because is Because.AFTER_SLOT


async def test_a_pause_is_the_reason_for_what_comes_in_it(desk: Desk, database: Database) -> None:
    """As is a subscription that was made after the story had ended."""
    await told(database, 1)
    mine = await subscribe(database)
    await use_cases.pause(database, mine.id, platform="slack", workspace="T1")
    assert only_fate(await desk.why("1", scope=SCOPE)).because is Because.PAUSED


async def test_what_the_next_digest_looks_back_to_is_the_bound(
    desk: Desk, database: Database
) -> None:
    """A story that had ended before is in no digest; a new one is in the next."""
    await told(database, 1, 90)
    await subscribe(database, ago=HOUR)
    fate = only_fate(await desk.why("1", scope=SCOPE))
    assert fate.because is Because.AFTER_SLOT
    assert fate.at is not None
    assert fate.at > NOW
    assert only_fate(await desk.why("90", scope=SCOPE)).because is Because.BEFORE


async def test_a_channel_is_not_told_again_by_another_subscription(
    desk: Desk, database: Database
) -> None:
    """What one of a channel's subscriptions told, the next one leaves out."""
    await told(database, 1)
    first = await subscribe(database)
    weekly = replace(TASTE, language=Language.KO, topics=("japan-korea", "other"))
    await use_cases.subscribe(database, MINE, weekly, created_by=None, now=NOW - HOUR)
    await write(desk, first)
    why = await desk.why("1", scope=SCOPE)
    assert [one.fate.because for one in why.fates] == [Because.TOLD, Because.TOLD_ALREADY]


async def test_a_hostile_tenant_learns_nothing_of_others(desk: Desk, database: Database) -> None:
    """Neither of the next workspace, nor of a platform's whose names look alike."""
    await told(database, 1)
    everybody = [await subscribe(database, where) for where in (MINE, NEXT_DOOR, THEIRS, LOOKALIKE)]
    for one in everybody:
        await write(desk, one)

    async def seen(scope: Scope | None) -> list[int]:
        return [one.subscription.id for one in (await desk.why("1", scope=scope)).fates]

    mine, next_door, theirs, lookalike = [one.id for one in everybody]
    assert await seen(Scope(platform="slack", workspace="T2")) == [theirs]
    assert await seen(Scope(platform="slack", workspace="T1", channel="C1")) == [mine]
    assert await seen(Scope(platform="slack", workspace="T1")) == [mine, next_door]
    assert await seen(Scope(platform="slack", workspace="T3")) == []
    assert set(await seen(None)) == {mine, next_door, theirs, lookalike}


async def test_what_another_workspace_was_told_is_no_reason(desk: Desk, database: Database) -> None:
    """A channel of the same id elsewhere was told it: mine was not."""
    await told(database, 1)
    await write(desk, await subscribe(database, THEIRS))
    await subscribe(database, MINE)
    why = await desk.why("1", scope=SCOPE)
    assert only_fate(why).because is Because.AFTER_SLOT


async def test_an_address_that_is_not_stored_says_which_feeds_are(
    desk: Desk, database: Database
) -> None:
    """Of the same site where there are any; nothing is polled by asking."""
    await told(database, 1)
    with pytest.raises(NotFoundError, match=r"Of www\.h\.example is polled: Hanbit"):
        await desk.why("https://www.h.example/99", scope=None)
    with pytest.raises(NotFoundError, match=r"no feed of other\.example is polled \(1 "):
        await desk.why("https://other.example/99", scope=None)


async def test_a_report_that_was_dropped_with_age_says_so(desk: Desk, database: Database) -> None:
    """Its identifier is remembered, which mostly is its address."""
    async with database.write() as connection:
        feed = await feeds.add(connection, SPEC, countries={}, now=NOW)
        items = [(feed.id, "https://h.example/old")]
        await pruned_items.remember(connection, items, today=NOW.date())
    with pytest.raises(NotFoundError, match="mattered to no topic"):
        await desk.why("https://h.example/old", scope=None)


@pytest.mark.parametrize("written", ["", "foo", "two words.", "-1", "story:x", "12 13", "entry:"])
async def test_what_is_neither_address_nor_number_is_refused(desk: Desk, written: str) -> None:
    """The error shows how it is written."""
    with pytest.raises(InputError, match="entry:34"):
        await desk.why(written, scope=None)


@pytest.mark.parametrize("written", ["99", "entry:99", "9999999999999999999", "entry:" + "9" * 19])
async def test_an_unknown_number_is_said_to_be_so(desk: Desk, written: str) -> None:
    """However long: databases refuse to look for larger ones than they have."""
    with pytest.raises(NotFoundError, match="There is no"):
        await desk.why(written, scope=None)


@pytest.mark.parametrize("written", ["file:///etc/passwd", "https://user@", "javascript://x.y/"])
async def test_addresses_of_other_kinds_are_refused(desk: Desk, written: str) -> None:
    """Only web addresses are stored."""
    with pytest.raises(InputError):
        await desk.why(written, scope=None)


async def test_asking_is_bounded_by_the_workspaces_budget(desk: Desk, database: Database) -> None:
    """The operator's console is not."""
    await told(database, 1)
    budgets = Budgets({Expensive.WHY: Budget(most=1)})
    desk = replace(desk, budgets=budgets)
    await desk.why("1", scope=SCOPE)
    with pytest.raises(BudgetError):
        await desk.why("1", scope=SCOPE)
    await desk.why("1", scope=None)
    await desk.why("1", scope=Scope(platform="slack", workspace="T2"))


async def test_a_preview_tells_what_it_leaves_out(desk: Desk, database: Database) -> None:
    """What falls behind its limit, and what is told already; of its own workspace alone."""
    await told(database, 1, 2, 3)
    mine = await subscribe(database, most=1)
    here = {"platform": "slack", "workspace": "T1"}
    passed = await desk.passed_over(mine.id, **here)
    assert [(one.story.id, one.fate.because) for one in passed] == [
        (2, Because.BEHIND),
        (3, Because.BEHIND),
    ]
    await write(desk, mine)
    passed = await desk.passed_over(mine.id, **here)
    assert (passed[-1].story.id, passed[-1].fate.because) == (1, Because.TOLD_ALREADY)
    with pytest.raises(NotFoundError):
        await desk.passed_over(mine.id, platform="slack", workspace="T2")
