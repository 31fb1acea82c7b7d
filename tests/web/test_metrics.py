"""The numbers that Prometheus reads: right, for those who may ask, and free of strangers' words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy import event, insert, update

from bot.app import App
from bot.app import measures as app_measures
from bot.app.health import Beats
from bot.app.measures import FRESH, Scrapes
from bot.domain.measures import METHODS
from bot.domain.model import Destination, FeedSpec, Sent, SubscriptionStatus, Summary
from bot.domain.outlets import Outlets
from bot.domain.retry import LEASE, next_step
from bot.domain.spending import Budget, Spending
from bot.storage import deliveries, entries, facts, feeds, merges, stories, subscriptions, summaries
from bot.storage import schema as tables
from bot.storage.database import Database
from bot.storage.spending import StoredLedger
from bot.summarize import extractive, llm
from bot.web.app import make_web_app, serve_web
from bot.web.metrics import add_metrics
from tests.builders import CHANNEL, NOW, OUTLETS, TASTE, parsed, story
from tests.fakes.postgres import PostgresServer
from tests.processes import PATIENCE, Bot

TOKEN = "metrics-0123456789abcdef"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}

# A name that would end its label and line, were it written as it is.
HOSTILE = 'llm"} 1\nstrait_summaries{method="x'

Numbers = dict[tuple[str, tuple[str, ...]], float]


@dataclass
class Served:
    """A served application, and the time by which its answers grow old."""

    url: str
    session: aiohttp.ClientSession
    seconds: float = 0.0

    async def get(self, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.url, headers=BEARER | headers) as answer:
            return answer.status, await answer.text()

    async def numbers(self) -> Numbers:
        """Return each sample's value by its name and its labels' values."""
        status, text = await self.get()
        assert status == 200, text
        return {
            (sample.name, tuple(sample.labels.values())): sample.value
            for family in families(text)
            for sample in family.samples
        }


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[Served]:
    async with aiohttp.ClientSession() as session:
        served = Served(url="", session=session)
        parts = cast("App", SimpleNamespace(database=database, clock=lambda: NOW))

        async def none() -> tuple[str, ...]:
            return ()

        web = make_web_app(none)
        add_metrics(web, TOKEN, Scrapes(parts, monotonic=lambda: served.seconds).read)
        async with serve_web(web, host="127.0.0.1", port=0) as port:
            served.url = f"http://127.0.0.1:{port}/metrics"
            yield served


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    async with serving(database) as opened:
        yield opened


def summary(method: str) -> Summary:
    return Summary(language="en", headline="Leaders meet", sentences=(), method=method)


async def save_news(database: Database, *methods: str) -> None:
    """Save three entries, and a story with a summary of each method."""
    async with database.write() as connection:
        feed = await feeds.add(
            connection, FeedSpec(url="https://h.example/rss", name="H"), countries={}, now=NOW
        )
        items = [parsed(number) for number in (1, 2, 3)]
        await entries.save_parsed(connection, feed, items, outlets=Outlets(OUTLETS), now=NOW)
        lead = (await entries.unread(connection, limit=1))[0].id
        for number, method in enumerate(methods, start=1):
            await stories.save(connection, [story(number, lead_entry_id=lead)])
            await summaries.save(connection, number, "en", "print", summary(method))


async def test_summaries_are_counted_by_how_they_were_made(
    database: Database, served: Served
) -> None:
    """Whatever models are called, they are one series; what may come is there as 0."""
    await save_news(database, "extractive", "extractive", "llm:small", "llm:large")
    found = await served.numbers()
    assert found["strait_summaries", ("extractive",)] == 2
    assert found["strait_summaries", ("model",)] == 2
    assert found["strait_summaries", ("extractive:ungrounded",)] == 0


async def test_hostile_names_become_one_word(database: Database, served: Served) -> None:
    """Neither a method nor a platform or a status of the database reaches a label.

    Nor does a document that Postgres will not look into keep the rest from being counted.
    """
    await save_news(database, HOSTILE, f"llm:{HOSTILE}", "model", "other")
    async with database.write() as connection:
        broken = replace(summary("llm:x"), headline="a\x00b")
        await summaries.save(connection, 1, "ja", "print", broken)
        row = {"day": "2026-11-19", "method": HOSTILE, "summaries": 2, "tokens": 3}
        await connection.execute(insert(tables.spending).values(**row, cost_micros=0))
        one = Destination(platform='x"} 9', workspace="w", channel="c")
        await subscriptions.add(connection, one, TASTE, created_by=None, after=NOW, now=NOW)
        await connection.execute(update(tables.subscriptions).values(status=HOSTILE[:20]))
    found = await served.numbers()
    assert found["strait_summaries", ("model",)] == 1
    assert found["strait_summaries", ("other",)] == 4
    assert found["strait_model_requests_total", ("other",)] == 2
    assert found["strait_subscriptions", ("other", "other")] == 1
    labels = {value for _, values in found for value in values}
    assert not any('"' in value or "llm" in value for value in labels)


async def test_every_method_that_summaries_write_is_on_the_list() -> None:
    """Else it would be counted among the unknown ones."""
    passing = {llm.UNGROUNDED, llm.UNREADABLE, *llm.PASSING}
    assert {extractive.METHOD, *passing} == set(METHODS)


async def test_what_the_model_took(database: Database, served: Served) -> None:
    """Of all days and of today, with what is set aside and what the budget refused."""
    now = NOW - timedelta(days=1)
    ledger, budget = StoredLedger(database, lambda: now), Budget(daily_tokens=1000)

    async def spend(tokens: int, method: str) -> None:
        reserved = await ledger.reserve(Spending(tokens=tokens), budget)
        assert reserved is not None
        await ledger.settle(reserved, Spending(tokens=tokens, cost=Decimal("0.25")), method)

    await spend(600, "llm:small")
    now = NOW
    await spend(300, "llm:small")
    await spend(100, llm.UNREADABLE)
    assert await ledger.reserve(Spending(tokens=500), budget) is not None
    assert await ledger.reserve(Spending(tokens=500), budget) is None
    found = await served.numbers()
    assert found["strait_model_requests_total", ("model",)] == 2
    assert found["strait_model_requests_today", ("model",)] == 1
    assert found["strait_model_requests_today", (llm.UNREADABLE,)] == 1
    assert found["strait_model_requests_today", (llm.OVER_BUDGET,)] == 1
    assert found["strait_model_tokens_total", ()] == 1000
    assert found["strait_model_tokens_today", ()] == 400
    assert found["strait_model_tokens_reserved", ()] == 500
    assert found["strait_model_cost_total", ()] == 0.75
    assert found["strait_model_cost_today", ()] == 0.5


async def test_deliveries_and_subscriptions(database: Database, served: Served) -> None:
    """By platform and status; the oldest that has not arrived says for how long it has been due."""
    assert (await served.numbers())["strait_oldest_pending_delivery_age_seconds", ()] == 0
    slack = Destination(platform="slack", workspace="T1", channel="C1")
    async with database.write() as connection:
        for number, where in enumerate((CHANNEL, slack), start=1):
            one = await subscriptions.add(
                connection, where, TASTE, created_by=None, after=NOW, now=NOW
            )
            slot = NOW - timedelta(minutes=number)
            await deliveries.add(connection, one, ["one", "two"], slot_at=slot, now=NOW)
        [first] = await deliveries.claim_due(connection, ["slack"], now=NOW, lease=LEASE, limit=1)
        sent = next_step(Sent(message_id="m"), attempts=1, now=NOW)
        await deliveries.record(connection, first, sent)
        await connection.execute(
            update(tables.subscriptions)
            .where(tables.subscriptions.c.platform == "slack")
            .values(status=SubscriptionStatus.PAUSED)
        )
    served.seconds = FRESH
    found = await served.numbers()
    assert found["strait_deliveries", ("console", "pending")] == 2
    assert found["strait_deliveries", ("slack", "sent")] == 1
    assert found["strait_deliveries", ("slack", "pending")] == 1
    assert found["strait_oldest_pending_delivery_age_seconds", ()] == 120
    assert found["strait_subscriptions", ("console", "active")] == 1
    assert found["strait_subscriptions", ("slack", "paused")] == 1


async def test_entries_stories_and_feeds(database: Database, served: Served) -> None:
    """A story that went into another is none; a feed that was removed is none either."""
    await save_news(database, "extractive", "extractive")
    async with database.write() as connection:
        await merges.save_merged(connection, 1, into=2)
        await connection.execute(
            update(tables.entries).where(tables.entries.c.guid == "guid-1").values(unread=False)
        )
        for name in ("failing", "gone", "removed"):
            spec = FeedSpec(url=f"https://{name}.example/", name=name)
            await feeds.add(connection, spec, countries={}, now=NOW)
        at = tables.feeds.c.name
        failed = update(tables.feeds).where(at.in_(("failing", "gone"))).values(failures=3)
        await connection.execute(failed)
        await connection.execute(update(tables.feeds).where(at == "gone").values(gone=True))
        await feeds.remove(connection, "https://removed.example/")
    found = await served.numbers()
    assert found["strait_entries", ()] == 3
    assert found["strait_entries_unread", ()] == 2
    assert found["strait_stories", ()] == 1
    assert [found["strait_feeds", (state,)] for state in ("ok", "failing", "gone")] == [1, 1, 1]


async def test_how_long_ago_each_process_succeeded(database: Database, served: Served) -> None:
    """One that never did is not there, nor one whose beat is nonsense; no age is negative."""
    await Beats(database, lambda: NOW - timedelta(seconds=90)).leave("poll")
    await Beats(database, lambda: NOW + timedelta(hours=1)).leave("send")
    async with database.write() as connection:
        await facts.save(connection, "beat-read", "yesterday")
        await facts.save(connection, "beat-write", "2026-11-20T00:00:00")
    found = await served.numbers()
    ages = {values[0]: age for (name, values), age in found.items() if "beat_age" in name}
    assert ages == {"poll": 90, "send": 0}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN} {TOKEN}",
        "Bearer 日韓",
        "Bearer \udcff",
    ],
)
async def test_strangers_learn_nothing(
    sqlite_database: Database, authorization: str | None
) -> None:
    """A sentence, no number, and the database is not even asked."""
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    event.listen(sqlite_database._engine.sync_engine, "before_cursor_execute", count)
    headers = {} if authorization is None else {"Authorization": authorization}
    async with (
        serving(sqlite_database) as served,
        served.session.get(served.url, headers=headers) as answer,
    ):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        text = await answer.text()
    assert "STRAIT_METRICS_TOKEN" in text
    assert "strait_" not in text
    assert TOKEN not in text
    assert asked == 0


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=1.0.0", "application/openmetrics-text"),
    ],
)
async def test_the_format_is_the_one_asked_for(
    sqlite_database: Database, accept: str, kind: str
) -> None:
    """Prometheus's own text, or OpenMetrics; both can be parsed."""
    async with serving(sqlite_database) as served:
        headers = BEARER | {"Accept": accept}
        async with served.session.get(served.url, headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith(kind)
            assert answer.headers["Cache-Control"] == "no-store"
            text = await answer.text()
    parse = open_families if "openmetrics" in kind else families
    assert {family.name for family in parse(text)} >= {"strait_summaries", "strait_deliveries"}


@pytest.mark.parametrize("version", ["nonsense", "1.x", "2.x", "9", "2.\udcff", "", "=;,"])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
async def test_a_version_that_is_none_does_no_harm(
    sqlite_database: Database, kind: str, version: str
) -> None:
    """Whatever is asked for, there are numbers, and a type that a header may have."""
    async with serving(sqlite_database) as served:
        status, text = await served.get(Accept=f"{kind}; version={version}")
    assert status == 200
    assert "strait_feeds" in text


async def test_many_scrapes_are_one_question(database: Database, served: Served) -> None:
    """Within ten seconds all get the same answer, those that come at once too."""
    before = await asyncio.gather(*(served.numbers() for _ in range(5)))
    await save_news(database)
    served.seconds = FRESH - 0.1
    assert [*before, await served.numbers()] == [before[0]] * 6
    served.seconds = FRESH
    assert (await served.numbers())["strait_entries", ()] == 3


async def test_a_database_that_is_down_is_told(
    postgres: PostgresServer, migrated_postgres_url: str
) -> None:
    """503 and a sentence without secrets; the numbers come back with the database."""
    database = Database(migrated_postgres_url)
    async with serving(database) as served:
        postgres.stop()
        try:
            status, text = await served.get()
        finally:
            postgres.start()
        assert status == 503
        assert "Cannot connect to the database" in text
        assert "postgres@" not in text
        served.seconds = FRESH
        assert (await served.numbers())["strait_entries", ()] == 0
    await database.close()


async def test_a_database_that_is_not_set_up_is_told(sqlite_url: str) -> None:
    """As it is before the first start; what was told once is told again without asking."""
    database = Database(sqlite_url)
    async with serving(database) as served:
        answers = [await served.get(), await served.get()]
    await database.close()
    assert answers[0] == answers[1]
    assert answers[0][0] == 503
    assert "run `python -m bot migrate`" in answers[0][1]


async def test_a_database_that_hangs_is_told(
    database: Database, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before Prometheus itself gives up, which would know no reason."""
    monkeypatch.setattr(app_measures, "LATEST", 0.2)

    class Hanging:
        @asynccontextmanager
        async def read(self) -> AsyncIterator[None]:
            await asyncio.Event().wait()
            yield

    monkeypatch.setattr(database, "read", Hanging().read)
    status, text = await served.get()
    assert status == 503
    assert "has not answered" in text


@pytest.mark.parametrize(("token", "status"), [(None, 404), (TOKEN, 200)])
async def test_the_web_process_serves_them_where_a_token_is_set(
    bot: Bot, unused_tcp_port: int, token: str | None, status: int
) -> None:
    """By default there is no such page."""
    bot.environ["PORT"] = str(unused_tcp_port)
    if token:
        bot.environ["STRAIT_METRICS_TOKEN"] = token
    assert (await bot.run("migrate")).code == 0
    process = await bot.start("run", "--roles", "web")
    url = f"http://127.0.0.1:{unused_tcp_port}/metrics"
    try:
        assert await first_status(url) == status
    finally:
        process.terminate()
        _, log = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, log.decode()
    assert TOKEN not in log.decode()


async def first_status(url: str) -> int:
    """Return how the address answers as soon as its port is served."""
    async with aiohttp.ClientSession(headers=BEARER) as session, asyncio.timeout(PATIENCE):
        while True:
            try:
                async with session.get(url) as answer:
                    return answer.status
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
