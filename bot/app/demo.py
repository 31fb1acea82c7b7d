"""The app over the bundled sample feeds."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from tempfile import TemporaryDirectory

from bot.app.core import App, open_app, utc_now
from bot.demo.samples import SampleFeed, load_sample_feeds, sample_outlets
from bot.demo.server import serve_samples
from bot.domain.model import FeedSpec
from bot.settings import load_settings
from bot.storage import stories

LOOPBACK_NETWORK = ip_network("127.0.0.0/8")


@asynccontextmanager
async def open_demo() -> AsyncIterator[App]:
    """Open the app over the bundled sample feeds, served on loopback, and a database of its own."""
    now = utc_now()
    async with AsyncExitStack() as stack:
        base_url = await stack.enter_async_context(serve_samples(now))
        # The loopback address is private: it is allowed for the samples alone.
        sampled = replace(
            load_settings(),
            database_url=_temporary_database(stack),
            allow_networks=(LOOPBACK_NETWORK,),
        ).with_content(
            feeds=tuple(_spec(feed) for feed in load_sample_feeds(base_url)),
            outlets=sample_outlets(),
        )
        yield await stack.enter_async_context(open_app(sampled))


async def told_before(app: App, topic: str, *, ago: timedelta) -> dict[int, int]:
    """Return what a reader knows who read the topic so long ago: story id → its reports then."""
    now = app.clock()
    async with app.database.read() as connection:
        found = await stories.latest(connection, topic, since=now - 2 * ago, until=now)
    read = {s.id: sum(e.published_at <= now - ago for e in s.entries) for s in found}
    return {story_id: reports for story_id, reports in read.items() if reports}


def _temporary_database(stack: ExitStack | AsyncExitStack) -> str:
    folder = stack.enter_context(TemporaryDirectory(prefix="strait-demo-"))
    return f"sqlite+aiosqlite:///{folder}/demo.sqlite3"


def _spec(feed: SampleFeed) -> FeedSpec:
    return FeedSpec(
        url=feed.url, name=feed.name, outlet=feed.outlet, language=feed.language, zone=feed.zone
    )
