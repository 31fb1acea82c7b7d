"""``doctor`` over a real database: what is wrong in it is found, and nothing else."""

import sqlite3
from contextlib import closing
from datetime import timedelta

from sqlalchemy import text

from bot.diagnosis import Finding, Verdict, diagnose
from bot.domain.model import FeedSpec, FeedState
from bot.domain.retention import Retention
from bot.jobs.prune import prune
from bot.settings import load_settings
from bot.storage import clocks, deliveries, feeds, stories, subscriptions
from bot.storage.database import Database
from bot.storage.encryption import Vault
from bot.storage.installations import save_token
from tests.builders import CHANNEL, NOW, TASTE, parsed
from tests.jobs.test_prune import poll, read

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def findings(
    database: Database, *, environ: dict[str, str] | None = None, mode: int = 0o600
) -> dict[str, list[Finding]]:
    """Return what is not in order, by its subject."""
    if database.path is not None:
        database.path.chmod(mode)
    found = await diagnose(load_settings({}), database, environ or {}, now=NOW)
    wrong: dict[str, list[Finding]] = {}
    for one in found:
        if one.verdict in {Verdict.WRONG, Verdict.NOTICE}:
            wrong.setdefault(one.subject, []).append(one)
    # Real clocks, which these tests do not set, are compared on Postgres.
    wrong.pop("clock", None)
    return wrong


async def test_a_database_in_order_has_no_findings(database: Database) -> None:
    """Every finding below is about what it says."""
    await poll(database, [parsed(1)])
    await read(database, [1])
    assert await findings(database) == {}


async def test_claims_that_nobody_takes_up_are_found(database: Database) -> None:
    """Long after their lease; one that just ended is still to be taken up."""
    async with database.write() as connection:
        mine = await subscriptions.add(
            connection, CHANNEL, TASTE, created_by=None, after=NOW, now=NOW
        )
        await deliveries.add(connection, mine, ["x"], slot_at=NOW - 5 * HOUR, now=NOW - 5 * HOUR)
        await deliveries.claim_due(
            connection, ["console"], now=NOW - 5 * HOUR, lease=HOUR / 30, limit=1
        )
    [stuck] = (await findings(database))["stuck deliveries"]
    assert stuck.verdict is Verdict.WRONG
    async with database.write() as connection:
        await deliveries.claim_due(connection, ["console"], now=NOW, lease=HOUR, limit=1)
    assert await findings(database) == {}


async def test_deliveries_of_unknown_fate_are_found_with_their_cause(database: Database) -> None:
    """A week long; the cause is the mend."""
    async with database.write() as connection:
        mine = await subscriptions.add(
            connection, CHANNEL, TASTE, created_by=None, after=NOW, now=NOW
        )
        for days in (1, 2, 30):
            slot = NOW - days * 24 * HOUR
            await deliveries.add(connection, mine, ["x"], slot_at=slot, now=slot)
        await connection.execute(
            text("UPDATE deliveries SET status = 'uncertain', problem = 'Give the scope.'")
        )
    [found] = (await findings(database))["uncertain deliveries"]
    assert found.detail.startswith("2, the newest of 2026-11-19")
    assert found.mend == "Give the scope."


async def test_orphans_are_found_and_pruned(sqlite_database: Database) -> None:
    """Whatever made them; after the pruning the database is in order."""
    await poll(sqlite_database, [parsed(1), parsed(2), parsed(3), parsed(4)])
    await read(sqlite_database, [1, 2, 3, 1])
    with closing(sqlite3.connect(str(sqlite_database.path))) as outside:
        # The tool of somebody else, which knows nothing of the schema's rules.
        outside.execute("DELETE FROM entries WHERE id = 4")
        outside.execute("DELETE FROM readings WHERE story_id = 2")
        outside.commit()
    told = {found.detail for found in (await findings(sqlite_database))["orphaned rows"]}
    assert "1 in readings without their entries" in told
    assert "1 in stories without their readings" in told
    pruned = await prune(database=sqlite_database, keep=Retention(), now=NOW, pause=timedelta())
    assert pruned.orphans == 3
    async with sqlite_database.read() as connection:
        kept = await stories.latest(connection, "japan-korea", since=NOW - DAY, until=NOW)
    assert {(story.id, story.lead_entry_id) for story in kept} == {(1, 1), (3, 3)}
    assert "orphaned rows" not in await findings(sqlite_database)


async def test_a_wrong_clock_is_found(sqlite_database: Database) -> None:
    """By the feeds' servers, as the last poll has measured it."""
    async with sqlite_database.write() as connection:
        await clocks.save_offset(connection, timedelta(seconds=95))
    found = await diagnose(load_settings({}), sqlite_database, {}, now=NOW)
    [clock] = [one for one in found if one.subject == "clock"]
    assert (clock.verdict, clock.detail) == (Verdict.WRONG, "95 s behind the feeds' servers")


async def test_the_database_servers_clock_is_compared(postgres_database: Database) -> None:
    """Leases are judged by several machines' clocks."""
    found = await diagnose(load_settings({}), postgres_database, {}, now=NOW)
    [clock] = [one for one in found if one.subject == "clock"]
    assert clock.detail.endswith("the database server")
    assert clock.verdict is Verdict.WRONG  # the tests' own time is long ago, or far ahead


async def test_feeds_that_fail_are_found_without_their_secrets(database: Database) -> None:
    """The address is shown without its password and query."""
    async with database.write() as connection:
        url = "https://user:hunter2@h.example/rss?token=hunter3"
        spec = FeedSpec(url=url, name="Hanbit")
        made = await feeds.add(connection, spec, countries={}, now=NOW)
        state = FeedState(feed_id=made.id, failures=3, problem="It is gone.")
        await feeds.save_state(connection, state)
    [found] = (await findings(database))["feed"]
    assert found.verdict is Verdict.WRONG
    assert "hunter" not in str(found)


async def test_sqlite_on_a_dyno_is_found(sqlite_database: Database) -> None:
    """Heroku sets DYNO; Postgres there is in order."""
    [found] = (await findings(sqlite_database, environ={"DYNO": "worker.1"}))["database"]
    assert "heroku addons:create heroku-postgresql" in found.mend
    assert await findings(sqlite_database) == {}


async def test_tokens_without_a_key_are_found(database: Database) -> None:
    """They were encrypted with a key that is no longer there."""
    async with database.write() as connection:
        await save_token(
            connection,
            "xoxb-1",
            platform="slack",
            workspace="T1",
            installed_by=None,
            vault=Vault(["k" * 32]),
            now=NOW,
        )
    [found] = (await findings(database))["secret key"]
    assert "Set STRAIT_SECRET_KEY" in found.mend


async def test_a_readable_database_is_found(sqlite_database: Database) -> None:
    """With the command that mends it."""
    path = sqlite_database.path
    assert path is not None
    [found] = (await findings(sqlite_database, mode=0o644))["database"]
    assert found.mend == f"chmod 600 {path}"
