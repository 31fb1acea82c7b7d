"""The public feeds: what is made public, as it stands now, and nothing of anybody else's."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import feedparser
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app import App
from bot.app.feeds import PublicFeeds
from bot.app.outputs import sync_outputs
from bot.domain.corrections import Correction, CorrectionKind
from bot.domain.model import Digest, Language, Outlet, Taste, Terms
from bot.platforms.feed.messenger import entry_id
from bot.settings.outputs import OutputTarget
from bot.storage import corrections, deliveries, digests, subscriptions
from bot.storage.dialect import insert
from bot.storage.schema import entries
from bot.storage.schema import stories as story_table
from bot.web.app import make_web_app, serve_web
from bot.web.feeds import add_feeds
from tests.builders import CHANNEL, DAILY, NOW, entry
from tests.platforms.conftest import Clock, app, clock
from tests.rendering.conftest import UNTIL, a_digest

__all__ = ["app", "clock"]

TASTE = Taste(topics=("japan-korea",), schedule=DAILY, language=Language.EN, max_stories=10)
PUBLIC = OutputTarget(name="readers", kind="feed", taste=TASTE, public=True)
PRIVATE = "For one channel alone"


async def tell(app: App, target: OutputTarget | None, digest: Digest, *, day: int) -> str:
    """Save a digest as the writer does, for an output or (None) for a channel; its key."""
    slot = UNTIL + timedelta(days=day)
    where = CHANNEL if target is None else target.destination
    dated = replace(digest, slot_at=slot)
    async with app.database.write() as connection:
        there = await subscriptions.at(connection, where)
        if not there:
            await subscriptions.add(connection, where, TASTE, created_by=None, after=NOW, now=NOW)
            there = await subscriptions.at(connection, where)
        mine = there[0]
        for item in digest.items:
            row = {"id": item.story_id, "topic": digest.topic, "headline": item.headline}
            known = await connection.execute(
                story_table.select().where(story_table.c.id == item.story_id)
            )
            if known.first() is None:
                # What it stands on is of no interest here.
                await connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                times = {"first_seen_at": UNTIL, "last_seen_at": UNTIL, "version": 1}
                values = row | times | {"issue": item.issue.value, "lead_entry_id": 1}
                await _add_lead(connection)
                await connection.execute(story_table.insert().values(**values))
        await digests.save(connection, [mine.id], dated, slot_at=slot, now=slot)
        await deliveries.add(connection, mine, ["payload"], slot_at=slot, now=slot)
        [part] = await deliveries.parts_of(connection, mine.id, slot)
    return part.key


async def _add_lead(connection: AsyncConnection) -> None:
    values = {c.name: getattr(entry(1), c.name, None) for c in entries.c}
    values |= {"feed_id": None, "unread": False}
    await connection.execute(insert(connection, entries).values(**values).on_conflict_do_nothing())


@asynccontextmanager
async def served(app: App) -> AsyncIterator[str]:
    async def well() -> list[str]:
        return []

    web = make_web_app(well)
    add_feeds(web, PublicFeeds(app).read)
    async with serve_web(web, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}/feeds"


async def get(url: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text(), answer.headers


async def configure(app: App, *outputs: OutputTarget) -> None:
    app.settings = replace(app.settings, outputs=outputs)
    await sync_outputs(app)


async def test_a_public_feed_is_served_in_both_forms(app: App, clock: Clock) -> None:
    """With the types that readers look for, the newest digest first, ids that a file has too."""
    await configure(app, PUBLIC)
    keys = [await tell(app, PUBLIC, a_digest(Language.EN), day=day) for day in (1, 2)]
    async with served(app) as url:
        status, atom, headers = await get(f"{url}/japan-korea.atom")
        assert (status, headers["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
        parsed = feedparser.parse(atom.encode())
        assert not parsed.bozo
        assert [e.id for e in parsed.entries] == [entry_id(key) for key in reversed(keys)]
        status, document, headers = await get(f"{url}/japan-korea.json")
        assert headers["Content-Type"].startswith("application/feed+json")
        assert len(json.loads(document)["items"]) == 2
        again = await get(f"{url}/japan-korea.json", **{"If-None-Match": headers["ETag"]})
        assert (again[0], again[1]) == (304, "")
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_nothing_of_a_channel_is_served(app: App, clock: Clock) -> None:
    """Neither in a public feed of the same topic, nor under any name."""
    await configure(app, PUBLIC)
    private = a_digest(Language.EN)
    item = replace(private.items[0], headline=PRIVATE)
    await tell(app, None, replace(private, items=(item,)), day=1)
    async with served(app) as url:
        status, atom, _ = await get(f"{url}/japan-korea.atom")
        assert (status, feedparser.parse(atom.encode()).entries) == (200, [])
        for name in ("output.atom", "1.atom", "console.json", "..%2Foutput.atom", "x", "a.b.atom"):
            status, said, _ = await get(f"{url}/{name}")
            assert status == 404
            assert PRIVATE not in said


async def test_a_feed_that_is_not_public_is_not_served(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    """It is in its file alone."""
    await configure(app, replace(PUBLIC, public=False, path=tmp_path / "feed.atom"))
    async with served(app) as url:
        assert (await get(f"{url}/japan-korea.atom"))[0] == 404


async def test_each_language_has_its_own_feed(app: App, clock: Clock) -> None:
    """The first one is served without its language too."""
    korean = replace(PUBLIC, name="ko", taste=replace(TASTE, language=Language.KO))
    await configure(app, PUBLIC, korean)
    async with served(app) as url:
        titles = [
            feedparser.parse((await get(f"{url}/japan-korea{code}.atom"))[1].encode()).feed.language
            for code in ("", ".en", ".ko")
        ]
        assert titles == ["en", "en", "ko"]
        assert (await get(f"{url}/japan-korea.ja.atom"))[0] == 404


async def test_corrections_are_in_the_feed(app: App, clock: Clock) -> None:
    """What was withdrawn is gone from entries of long ago, with the note in its place."""
    await configure(app, PUBLIC)
    digest = a_digest(Language.EN)
    await tell(app, PUBLIC, digest, day=1)
    gone = digest.items[0]
    made = Correction(
        story_id=gone.story_id,
        kind=CorrectionKind.WITHDRAW,
        reason="The source took it back.",
        made_by="cli:test",
        made_at=UNTIL + timedelta(days=3),
    )
    async with app.database.write() as connection:
        await corrections.add(connection, made)
    async with served(app) as url:
        _, atom, _ = await get(f"{url}/japan-korea.atom")
    assert gone.headline not in atom
    assert "The source took it back." in atom
    [told] = feedparser.parse(atom.encode()).entries
    assert told.updated > told.published


@pytest.mark.parametrize("terms", [Terms.EXCLUDED, Terms.HEADLINE])
async def test_terms_count_for_digests_of_long_ago(app: App, clock: Clock, terms: Terms) -> None:
    """An excluded outlet's reports are gone from the feed; of a headline one the sentences."""
    card = Outlet(id="namsan", name="Namsan Herald", country="KR", languages=("en",), terms=terms)
    app.settings = app.settings.with_content(outlets=(*app.settings.outlets, card))
    await configure(app, PUBLIC)
    digest = a_digest(Language.EN)
    await tell(app, PUBLIC, digest, day=1)
    async with served(app) as url:
        _, atom, _ = await get(f"{url}/japan-korea.atom")
    assert digest.items[0].sentences[0].text not in atom
    assert digest.items[0].sentences[2].text in atom
    assert ("Namsan Herald" in atom) == (terms is Terms.HEADLINE)
