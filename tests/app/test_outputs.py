"""Outputs of the settings: subscribed, followed, paused when they are gone."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.app.outputs import output_messengers, sync_outputs
from bot.app.service import Service
from bot.commands.tastes import TasteWords
from bot.domain.model import Issue, Language, SubscriptionStatus, Taste
from bot.domain.schedule import next_slot
from bot.settings.outputs import OutputTarget
from bot.storage import stories, subscriptions
from bot.storage.schema import subscriptions as subscription_rows
from tests.builders import DAILY
from tests.fakes.feed_server import LOOPBACK
from tests.fakes.loopback import Loopback
from tests.platforms.conftest import Clock, app, clock

__all__ = ["app", "clock"]

TASTE = Taste(
    topics=("japan-korea",),
    schedule=DAILY,
    language=Language.EN,
    max_stories=3,
)


@pytest.fixture
async def receiver() -> AsyncIterator[Loopback]:
    async with Loopback() as platform:
        yield platform


def configure(app: App, *outputs: OutputTarget) -> None:
    app.settings = replace(app.settings, outputs=outputs, allow_networks=LOOPBACK)


def archive(tmp_path: Path) -> OutputTarget:
    return OutputTarget(name="archive", kind="file", taste=TASTE, path=tmp_path / "d.jsonl")


async def listed(app: App, kind: str = "file") -> list[tuple[str, SubscriptionStatus, str | None]]:
    async with app.database.read() as connection:
        mine = await subscriptions.of_workspace(connection, kind, "local")
    return [(one.destination.channel, one.status, one.problem) for one in mine]


async def test_a_digest_goes_to_a_file_and_a_webhook(
    app: App, clock: Clock, tmp_path: Path, receiver: Loopback
) -> None:
    """Written at its slot, sent once, the same data to both."""
    hook = OutputTarget(name="desk", kind="webhook", taste=TASTE, url=receiver.url("desk"))
    configure(app, archive(tmp_path), hook)
    async with AsyncExitStack() as stack:
        service = Service(app=app, messengers=output_messengers(app, stack))
        await sync_outputs(app)
        await service.jobs.refresh_and_read()
        clock.move_to(next_slot(TASTE.schedule, after=clock()))
        for _ in range(2):
            await service.jobs.write()
            await service.jobs.send()
    [line] = (tmp_path / "d.jsonl").read_text(encoding="utf-8").splitlines()
    [arrival] = receiver.arrived
    digest = json.loads(line)["digest"]
    assert len(digest["stories"]) == 3
    assert arrival.document["digest"] == digest


async def test_an_output_that_is_gone_is_paused_and_comes_back(app: App, tmp_path: Path) -> None:
    """Its history stays; a restart with it in the settings resumes it."""
    configure(app, archive(tmp_path))
    await sync_outputs(app)
    configure(app)
    await sync_outputs(app)
    [(_, status, problem)] = await listed(app)
    assert status is SubscriptionStatus.PAUSED
    assert problem is not None
    assert "settings.toml" in problem
    configure(app, archive(tmp_path))
    await sync_outputs(app)
    assert await listed(app) == [("archive", SubscriptionStatus.ACTIVE, None)]


async def test_a_changed_output_is_followed(app: App, tmp_path: Path) -> None:
    """Without a second subscription."""
    configure(app, archive(tmp_path))
    await sync_outputs(app)
    configure(app, replace(archive(tmp_path), taste=replace(TASTE, max_stories=7)))
    await sync_outputs(app)
    async with app.database.read() as connection:
        [mine] = await subscriptions.of_workspace(connection, "file", "local")
    assert mine.taste.max_stories == 7


async def test_a_blocked_webhook_is_tried_again_after_a_restart(
    app: App, clock: Clock, receiver: Loopback
) -> None:
    """Who mends it starts the bot again: what was held comes then."""
    url = f"{receiver.origin}/nowhere"
    configure(app, OutputTarget(name="desk", kind="webhook", taste=TASTE, url=url))
    await sync_outputs(app)
    clock.move_to(next_slot(TASTE.schedule, after=clock()))
    async with AsyncExitStack() as stack:
        service = Service(app=app, messengers=output_messengers(app, stack))
        await service.jobs.write()
        await service.jobs.send()
    [(_, status, problem)] = await listed(app, "webhook")
    assert status is SubscriptionStatus.PAUSED
    assert problem is not None
    assert "check its address" in problem
    configure(app, OutputTarget(name="desk", kind="webhook", taste=TASTE, url=receiver.url("desk")))
    clock.ahead += timedelta(hours=1)
    await sync_outputs(app)
    async with AsyncExitStack() as stack:
        await Service(app=app, messengers=output_messengers(app, stack)).jobs.send()
    assert len(receiver.arrived) == 1


async def test_the_taste_of_an_output_outlives_a_start(app: App, tmp_path: Path) -> None:
    """The settings say topic, times, language and length; filters are set from the shell."""
    configure(app, archive(tmp_path))
    await sync_outputs(app)
    words = TasteWords(issues="courts", breaking="3/60")
    await app.desk.change(1, platform="file", workspace="local", taste=words)
    configure(app, replace(archive(tmp_path), taste=replace(TASTE, max_stories=5)))
    await sync_outputs(app)
    [mine] = await app.desk.subscriptions("file", "local")
    assert mine.taste.max_stories == 5
    assert mine.taste.filters.issues == (Issue.COURTS,)
    assert mine.taste.breaking is not None


async def test_the_running_bot_tells_what_breaks(app: App, clock: Clock, tmp_path: Path) -> None:
    """Between the slots, through the same outbox."""
    configure(app, archive(tmp_path))
    async with AsyncExitStack() as stack:
        service = Service(app=app, messengers=output_messengers(app, stack))
        await sync_outputs(app)
        words = TasteWords(breaking="2 in 1440 minutes")
        await app.desk.change(1, platform="file", workspace="local", taste=words)
        await service.jobs.refresh_and_read()
        async with app.database.read() as connection:
            found = await stories.latest(
                connection, "japan-korea", since=clock() - timedelta(days=2), until=clock()
            )
        wide = [s for s in found if len({e.outlet for e in s.entries}) > 1]
        clock.move_to(max(s.last_seen_at for s in wide) + timedelta(minutes=1))
        async with app.database.write() as connection:
            made = (await subscriptions.everyone(connection))[0]
            early = made.created_at - timedelta(days=3)
            await connection.execute(subscription_rows.update().values(created_at=early))
        assert await service.jobs.break_stories() == 1
        assert await service.jobs.break_stories() == 0
        await service.jobs.send()
    [line] = (tmp_path / "d.jsonl").read_text(encoding="utf-8").splitlines()
    digest = json.loads(line)["digest"]
    assert digest["breaking"]
    assert digest["stories"]
