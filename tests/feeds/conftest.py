"""A loopback feed server and a fetcher that may reach it."""

from collections.abc import AsyncIterator

import pytest

from bot.feeds.fetch import Fetcher
from tests.fakes.feed_server import LOOPBACK, FeedServer


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(allow_networks=LOOPBACK) as opened:
        yield opened
