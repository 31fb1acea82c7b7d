"""Chat platforms come and go without taking the rest with them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot.app import App, open_demo, service
from bot.app.chat import Chat
from bot.app.service import Service
from bot.domain.errors import InputError, StorageError
from tests.jobs.test_outbox import Platform

PATIENCE = 30


class Chatting:
    """A platform whose runs end as they are told; one more serves until it is cancelled."""

    def __init__(self, *ends: Exception | None) -> None:
        self.messenger = Platform()
        self.runs = 0
        self.serving = asyncio.Event()
        self._ends = list(ends)

    async def run(self) -> None:
        self.runs += 1
        if not self._ends:
            self.serving.set()
            await asyncio.Event().wait()
        end = self._ends.pop(0)
        if end is not None:
            raise end


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with open_demo() as opened:
        yield opened


@pytest.fixture
def started(app: App, monkeypatch: pytest.MonkeyPatch) -> Callable[[Chatting], Service]:
    """Return a service of one platform, whose restarts do not wait."""
    monkeypatch.setattr(service, "RESTART_AFTER", timedelta())

    def start(chatting: Chatting) -> Service:
        return Service(app=app, messengers={"console": chatting.messenger})

    return start


@pytest.mark.parametrize(
    "end", [RuntimeError("unexpected"), StorageError("the database is locked"), None]
)
async def test_a_platform_that_fails_in_passing_is_started_again(
    started: Callable[[Chatting], Service], end: Exception | None
) -> None:
    """A bug, a locked database or an end that nobody asked for: digests go on afterwards."""
    chatting = Chatting(end)
    running = started(chatting)
    task = asyncio.create_task(running.run_chat(Chat(platform=chatting)))
    await asyncio.wait_for(chatting.serving.wait(), PATIENCE)
    assert chatting.runs == 2
    assert "console" in running.messengers
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_platform_that_needs_a_mend_is_left_out(
    started: Callable[[Chatting], Service],
) -> None:
    """Nothing is written or sent for it; what is due there stays due."""
    chatting = Chatting(InputError("a wrong token"))
    running = started(chatting)
    await asyncio.wait_for(running.run_chat(Chat(platform=chatting)), PATIENCE)
    assert running.messengers == {}
    assert chatting.runs == 1
