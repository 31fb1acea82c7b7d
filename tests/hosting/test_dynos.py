"""The Procfile's processes over Postgres, restarted as Heroku restarts dynos.

Heroku starts the new dyno when it tells the old one to end, so that both run for a while.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.postgres import PostgresServer
from tests.processes import PATIENCE, ROOT, Bot

HEADING = "Japan–Korea relations · "
FOOTER = "rewritten."

# What honcho says when it has started a process of the Procfile.
STARTED = re.compile(r"(\w+)\.1 started \(pid=(\d+)\)")


class Dynos:
    """Some processes of the Procfile, run by honcho; ``said`` is all that they printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said += line.decode()

    @property
    def pids(self) -> dict[str, int]:
        """The process groups by their names in the Procfile."""
        return {name: int(pid) for name, pid in STARTED.findall(self.said)}

    async def until(self, *words: str) -> None:
        """Wait until each of the words was said."""
        async with asyncio.timeout(PATIENCE):
            while not all(word in self.said for word in words):
                assert not self._reading.done(), self.said
                await asyncio.sleep(0.05)

    async def end(self) -> str:
        """Tell them to end, and return all that they said."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.ended()

    async def ended(self) -> str:
        await asyncio.wait_for(self._reading, PATIENCE)
        await asyncio.wait_for(self.process.wait(), PATIENCE)
        return self.said

    def kill(self) -> None:
        """End every process with SIGKILL, as a host that has lost its patience."""
        for pid in self.pids.values():
            os.killpg(pid, signal.SIGKILL)


Start = Callable[..., Awaitable[Dynos]]


@pytest.fixture
def heroku(sampled: Bot, postgres: PostgresServer) -> Bot:
    """A bot with an empty Postgres, as Heroku names it in the environment."""
    address = postgres.url(postgres.create())
    sampled.environ.update(
        DATABASE_URL=address.replace("postgresql://", "postgres://", 1),
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        DYNO="worker.1",
        PYTHONUNBUFFERED="1",
    )
    return sampled


@pytest.fixture
async def start(heroku: Bot) -> AsyncIterator[Start]:
    """Start processes of the Procfile; what still runs at the end of the test is killed."""
    async with AsyncExitStack() as stack:

        async def run(*names: str, port: int = 5000) -> Dynos:
            return await stack.enter_async_context(honcho(heroku, names, port))

        yield run


@asynccontextmanager
async def honcho(bot: Bot, names: tuple[str, ...], port: int) -> AsyncIterator[Dynos]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "honcho", "start", "--no-colour", "--port", str(port), *names),
        cwd=ROOT,
        env=bot.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    dynos = Dynos(process)
    try:
        yield dynos
    finally:
        if process.returncode is None:
            dynos.kill()
            await dynos.end()


async def status(port: int, path: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status


async def until_ready(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await status(port, "/readyz") != 200:
            await asyncio.sleep(0.1)


async def test_a_release_and_days_of_dyno_cycles_tell_the_digest_once(
    start: Start, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """Released, run, cycled with an overlap, killed, run again: the digest is there once."""
    release = await start("release")
    assert "Schema" in await release.ended()
    assert release.process.returncode == 0

    ports = [unused_tcp_port_factory() for _ in range(3)]
    first = await start("web", "worker", port=ports[0])
    await first.until(FOOTER, "roles=web")
    await until_ready(ports[0])

    # The new dynos start while the old ones are still ending.
    second = await start("web", "worker", port=ports[1])
    old = await first.end()
    await second.until("roles=care", "roles=web")
    assert await status(ports[1], "/healthz") == 200
    await until_ready(ports[1])

    second.kill()
    cut_off = await second.ended()
    third = await start("web", "worker", port=ports[2])
    await third.until("roles=care", "roles=web")
    await until_ready(ports[2])
    last = await third.end()

    everything = old + cut_off + last
    assert everything.count(HEADING) == 1
    assert "Traceback" not in everything
    assert "ephemeral" not in everything


async def test_two_whole_processes_on_one_database_tell_it_once(
    heroku: Bot, start: Start, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """Both poll, read, write and send from the first moment on; one of them prints it."""
    assert (await heroku.run("migrate")).code == 0
    ports = unused_tcp_port_factory(), unused_tcp_port_factory()
    both = await asyncio.gather(*(start("worker", port=port) for port in ports))
    for dynos in both:
        await dynos.until("first round done")
    async with asyncio.timeout(PATIENCE):
        while not any(FOOTER in dynos.said for dynos in both):
            await asyncio.sleep(0.05)
    # Whoever came second has had its chance, too: each writes and sends every second.
    await asyncio.sleep(3)
    said = "".join([await dynos.end() for dynos in both])
    assert said.count(HEADING) == 1
    assert "Traceback" not in said


async def test_the_port_is_served_while_the_database_is_down(
    heroku: Bot, unused_tcp_port: int, postgres: PostgresServer
) -> None:
    """The host sees a living process, readiness names the cause, and it mends itself."""
    heroku.environ["PORT"] = str(unused_tcp_port)
    name = heroku.environ["DATABASE_URL"].rpartition("/")[2]
    postgres.drop(name)
    process = await heroku.start("run", "--roles", "web")
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                assert await status(unused_tcp_port, "/healthz") == 200
                break
            except aiohttp.ClientConnectorError:
                assert process.returncode is None
                await asyncio.sleep(0.05)
    assert await status(unused_tcp_port, "/readyz") == 503
    process.terminate()
    await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
