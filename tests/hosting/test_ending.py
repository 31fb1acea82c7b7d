"""How the real process ends: in good order, in time, and at once where it is told twice."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from tests.processes import PATIENCE, Bot, toml


@pytest.fixture
async def stalled(bot: Bot) -> AsyncIterator[Bot]:
    """A bot whose only feed takes the connection and never answers."""
    asked = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    feed: dict[str, object] = {"url": f"http://127.0.0.1:{port}/rss", "name": "Stalled"}
    (bot.config / "feeds.toml").write_text(toml("feed", [feed]), encoding="utf-8")
    (bot.config / "settings.toml").write_text("[polling]\ntimeout_seconds = 300\n")
    bot.environ["LOG_LEVEL"] = "DEBUG"
    async with server:
        yield bot


async def polling(bot: Bot) -> asyncio.subprocess.Process:
    """Start the bot and wait until it is told which schedule it follows, just before it polls."""
    process = await bot.start("run")
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while b"console subscribed" not in (line := await process.stderr.readline()):
            assert line, "the process ended early"
    await asyncio.sleep(1)
    return process


async def test_a_job_that_hangs_is_cancelled(stalled: Bot) -> None:
    """A feed that never answers does not keep the process from ending in good order, in time."""
    process = await polling(stalled)
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 25)
    assert process.returncode == 0


async def test_a_second_signal_ends_it_at_once(stalled: Bot) -> None:
    """Whoever presses Ctrl-C twice means it; the code is the one that a shell expects."""
    process = await polling(stalled)
    # Both are there before the loop can have ended anything.
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    _, told = await asyncio.wait_for(process.communicate(), 25)
    assert process.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}
    assert b"at once" in told


async def test_sqlite_on_a_dynos_disk_is_told_loudly(bot: Bot) -> None:
    """At the start and by `doctor`, with what to do."""
    bot.environ["DYNO"] = "worker.1"
    doctor = await bot.run("doctor")
    assert doctor.code == 1
    assert "heroku addons:create heroku-postgresql" in doctor.out
    process = await bot.start("run", "--roles", "send")
    assert process.stderr is not None
    told = b""
    async with asyncio.timeout(PATIENCE):
        while b"first round done" not in told:
            told += await process.stderr.readline()
    process.terminate()
    await asyncio.wait_for(process.communicate(), PATIENCE)
    assert b"wipes at least once a day" in told
    assert b"heroku addons:create heroku-postgresql" in told
