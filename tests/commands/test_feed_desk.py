"""Feeds from chat: everyone may look, admins alone change, and a job asks the feeds."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.commands.budgets import Budgets, Expensive
from bot.commands.feed_desk import FeedDesk
from bot.domain.budget import Budget
from bot.domain.errors import BudgetError, ForbiddenError, InputError, NotFoundError
from bot.domain.feed_requests import KEPT, LEASE, PATIENCE, FeedAnswer, FeedVerb
from bot.domain.model import Feed, FeedSpec
from bot.domain.people import Admin, Person
from bot.jobs.answer_feed_requests import answer_feed_requests
from bot.jobs.check_feed import FeedCheck
from bot.storage import feed_requests, feeds
from bot.storage.database import Database
from bot.storage.schema import feed_requests as table
from tests.builders import NOW
from tests.commands.feed_requests import badly, polling, well, work

ADMIN = Person(platform="discord", workspace="10", user="1")
MEMBER = Person(platform="discord", workspace="10", user="2")
URL = "https://hanbit.example/rss"
NEW = "https://new.example/rss"


@pytest.fixture
async def known(database: Database) -> Feed:
    async with database.write() as connection:
        spec = FeedSpec(url=URL, name="Hanbit")
        return await feeds.add(connection, spec, countries={}, now=NOW)


@pytest.fixture
def desk(database: Database) -> FeedDesk:
    admins = (Admin(platform="discord", user="1"),)
    return FeedDesk(
        database=database, clock=lambda: NOW, budgets=Budgets(), admins=admins, patience=20
    )


async def urls(database: Database) -> list[str]:
    async with database.read() as connection:
        return [feed.url for feed, _ in await feeds.all_feeds(connection)]


async def asked(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def put(database: Database, address: str = NEW, verb: FeedVerb = FeedVerb.CHECK) -> int:
    async with database.write() as connection:
        return await feed_requests.ask(
            connection, verb, address, platform="discord", workspace="10", now=NOW
        )


async def test_anyone_has_a_polled_feed_asked(
    desk: FeedDesk, database: Database, known: Feed
) -> None:
    """By its number, name or address; nothing changes by it."""
    async with polling(database):
        for named in (str(known.id), "Hanbit", URL):
            answer = await desk.check(named, by=MEMBER)
            assert answer == FeedAnswer(name="Hanbit", entries=3)
    assert await urls(database) == [URL]


@pytest.mark.usefixtures("known")
async def test_a_stranger_has_no_other_address_asked(desk: FeedDesk, database: Database) -> None:
    """What it answers would tell of networks that they cannot reach; admins may."""
    for address in (NEW, "http://169.254.169.254/latest", "nonsense"):
        with pytest.raises(ForbiddenError, match="only the admins"):
            await desk.check(address, by=MEMBER)
    assert await asked(database) == 0
    async with polling(database, badly):
        answer = await desk.check(NEW, by=ADMIN)
    assert answer.problem == "It answers with a page (HTML)."


@pytest.mark.usefixtures("known")
async def test_only_admins_change_feeds(desk: FeedDesk, database: Database) -> None:
    """Others are told whom to ask; a person of that number on another platform is another."""
    for stranger in (MEMBER, replace(ADMIN, platform="slack")):
        with pytest.raises(ForbiddenError, match="STRAIT_ADMINS"):
            await desk.add(NEW, by=stranger)
        with pytest.raises(ForbiddenError, match="STRAIT_ADMINS"):
            await desk.remove("Hanbit", by=stranger)
    assert await urls(database) == [URL]
    assert await asked(database) == 0


@pytest.mark.usefixtures("known")
async def test_an_admin_adds_a_feed_that_answers(desk: FeedDesk, database: Database) -> None:
    """Under the name that it gives itself, on one line; a second time it is there already."""
    async with polling(database):
        answer = await desk.add(NEW, by=ADMIN)
        assert answer == FeedAnswer(name="A feed of news", entries=3, added=True)
        assert not (await desk.add(NEW, by=ADMIN)).added
    assert set(await urls(database)) == {URL, NEW}


async def test_what_is_no_feed_is_not_added(desk: FeedDesk, database: Database) -> None:
    """The reason is told; what is no address is not even asked."""
    async with polling(database, badly):
        answer = await desk.add(NEW, by=ADMIN)
    assert (answer.added, answer.problem) == (False, "It answers with a page (HTML).")
    with pytest.raises(InputError, match="no web address"):
        await desk.add("ftp://new.example/", by=ADMIN)
    assert await urls(database) == []


@pytest.mark.usefixtures("known")
async def test_an_admin_removes_a_feed(desk: FeedDesk, database: Database) -> None:
    """At once, with no process that polls; an unknown one is said to be so."""
    await desk.remove("Hanbit", by=ADMIN)
    assert await urls(database) == []
    with pytest.raises(NotFoundError):
        await desk.remove("Hanbit", by=ADMIN)


@pytest.mark.usefixtures("known")
async def test_where_nobody_polls_it_is_told(desk: FeedDesk, database: Database) -> None:
    """Nobody waits for ever, and what nobody waits for any more is not done later."""
    with pytest.raises(InputError, match="role poll"):
        await replace(desk, patience=0.05).check("Hanbit", by=MEMBER)
    late = answer_feed_requests(
        database=database, check=well, countries={}, clock=lambda: NOW + 2 * PATIENCE
    )
    assert await late == 0


@pytest.mark.usefixtures("known")
async def test_a_workspace_has_a_budget_of_its_own(desk: FeedDesk, database: Database) -> None:
    """Its checks are requests to somebody's server; others still have theirs."""
    budgets = Budgets({Expensive.FEED_CHECK: Budget(most=2)})
    frugal = replace(desk, budgets=budgets)
    async with polling(database):
        for _ in range(2):
            await frugal.check("Hanbit", by=MEMBER)
        with pytest.raises(BudgetError, match="checks of feeds"):
            await frugal.check("Hanbit", by=MEMBER)
        await frugal.check("Hanbit", by=replace(MEMBER, workspace="11"))


async def test_an_answer_is_its_workspaces_own(database: Database) -> None:
    """A number alone, guessed, shows nothing."""
    number = await put(database)
    assert await work(database) == 1
    async with database.read() as connection:
        for platform, workspace in (("discord", "11"), ("slack", "10")):
            found = await feed_requests.answer_to(
                connection, number, platform=platform, workspace=workspace
            )
            assert found is None
        mine = await feed_requests.answer_to(connection, number, platform="discord", workspace="10")
    assert mine is not None
    assert mine.entries == 3


async def test_a_request_of_a_process_that_died_is_answered_by_another(
    database: Database,
) -> None:
    """When its lease is over; until then nobody else works on it."""
    await put(database)

    async def take(after: timedelta) -> bool:
        async with database.write() as connection:
            taken = await feed_requests.take(
                connection, since=NOW - PATIENCE, now=NOW + after, lease=LEASE
            )
        return taken is not None

    assert await take(timedelta())
    assert not await take(LEASE - timedelta(seconds=1))
    assert await take(LEASE)


async def test_two_processes_share_the_requests(database: Database) -> None:
    """Each is answered once."""
    for number in range(6):
        await put(database, f"https://{number}.example/rss")
    seen: list[str] = []

    async def noting(feed: Feed) -> FeedCheck:
        seen.append(feed.url)
        await asyncio.sleep(0.01)
        return FeedCheck(feed=feed)

    done = await asyncio.gather(work(database, noting), work(database, noting))
    assert sum(done) == len(seen) == len(set(seen)) == 6


async def test_old_requests_are_dropped(database: Database) -> None:
    """An address may hold a secret: it is kept for no longer than it is needed."""
    await put(database)
    assert await work(database) == 1
    later = NOW + KEPT + timedelta(seconds=1)
    async with database.write() as connection:
        await feed_requests.ask(
            connection, FeedVerb.CHECK, URL, platform="discord", workspace="10", now=later
        )
    answered = answer_feed_requests(
        database=database, check=well, countries={}, clock=lambda: later
    )
    assert await answered == 1
    assert await asked(database) == 1
