"""The bot as it runs: the jobs, the console or the chat platforms, and the web server."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TextIO

import structlog

from bot.app.care import care
from bot.app.chat import Chat, chat_platforms
from bot.app.core import App
from bot.domain.errors import StorageError, StraitError
from bot.domain.model import Destination, Taste
from bot.domain.schedule import describe, next_slot, previous_slot
from bot.jobs.send_deliveries import send_deliveries
from bot.jobs.write_digests import PutOff, write_digests
from bot.platforms.console.messenger import PLATFORM, ConsoleMessenger
from bot.platforms.messenger import Messenger
from bot.scheduling.embedded import EmbeddedScheduler, Wake, guarded
from bot.storage import subscriptions
from bot.web.app import make_web_app, serve_web

log = structlog.get_logger()

# Feeds are looked through for due ones, digests for due slots, so often.
NEWS_EVERY = timedelta(minutes=1)
DIGESTS_EVERY = timedelta(seconds=1)

# What is done once a day is looked for so often, the first time so long after the start.
CARE_EVERY = timedelta(minutes=10)

# SIGTERM has 30 s on Heroku and less patience at a terminal: the whole exit stays below 10 s.
GRACE = timedelta(seconds=4)

# A platform that failed in a way that nobody expected is started again after this.
RESTART_AFTER = timedelta(minutes=1)

CONSOLE = Destination(platform=PLATFORM, workspace="local", channel="output")


async def serve(app: App, stop: asyncio.Event, *, stream: TextIO = sys.stdout) -> None:
    """Run what the environment enables until told to stop, then end cleanly."""
    chats = chat_platforms(app)
    service = Service(app=app, messengers={c.name: c.platform.messenger for c in chats})
    if not chats:
        console = ConsoleMessenger(stream, app.texts)
        service.messengers[console.platform] = console
        await service.subscribe_console()
    async with AsyncExitStack() as stack:
        await service.serve_web(chats, stack)
        tasks = [asyncio.create_task(service.run_chat(chat)) for chat in chats]
        await service.run_jobs(stop)
        # Together, so that the whole exit stays within its ten seconds.
        await asyncio.gather(_cancel(tasks), stack.aclose())


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, kw_only=True)
class Service:
    """The running bot. ``messengers`` are those of the platforms that can be sent to."""

    app: App
    messengers: dict[str, Messenger]
    put_off: PutOff = field(default_factory=PutOff)

    async def run_jobs(self, stop: asyncio.Event) -> None:
        """Poll, read, write and send until told to stop."""
        scheduler = EmbeddedScheduler(
            {
                "news": Wake(job=self.refresh_and_read, every=NEWS_EVERY),
                "digests": Wake(job=self.write, every=DIGESTS_EVERY),
                "deliveries": Wake(job=self.send, every=DIGESTS_EVERY),
                "care": Wake(job=partial(care, self.app), every=CARE_EVERY),
            }
        )
        first = asyncio.create_task(self._first_round(scheduler))
        await stop.wait()
        await _cancel([first])
        await scheduler.stop(GRACE)

    async def _first_round(self, scheduler: EmbeddedScheduler) -> None:
        # In this order, so that a digest that is due at once already has its news.
        await guarded("news", self.refresh_and_read)
        await guarded("digests", self.write)
        await guarded("deliveries", self.send)
        scheduler.start()
        log.info("first round done")

    async def refresh_and_read(self) -> None:
        """Poll the feeds that are due and read what they brought."""
        polled = await self.app.refresh(only_due=True)
        if polled.results:
            log.info("feeds refreshed", feeds=len(polled.results), new=polled.new)
        read = await self.app.read()
        if read.read:
            log.info("entries read", read=read.read, relevant=read.relevant)

    async def write(self) -> None:
        """Write the digests that are due."""
        app = self.app
        await write_digests(
            database=app.database,
            writer=app.writer,
            topics=app.settings.topics,
            messengers=self.messengers,
            max_words=app.settings.digest.max_words,
            put_off=self.put_off,
            now=app.clock(),
        )

    async def send(self) -> None:
        """Send what is in the outbox."""
        app = self.app
        # Side by side, so that one platform's slowness or failure does not hold up the other's.
        sends = [
            guarded(
                f"deliveries to {name}",
                partial(
                    send_deliveries,
                    database=app.database,
                    messengers={name: messenger},
                    clock=app.clock,
                ),
            )
            for name, messenger in self.messengers.items()
        ]
        await asyncio.gather(*sends)

    async def run_chat(self, chat: Chat) -> None:
        """Serve a chat platform; its failure is told and stops nothing else."""
        while True:
            try:
                await chat.platform.run()
                problem = "it ended though nobody asked it to"
                log.error("platform failed; it is started again", platform=chat.name, why=problem)
            except StorageError as error:
                # The database's trouble passes, or is told by the jobs.
                log.warning("platform waits for the database", platform=chat.name, why=str(error))
            except StraitError as error:
                # What is due there stays due: it is caught up on once the cause is mended.
                self.messengers.pop(chat.name, None)
                log.error("platform not started", platform=chat.name, problem=str(error))  # noqa: TRY400
                return
            except Exception:
                log.exception("platform failed; it is started again", platform=chat.name)
            await asyncio.sleep(RESTART_AFTER.total_seconds())

    async def serve_web(self, chats: list[Chat], stack: AsyncExitStack) -> None:
        """Serve ``/healthz`` and the platforms' routes, where a port is given."""
        port = self.app.settings.environment.port
        if port is None:
            return
        web = make_web_app(partial(self._problems, [chat.name for chat in chats]))
        for chat in chats:
            if chat.add_routes is not None:
                chat.add_routes(web)
        # A hosting service reaches the process from outside.
        server = serve_web(web, host="0.0.0.0", port=port)  # noqa: S104
        try:
            await stack.enter_async_context(server)
        except OSError as error:
            raise StraitError(
                f"Port {port} cannot be served ({error.strerror}): name a free one in PORT."
            ) from error

    async def _problems(self, enabled: list[str]) -> list[str]:
        dead = [f"{name} is not running" for name in enabled if name not in self.messengers]
        dead += [f"{n} is not connected" for n, m in self.messengers.items() if not m.ready]
        try:
            await self.app.database.check()
        except StraitError as error:
            return [*dead, str(error)]
        return dead

    async def subscribe_console(self) -> None:
        """Make the console's subscription follow the settings.

        A new one is due for the last slot already, so that a newcomer reads a digest
        as soon as the feeds have been read.
        """
        now, settings = self.app.clock(), self.app.settings
        schedule = settings.console_schedule
        taste = Taste(
            topics=settings.console.topics,
            schedule=schedule,
            language=settings.digest.language,
            max_stories=settings.digest.max_stories,
        )
        async with self.app.database.write() as connection:
            mine = await subscriptions.of_workspace(connection, CONSOLE.platform, CONSOLE.workspace)
            if mine:
                await subscriptions.save_taste(
                    connection,
                    mine[0].id,
                    taste,
                    platform=CONSOLE.platform,
                    workspace=CONSOLE.workspace,
                )
            else:
                before_last = previous_slot(schedule, before=now) - timedelta(seconds=1)
                await subscriptions.add(
                    connection, CONSOLE, taste, created_by=None, after=before_last, now=now
                )
        upcoming = next_slot(schedule, after=now).isoformat()
        log.info("console subscribed", schedule=describe(schedule), next_slot=upcoming)
