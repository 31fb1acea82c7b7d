"""The sample server answers as a good publisher's does, over real loopback HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.demo.samples import load_sample_feeds, render_sample
from bot.demo.server import serve_samples
from bot.domain.errors import InputError

NOW = datetime(2026, 3, 4, 5, 6, 40, tzinfo=UTC)
PATH = load_sample_feeds("")[0].path


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    async with serve_samples(NOW) as url:
        yield url


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_every_feed_is_served_as_rendered(
    base_url: str, client: aiohttp.ClientSession
) -> None:
    """Each feed of the index answers 200 with its document and its Content-Type."""
    for feed in load_sample_feeds(base_url):
        async with client.get(feed.url) as answer:
            assert answer.status == 200
            assert await answer.read() == render_sample(feed.path, NOW).body
            assert answer.headers["Content-Type"] == feed.content_type


async def test_the_etag_spares_the_document(base_url: str, client: aiohttp.ClientSession) -> None:
    """The ETag, echoed byte for byte, is answered 304 without a body, validators repeated."""
    async with client.get(base_url + PATH) as first:
        etag = first.headers["ETag"]
    async with client.get(base_url + PATH, headers={"If-None-Match": etag}) as second:
        assert second.status == 304
        assert await second.read() == b""
        assert second.headers["ETag"] == etag


async def test_the_date_spares_the_document(base_url: str, client: aiohttp.ClientSession) -> None:
    """Last-Modified alone is enough for a 304; an older date gets the document."""
    async with client.get(base_url + PATH) as first:
        modified = first.headers["Last-Modified"]
    assert modified == "Wed, 04 Mar 2026 05:06:00 GMT"
    for since, status in ((modified, 304), ("Wed, 04 Mar 2026 05:05:00 GMT", 200)):
        async with client.get(base_url + PATH, headers={"If-Modified-Since": since}) as answer:
            assert answer.status == status


@pytest.mark.parametrize("tag", ['"other"', "*, nonsense", 'W/"other"'])
async def test_another_etag_gets_the_document(
    base_url: str, client: aiohttp.ClientSession, tag: str
) -> None:
    """A tag that is not the document's is answered in full, whatever the date says."""
    headers = {"If-None-Match": tag, "If-Modified-Since": "Wed, 04 Mar 2026 05:06:00 GMT"}
    async with client.get(base_url + PATH, headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/", "/truth.toml", "/absent.xml", "/..%2fserver.py"])
async def test_anything_else_is_not_found(
    base_url: str, client: aiohttp.ClientSession, path: str
) -> None:
    """Only the feeds of the index are served, no other file."""
    async with client.get(base_url + path) as answer:
        assert answer.status == 404


async def test_a_taken_port_is_said_plainly(base_url: str) -> None:
    """Where the port is taken the error names it and the mend."""
    port = urlsplit(base_url).port
    assert port is not None
    with pytest.raises(InputError, match=f"port {port}; choose a free port"):
        async with serve_samples(NOW, port=port):
            pass


async def test_the_server_ends_with_its_block(client: aiohttp.ClientSession) -> None:
    """After the block nobody listens at the address any more."""
    async with serve_samples(NOW) as base_url:
        pass
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.get(base_url + PATH)
