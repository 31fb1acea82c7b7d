"""Whether the bot is well can be asked over HTTP."""

import aiohttp
import pytest

from bot.web.app import make_web_app, serve_web


@pytest.mark.parametrize(
    ("problems", "status", "said"),
    [
        ((), 200, {"status": "ok"}),
        (
            ("The database is locked.",),
            503,
            {"status": "failing", "problems": ["The database is locked."]},
        ),
    ],
)
async def test_health(problems: tuple[str, ...], status: int, said: dict[str, object]) -> None:
    """200 while there is no problem, else 503 with each of them."""

    async def found() -> tuple[str, ...]:
        return problems

    app = make_web_app(found)
    async with (
        serve_web(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        assert answer.status == status
        assert await answer.json() == said


async def test_a_taken_port_is_an_error() -> None:
    """Two bots cannot share one port: the second one learns it at once."""

    async def none() -> tuple[str, ...]:
        return ()

    async with serve_web(make_web_app(none), host="127.0.0.1", port=0) as port:
        with pytest.raises(OSError, match=str(port)):
            async with serve_web(make_web_app(none), host="127.0.0.1", port=port):
                pass
