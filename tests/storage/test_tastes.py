"""A taste is stored whole, and subscriptions of a schema before have a plain one."""

from dataclasses import replace
from datetime import time

from sqlalchemy import text

from bot.domain.model import (
    NO_FILTERS,
    Breaking,
    Expression,
    Filters,
    Issue,
    Length,
    Quiet,
)
from bot.storage import migrate, subscriptions, tastes
from bot.storage.database import Database
from tests.builders import CHANNEL, NOW, TASTE

RICH = replace(
    TASTE,
    filters=Filters(
        issues=(Issue.COURTS, Issue.TRADE),
        prefer=(Issue.TRADE,),
        outlets=("hanbit",),
        countries=("KR",),
        languages=("ja", "ko"),
        include=(Expression(text="竹島"), Expression(text="a|b", is_pattern=True)),
        exclude=(Expression(text="'); DROP TABLE subscriptions; --"),),
        min_outlets=3,
        peripheral=True,
    ),
    length=Length.HEADLINES,
    breaking=Breaking(outlets=3, minutes=45, quiet=Quiet(start=time(22, 30), end=time(7))),
)


async def test_a_taste_comes_back_as_it_was(database: Database) -> None:
    """Every filter, in both databases; what is told at once is found by it."""
    async with database.write() as connection:
        for taste in (RICH, TASTE):
            made = await subscriptions.add(
                connection, CHANNEL, taste, created_by=None, after=NOW, now=NOW
            )
            assert made.taste == taste
        found = await subscriptions.told_at_once(connection, ["console"])
    assert [one.taste for one in found] == [RICH]


async def test_a_plain_taste_takes_no_room(database: Database) -> None:
    """Most subscriptions have no filter: nothing is stored of one, and a change back empties it."""
    async with database.write() as connection:
        made = await subscriptions.add(
            connection, CHANNEL, RICH, created_by=None, after=NOW, now=NOW
        )
        await subscriptions.save_change(connection, replace(made, taste=TASTE))
        row = (await connection.execute(text("SELECT taste, breaking FROM subscriptions"))).one()
    assert row.taste is None
    assert not row.breaking
    assert tastes.dump(TASTE) is None


async def test_what_is_stored_names_its_shape() -> None:
    """So that a later version reads it, whatever its own shape is."""
    stored = tastes.dump(replace(TASTE, length=Length.BRIEF))
    assert stored == {"version": 1, "length": "brief"}
    assert tastes.load(stored) == {
        "filters": NO_FILTERS,
        "length": Length.BRIEF,
        "breaking": None,
    }


INSERT = """
INSERT INTO subscriptions (id, platform, workspace, channel, topics, schedule, zone, language,
  max_stories, status, created_at, last_slot_at)
VALUES (7, 'slack', 'T1', 'C1', '["japan-korea"]', 'daily 08:00', 'Asia/Tokyo', 'ja', 5, 'active',
  '2026-01-01 00:00:00', '2026-01-01 00:00:00')
"""


async def test_subscriptions_of_the_schema_before_go_on_as_they_are(database_url: str) -> None:
    """Their tastes are plain, and nothing is told to them at once."""
    opened = Database(database_url)
    async with opened.altering() as connection:
        await connection.run_sync(lambda c: migrate.upgrade(c, to="0008"))
        await connection.execute(text(INSERT))
    await opened.migrate()
    async with opened.read() as connection:
        [found] = await subscriptions.everyone(connection)
        assert await subscriptions.told_at_once(connection, ["slack"]) == []
    assert found.taste.filters == NO_FILTERS
    assert (found.taste.length, found.taste.breaking, found.taste.max_stories) == ("full", None, 5)
    await opened.close()
