"""Whether the bot is well can be asked over HTTP, and nothing that comes can harm it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import structlog
from aiohttp import web
from structlog.testing import CapturingLogger, LogCapture

from bot.web import app as web_app
from bot.web.app import MOST_BYTES, SECURITY_HEADERS, make_web_app, serve_web

PATIENCE = 30


@asynccontextmanager
async def served(*problems: str) -> AsyncIterator[str]:
    """Serve an application with these problems, and one route that takes bodies."""

    async def found() -> tuple[str, ...]:
        return problems

    async def take(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    async def fail(_: web.Request) -> web.Response:
        raise RuntimeError("a secret")

    app = make_web_app(found)
    app.router.add_post("/take", take)
    app.router.add_get("/fail", fail)
    async with serve_web(app, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.mark.parametrize(
    ("problems", "status", "said"),
    [
        ((), 200, {"status": "ready"}),
        (("It is locked.",), 503, {"status": "not ready", "problems": ["It is locked."]}),
    ],
)
async def test_readiness(
    session: aiohttp.ClientSession, problems: tuple[str, ...], status: int, said: object
) -> None:
    """200 while there is no problem, else 503 with each of them."""
    async with served(*problems) as url, session.get(f"{url}/readyz") as answer:
        assert answer.status == status
        assert await answer.json() == said


async def test_a_process_lives_whatever_is_wrong_with_the_rest(
    session: aiohttp.ClientSession,
) -> None:
    """A host must not restart a process because its database is down."""
    async with served("The database is down.") as url, session.get(f"{url}/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"status": "ok"}


async def test_a_database_that_hangs_is_a_problem_too(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is answered in time, not when the database is."""
    monkeypatch.setattr(web_app, "READY_SECONDS", 0.05)

    async def never() -> tuple[str, ...]:
        await asyncio.Event().wait()
        return ()

    async with (
        serve_web(make_web_app(never), host="127.0.0.1", port=0) as port,
        session.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        assert answer.status == 503
        assert "has not answered" in await answer.text()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/healthz", 200),
        ("HEAD", "/readyz", 200),
        ("POST", "/healthz", 405),
        ("DELETE", "/readyz", 405),
        ("GET", "/", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/%00%ff", 404),
        ("GET", "/" + "a" * 5000, 404),
        ("OPTIONS", "/take", 405),
        ("GET", "/fail", 500),
    ],
)
async def test_every_answer_is_short_and_closed_to_browsers(
    session: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    """Unknown paths and methods, too: no server's name, nothing that may be loaded or kept."""
    async with served() as url, session.request(method, url + path) as answer:
        assert answer.status == status
        assert {**SECURITY_HEADERS}.items() <= dict(answer.headers).items()
        body = await answer.text()
        assert len(body) < 200
        assert "secret" not in body
        assert method != "HEAD" or body == ""


async def test_a_huge_body_is_refused(session: aiohttp.ClientSession) -> None:
    """A body of the allowed size is taken, a larger one is not read to its end."""
    async with served() as url:
        async with session.post(f"{url}/take", data=b"x" * MOST_BYTES) as answer:
            assert answer.status == 200
        async with session.post(f"{url}/take", data=b"x" * (MOST_BYTES + 1)) as answer:
            assert answer.status == 413


async def test_a_body_that_drips_is_cut_off(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends drop by drop does not hold a request for ever."""
    monkeypatch.setattr(web_app, "REQUEST_SECONDS", 0.2)

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.05)

    async with served() as url:
        async with asyncio.timeout(PATIENCE):
            async with session.post(f"{url}/take", data=drops()) as answer:
                assert answer.status == 408


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_garbage_is_answered_and_forgotten(
    session: aiohttp.ClientSession, garbage: bytes
) -> None:
    """What is no HTTP ends its own connection; the next request is served."""
    async with served() as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(garbage)
        async with asyncio.timeout(PATIENCE):
            assert b" 400 " in await reader.readline()
        writer.close()
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 200


async def test_who_never_sends_a_request_is_disconnected(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers that drip, or never come, do not hold a connection; others are served."""
    monkeypatch.setattr(web_app, "HEADER_SECONDS", 0.2)
    async with served() as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
        writer.close()


async def test_the_log_holds_no_secrets(session: aiohttp.ClientSession) -> None:
    """Neither queries nor headers: links and tokens travel in both."""
    capture = LogCapture()
    structlog.configure(processors=[capture], logger_factory=lambda *_: CapturingLogger())
    try:
        async with served() as url:
            headers = {"Authorization": "Bearer secret-1"}
            async with session.get(f"{url}/x?token=secret-2", headers=headers) as answer:
                assert answer.status == 404
    finally:
        structlog.reset_defaults()
    [entry] = [entry for entry in capture.entries if entry["event"] == "request"]
    assert entry["path"] == "/x"
    assert entry["status"] == 404
    assert "secret" not in str(capture.entries)


async def test_a_request_under_way_is_answered_before_the_end(
    session: aiohttp.ClientSession,
) -> None:
    """A stop takes no new requests, and lets those under way end."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def none() -> tuple[str, ...]:
        begun.set()
        await go_on.wait()
        return ()

    app = make_web_app(none)
    async with serve_web(app, host="127.0.0.1", port=0) as port:

        async def ask() -> int:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status

        asking = asyncio.create_task(ask())
        await asyncio.wait_for(begun.wait(), PATIENCE)
        asyncio.get_running_loop().call_later(0.1, go_on.set)
    assert await asyncio.wait_for(asking, PATIENCE) == 200


async def test_a_taken_port_is_an_error() -> None:
    """Two bots cannot share one port: the second one learns it at once."""

    async def none() -> tuple[str, ...]:
        return ()

    async with serve_web(make_web_app(none), host="127.0.0.1", port=0) as port:
        with pytest.raises(OSError, match=str(port)):
            async with serve_web(make_web_app(none), host="127.0.0.1", port=port):
                pass
