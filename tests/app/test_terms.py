"""An outlet's terms in outlets.toml count at once, for what is stored too."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.core import App, open_app
from bot.commands.news import as_digest, latest_news, story_detail
from bot.commands.timeline import parse_period, timeline
from bot.domain.errors import NotFoundError
from bot.domain.growth import grow
from bot.domain.model import Digest, FeedSpec, Language
from bot.rendering.texts import load_texts
from bot.settings import Settings, load_settings
from bot.storage import entries, feeds, readings, stories
from tests.builders import parsed, reading

TOPIC = "japan-korea"
CLOSED = "The minister spoke of 42 ferries in a closed meeting on Tuesday in Busan."
OPEN = "Both ministries confirmed that talks about ferries will go on next week in Tokyo."

OUTLETS = """
[[outlet]]
id = "yonhap"
name = "Yonhap"
country = "KR"
languages = ["en"]
domains = ["y.example"]
terms = "{terms}"

[[outlet]]
id = "asahi"
name = "Asahi"
country = "JP"
languages = ["en"]
domains = ["a.example"]
"""

Configured = Callable[[str], Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Return the settings of one database under terms of Yonhap's."""

    def load(terms: str) -> Settings:
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        (folder / "outlets.toml").write_text(OUTLETS.format(terms=terms), encoding="utf-8")
        (folder / "feeds.toml").write_text("", encoding="utf-8")
        environ = {
            "STRAIT_CONFIG_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{tmp_path}/strait.sqlite3",
        }
        return load_settings(environ, read_locales=load_texts)

    return load


async def publish(app: App, number: int, outlet: str, text: str, *, story_id: int) -> int | None:
    """Poll and read one report; returns its id, None where it was not kept."""
    host = "y.example" if outlet == "yonhap" else "a.example"
    item = parsed(
        number,
        url=f"https://{host}/{number}",
        title=f"Ferries {number} of {outlet}",
        text=text,
        published_at=app.clock() - timedelta(hours=1),
    )
    spec = FeedSpec(url=f"https://{host}/{number}/rss", name=outlet, outlet=outlet)
    cards = app.settings.outlet_cards
    async with app.database.write() as connection:
        feed = await feeds.add(connection, spec, countries=app.settings.countries, now=app.clock())
        await entries.save_parsed(connection, feed, [item], outlets=cards, now=app.clock())
        found = await entries.unread(connection, limit=1)
        if not found:
            return None
        read = reading(found[0].id, story_id=story_id)
        before = await stories.get(connection, story_id)
        await stories.save(connection, [grow(before, story_id, [(found[0], read)])])
        await readings.save(connection, [read])
        await entries.mark_read(connection, found)
    return found[0].id


async def fill(settings: Settings) -> None:
    """Two stories: one of both outlets, led by Yonhap, and one of Yonhap's alone."""
    async with open_app(settings) as app:
        await publish(app, 1, "yonhap", CLOSED, story_id=1)
        await publish(app, 2, "asahi", OPEN, story_id=1)
        await publish(app, 3, "yonhap", CLOSED, story_id=2)
        await app.index()
        made = await app.digest(TOPIC, since=timedelta(days=1), language=Language.EN)
        assert any("42 ferries" in text for text in texts_of(made))


def texts_of(digest: Digest) -> list[str]:
    told = [s.text for item in digest.items for s in item.sentences]
    titles = [source.title for item in digest.items for source in item.sources]
    return [*told, *titles, *(item.headline for item in digest.items)]


async def news(app: App) -> Digest:
    found = await latest_news(
        app.database,
        app.settings.topics[TOPIC],
        since=timedelta(days=1),
        limit=10,
        now=app.clock(),
    )
    return await as_digest(app.database, found, language=Language.EN, zone="UTC")


async def stored_texts(app: App) -> list[str]:
    async with app.database.read() as connection:
        rows = await connection.execute(entries.COLUMNS[0].table.select())
        return [row.text for row in rows if row.outlet == "yonhap"]


async def test_an_excluded_outlet_is_shown_nowhere(configured: Configured) -> None:
    """Not in digests, news, stories, search or timeline, from the next start on."""
    await fill(configured("full"))
    async with open_app(configured("excluded")) as app:
        made = await app.digest(TOPIC, since=timedelta(days=1), language=Language.EN)
        for shown in (made, await news(app)):
            assert len(shown.items) == 1
            assert not any("42" in text or "yonhap" in text for text in texts_of(shown))
        with pytest.raises(NotFoundError):
            await story_detail(app.database, 2)
        story = (await story_detail(app.database, 1)).story
        assert story.headline == "Ferries 2 of asahi"
        found = await app.desk.search("ferries")
        reports = [entry.outlet for group in found.groups for entry in group.reports]
        assert reports == ["asahi"]
        assert (await app.desk.search("closed meeting")).groups == ()
        told = await timeline(
            app.database,
            app.settings.topics[TOPIC],
            parse_period(None, None, today=app.today("UTC")),
            issue=None,
            language=Language.EN,
            zone="UTC",
            words=app.tone_words,
        )
        assert [line.headline for line in told.happenings] == ["Ferries 2 of asahi"]


async def test_of_a_headline_outlet_only_headline_and_link_are_used(
    configured: Configured,
) -> None:
    """No sentence of its text is told, and the text itself is dropped at once."""
    await fill(configured("full"))
    async with open_app(configured("headline")) as app:
        assert await stored_texts(app) == ["", ""]
        made = await app.digest(TOPIC, since=timedelta(days=1), language=Language.EN)
        for shown in (made, await news(app)):
            assert len(shown.items) == 2
            assert not any("42 ferries" in text for text in texts_of(shown))
            titles = {s.title: s.url for item in shown.items for s in item.sources}
            assert titles["Ferries 1 of yonhap"] == "https://y.example/1"
        assert (await app.desk.search("closed meeting")).groups == ()


async def test_no_text_of_a_limited_outlet_is_stored_from_then_on(configured: Configured) -> None:
    """A headline outlet's entries come without their text, an excluded one's not at all."""
    async with open_app(configured("headline")) as app:
        assert await publish(app, 1, "yonhap", CLOSED, story_id=1) is not None
        assert await publish(app, 1, "yonhap", CLOSED, story_id=1) is None
        assert await stored_texts(app) == [""]
    async with open_app(configured("excluded")) as app:
        assert await publish(app, 4, "yonhap", CLOSED, story_id=4) is None
        assert await publish(app, 5, "asahi", OPEN, story_id=5) is not None


async def test_terms_that_are_lifted_count_at_once_too(configured: Configured) -> None:
    """What was hidden is shown again; a text that was dropped stays dropped."""
    await fill(configured("full"))
    async with open_app(configured("excluded")):
        pass
    async with open_app(configured("full")) as app:
        assert len((await news(app)).items) == 2
        assert await stored_texts(app) == ["", ""]


async def test_a_copy_of_an_excluded_report_stands_for_itself(configured: Configured) -> None:
    """Another outlet's copy was not shown beside the original: now it is the report."""
    await fill(configured("full"))
    async with open_app(configured("full")) as app:
        copy = await publish(app, 6, "asahi", CLOSED, story_id=2)
        async with app.database.write() as connection:
            await readings.save(connection, [reading(copy or 0, story_id=2, duplicate_of=3)])
    async with open_app(configured("excluded")) as app:
        story = (await story_detail(app.database, 2)).story
        assert [entry.outlet for entry in story.entries] == ["asahi"]
