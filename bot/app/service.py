"""The bot as it runs: the jobs, the console or the chat platforms, and the web server.

A process does what its roles name, and imports no more than they need.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, TextIO

import structlog

from bot.app.chat import OUTBOX, Chat, chat_platforms, has_chat
from bot.app.core import App
from bot.app.roles import Role, enabled_roles
from bot.domain.errors import StorageError, StraitError
from bot.domain.model import Destination, Taste
from bot.domain.planning import change_taste
from bot.domain.schedule import describe, next_slot, previous_slot
from bot.platforms.console.messenger import PLATFORM, ConsoleMessenger
from bot.platforms.messenger import Messenger
from bot.scheduling.embedded import EmbeddedScheduler, Wake, guarded

if TYPE_CHECKING:
    from bot.jobs.write_digests import PutOff

log = structlog.get_logger()

# Feeds are looked through for due ones, digests for due slots, so often.
NEWS_EVERY = timedelta(minutes=1)
READ_EVERY = timedelta(seconds=5)
DIGESTS_EVERY = timedelta(seconds=1)

# Summaries are made up to three minutes ahead (PREPARED_BEFORE): each slot is met twice.
PREPARE_EVERY = timedelta(minutes=1)

# SIGTERM has 30 s on Heroku and less patience at a terminal: the whole exit stays below 10 s.
GRACE = timedelta(seconds=4)

# A platform that failed in a way that nobody expected is started again after this.
RESTART_AFTER = timedelta(minutes=1)

CONSOLE = Destination(platform=PLATFORM, workspace="local", channel="output")


async def serve(
    app: App,
    stop: asyncio.Event,
    *,
    roles: Collection[Role] | None = None,
    stream: TextIO = sys.stdout,
) -> None:
    """Run the roles (None: what the environment enables) until told to stop, then end cleanly."""
    environment = app.settings.environment
    roles = frozenset(enabled_roles(environment) if roles is None else roles)
    chats = chat_platforms(app, roles)
    service = Service(
        app=app, roles=roles, messengers={c.name: c.platform.messenger for c in chats}
    )
    if not has_chat(environment):
        await service.open_console(stream)
    async with AsyncExitStack() as stack:
        await service.serve_web(chats, stack)
        tasks = [asyncio.create_task(service.run_chat(c)) for c in chats if service.connects(c)]
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
    roles: frozenset[Role] = frozenset(Role)

    @cached_property
    def put_off(self) -> PutOff:
        """The subscriptions whose digest could not be written, while the process lives."""
        from bot.jobs.write_digests import PutOff

        return PutOff()

    @cached_property
    def wakes(self) -> dict[str, Wake]:
        """The jobs of this process's roles, in the order in which they follow each other."""
        digests = Wake(
            job=self.write,
            every=DIGESTS_EVERY,
            next_at=self.next_due_at,
            then=("deliveries",) if Role.SEND in self.roles else (),
        )
        known = (
            (Role.POLL, "polling", Wake(job=self.refresh, every=NEWS_EVERY)),
            (Role.READ, "reading", Wake(job=self.read, every=READ_EVERY)),
            (Role.WRITE, "digests", digests),
            (Role.SEND, "deliveries", Wake(job=self.send, every=DIGESTS_EVERY)),
            (Role.WRITE, "summaries", Wake(job=self.prepare, every=PREPARE_EVERY)),
        )
        return {name: wake for role, name, wake in known if role in self.roles}

    def connects(self, chat: Chat) -> bool:
        """Tell whether this process talks to the platform, not only renders for it."""
        return Role.SEND in self.roles or chat.name in self.roles or chat.add_routes is not None

    async def run_jobs(self, stop: asyncio.Event) -> None:
        """Do what the roles do until told to stop."""
        scheduler = EmbeddedScheduler(self.wakes)
        first = asyncio.create_task(self._first_round(scheduler))
        await stop.wait()
        await _cancel([first])
        await scheduler.stop(GRACE)

    async def _first_round(self, scheduler: EmbeddedScheduler) -> None:
        if Role.WRITE in self.roles:
            await guarded("schedules", self.replan)
        # In this order, so that a digest that is due at once already has its news.
        for name, wake in self.wakes.items():
            await guarded(name, wake.job)
        scheduler.start()
        log.info("first round done", roles=",".join(sorted(self.roles)))

    async def refresh_and_read(self) -> None:
        """Poll the feeds that are due and read what they brought."""
        await self.refresh()
        await self.read()

    async def refresh(self) -> None:
        """Poll the feeds that are due."""
        polled = await self.app.refresh(only_due=True)
        if polled.results:
            log.info("feeds refreshed", feeds=len(polled.results), new=polled.new)

    async def read(self) -> None:
        """Read what the feeds brought."""
        read = await self.app.read()
        if read.read:
            log.info("entries read", read=read.read, relevant=read.relevant)

    async def replan(self) -> None:
        """Work out anew when digests are due: zones may have other rules than at the last run."""
        from bot.storage import subscriptions

        async with self.app.database.write() as connection:
            await subscriptions.look_again(connection)

    async def prepare(self) -> int:
        """Make the summaries of the digests that are due soon."""
        from bot.jobs.write_digests import prepare_digests

        app = self.app
        return await prepare_digests(
            database=app.database,
            writer=app.writer,
            topics=app.settings.topics,
            platforms=self.messengers,
            max_words=app.settings.digest.max_words,
            now=app.clock(),
        )

    async def next_due_at(self) -> datetime | None:
        """Return when the next digest is due."""
        from bot.storage import subscriptions

        async with self.app.database.read() as connection:
            return await subscriptions.next_due_at(
                connection, self.messengers, after=self.app.clock()
            )

    async def write(self) -> int:
        """Write the digests that are due; returns how many."""
        from bot.jobs.write_digests import write_digests

        app = self.app
        return await write_digests(
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
        from bot.jobs.send_deliveries import send_deliveries

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
        if port is None or Role.WEB not in self.roles:
            return
        from bot.web.app import make_web_app, serve_web

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

    async def open_console(self, stream: TextIO) -> None:
        """Print digests where the bot runs: there is no chat platform to send them to."""
        if not OUTBOX & self.roles:
            return
        console = ConsoleMessenger(stream, self.app.texts)
        self.messengers[console.platform] = console
        if Role.WRITE in self.roles:
            await self.subscribe_console()

    async def subscribe_console(self) -> None:
        """Make the console's subscription follow the settings.

        A new one is due for the last slot already, so that a newcomer reads a digest
        as soon as the feeds have been read.
        """
        from bot.storage import subscriptions

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
            if mine and mine[0].taste != taste:
                changed = change_taste(mine[0], taste, now=now)
                await subscriptions.save_change(connection, changed)
            elif not mine:
                before_last = previous_slot(schedule, before=now) - timedelta(seconds=1)
                await subscriptions.add(
                    connection, CONSOLE, taste, created_by=None, after=before_last, now=now
                )
        upcoming = next_slot(schedule, after=now).isoformat()
        log.info("console subscribed", schedule=describe(schedule), next_slot=upcoming)
