"""The bot as it runs: the jobs, the console or the chat platforms, and the web server.

A process does what its roles name, and imports no more than they need.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, TextIO, TypeVar

import structlog

from bot.app.chat import OUTBOX, Chat, chat_platforms, configured_platforms, has_chat
from bot.app.core import App
from bot.app.health import BEAT_EVERY, Beats, expected_beats
from bot.app.roles import Role, enabled_roles
from bot.domain.errors import DatabaseTooNewError, StorageError, StraitError
from bot.domain.model import Destination, Taste
from bot.domain.planning import change_taste
from bot.domain.schedule import describe, next_slot, previous_slot
from bot.platforms.console.messenger import PLATFORM, ConsoleMessenger
from bot.platforms.messenger import Messenger
from bot.scheduling.embedded import EmbeddedScheduler, Job, Wake, guarded

if TYPE_CHECKING:
    from bot.jobs.send_deliveries import DeliverySender
    from bot.jobs.write_digests import PutOff

log = structlog.get_logger()

Result = TypeVar("Result")

# Feeds are looked through for due ones, digests for due slots, so often.
NEWS_EVERY = timedelta(minutes=1)
READ_EVERY = timedelta(seconds=5)
DIGESTS_EVERY = timedelta(seconds=1)

# What is done once a day is looked for so often, the first time so long after the start.
CARE_EVERY = timedelta(minutes=10)

# Summaries are made up to three minutes ahead (PREPARED_BEFORE): each slot is met twice.
PREPARE_EVERY = timedelta(minutes=1)

# SIGTERM has 30 s on Heroku: with the platforms' and the web's 3 s the whole exit takes 22 s
# at the latest. What is being sent gets the most of it; what polls, reads and writes can be
# done again at any time.
SENDING_GRACE = timedelta(seconds=15)
GRACE = timedelta(seconds=4)

# A database that is down is asked again after 1 s, doubling, up to half a minute.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=30)

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
    async with AsyncExitStack() as stack:
        # First of all: a host gives up on a process that does not serve its port soon.
        await service.serve_web(chats, stack)
        if not await until_set_up(app, stop):
            return
        await service.open_outputs(stack)
        if not has_chat(environment) and not app.settings.outputs:
            await service.open_console(stream)
        service.say_who_hears_slack()
        tasks = [asyncio.create_task(service.run_chat(c)) for c in chats if service.connects(c)]
        await service.run_jobs(stop)
        # Together, so that the whole exit stays within its time.
        await asyncio.gather(_cancel(tasks), stack.aclose())


async def until_set_up(app: App, stop: asyncio.Event) -> bool:
    """Wait for a database server that is down; returns whether it came before the stop.

    Raises StorageError for a file that cannot be used: nobody but its owner can mend that.
    """
    wait = FIRST_WAIT
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        setting_up = asyncio.create_task(app.set_up())
        await asyncio.wait({setting_up, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not setting_up.done():
            break
        error = setting_up.exception()
        if error is None:
            stopping.cancel()
            return True
        if not isinstance(error, StorageError) or _is_final(app, error):
            stopping.cancel()
            raise error
        log.error("waiting for the database", problem=str(error), seconds=wait.total_seconds())
        await asyncio.wait({stopping}, timeout=wait.total_seconds())
        wait = min(wait * 2, LONGEST_WAIT)
    await _cancel([setting_up])
    return False


def _is_final(app: App, error: StorageError) -> bool:
    # A schema that is too old is migrated by the release; one that is too new is not.
    return app.database.is_sqlite or isinstance(error, DatabaseTooNewError)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, kw_only=True)
class Service:
    """The running bot. ``messengers`` are those of the platforms that can be sent to."""

    app: App
    messengers: dict[str, Messenger]
    roles: frozenset[Role] = frozenset(Role)
    senders: dict[str, DeliverySender] = field(default_factory=dict)

    @cached_property
    def put_off(self) -> PutOff:
        """The subscriptions whose digest could not be written, while the process lives."""
        from bot.jobs.write_digests import PutOff

        return PutOff()

    @cached_property
    def wakes(self) -> dict[str, Wake]:
        """The jobs of this process's roles, in the order in which they follow each other."""
        digests = Wake(
            job=self._beating("write", self.write),
            every=DIGESTS_EVERY,
            next_at=self.next_due_at,
            then=("deliveries",) if Role.SEND in self.roles else (),
        )
        sending = Wake(job=self._beating("send", self.send), every=DIGESTS_EVERY)
        known = (
            (Role.POLL, "polling", Wake(job=self._beating("poll", self.refresh), every=NEWS_EVERY)),
            (Role.READ, "reading", Wake(job=self._beating("read", self.read), every=READ_EVERY)),
            (Role.WRITE, "digests", digests),
            (Role.SEND, "deliveries", sending),
            (Role.WRITE, "summaries", Wake(job=self.prepare, every=PREPARE_EVERY)),
            (Role.DISCORD, "discord", Wake(job=partial(self.show, "discord"), every=BEAT_EVERY)),
            (Role.CARE, "care", Wake(job=self.care, every=CARE_EVERY)),
            (Role.SLACK, "slack", Wake(job=partial(self.show, "slack"), every=BEAT_EVERY)),
        )
        return {name: wake for role, name, wake in known if role in self.roles}

    @cached_property
    def beats(self) -> Beats:
        """What this process leaves in the database for others to see that it works."""
        return Beats(self.app.database, self.app.clock)

    async def care(self) -> None:
        """Do what is done once a day: prune, back up, clean up after who left."""
        from bot.app.care import care

        await care(self.app)

    def _beating(self, name: str, job: Callable[[], Awaitable[Result]]) -> Job:
        """Return the job, leaving a beat whenever it succeeds."""

        async def run() -> Result:
            result = await job()
            if result is not False:
                await self.beats.leave(name)
            return result

        return run

    async def show(self, platform: str) -> None:
        """Leave a beat for a platform that is connected."""
        messenger = self.messengers.get(platform)
        if messenger is not None and messenger.ready:
            await self.beats.leave(platform)

    def connects(self, chat: Chat) -> bool:
        """Tell whether this process talks to the platform, not only renders for it."""
        return Role.SEND in self.roles or chat.name in self.roles or chat.add_routes is not None

    def say_who_hears_slack(self) -> None:
        """Tell that another process must serve Slack's commands, where this one cannot."""
        environment = self.app.settings.environment
        over_http = environment.slack_bot_token and not environment.slack_app_token
        if over_http and Role.SLACK in self.roles and Role.WEB not in self.roles:
            log.warning("slack's commands come over HTTP, to a process with the role web")

    async def run_jobs(self, stop: asyncio.Event) -> None:
        """Do what the roles do until told to stop."""
        scheduler = EmbeddedScheduler(self.wakes)
        first = asyncio.create_task(self._first_round(scheduler))
        await stop.wait()
        await self._stop_sending()
        await _cancel([first])
        await scheduler.stop(GRACE)

    async def _stop_sending(self) -> None:
        """Claim nothing more, and let what is under way be confirmed and recorded."""
        for sender in self.senders.values():
            sender.stop()
        drained = asyncio.gather(*(sender.drain() for sender in self.senders.values()))
        with suppress(TimeoutError):
            await asyncio.wait_for(drained, SENDING_GRACE.total_seconds())

    async def _first_round(self, scheduler: EmbeddedScheduler) -> None:
        if Role.WRITE in self.roles:
            await guarded("schedules", self.replan)
        # In this order, so that a digest that is due at once already has its news.
        for name, wake in self.wakes.items():
            # The care of the day can wait until what readers want is done.
            if name != Role.CARE:
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
        from bot.jobs.spread_corrections import spread_corrections
        from bot.jobs.write_digests import write_digests

        app = self.app
        # First, so that what cannot be edited is told by the digests that are due now.
        await spread_corrections(database=app.database, messengers=self.messengers, now=app.clock())
        return await write_digests(
            database=app.database,
            writer=app.writer,
            topics=app.settings.topics,
            messengers=self.messengers,
            max_words=app.settings.digest.max_words,
            put_off=self.put_off,
            now=app.clock(),
            calendar=app.settings.calendar,
        )

    async def send(self) -> bool:
        """Send what is in the outbox; returns whether every platform could be asked."""
        sent: list[str] = []

        async def send_to(name: str, messenger: Messenger) -> None:
            await self._sender(name, messenger).run()
            sent.append(name)

        # Side by side, so that one platform's slowness or failure does not hold up the other's.
        sends = [
            guarded(f"deliveries to {name}", partial(send_to, name, messenger))
            for name, messenger in self.messengers.items()
        ]
        await asyncio.gather(*sends)
        return len(sent) == len(sends)

    def _sender(self, name: str, messenger: Messenger) -> DeliverySender:
        if name not in self.senders:
            from bot.jobs.send_deliveries import DeliverySender

            self.senders[name] = DeliverySender(self.app.database, messenger, self.app.clock)
        return self.senders[name]

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
        """Serve whether all is well, and the platforms' routes."""
        port = self.app.settings.environment.port
        if port is None or Role.WEB not in self.roles:
            return
        from bot.web.app import make_web_app, serve_web

        connected = [chat.name for chat in chats if self.connects(chat)]
        web = make_web_app(partial(self.problems, connected))
        if any(output.public for output in self.app.settings.outputs):
            from bot.app.feeds import PublicFeeds
            from bot.web.feeds import add_feeds

            add_feeds(web, PublicFeeds(self.app).read)
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

    async def problems(self, connected: Collection[str]) -> list[str]:
        """Return what is not well: here, in the database, in the other processes."""
        here = [f"{name} is not running" for name in connected if name not in self.messengers]
        here += [
            f"{name} is not connected"
            for name in connected
            if name in self.messengers and not self.messengers[name].ready
        ]
        elsewhere = configured_platforms(self.app.settings.environment) - set(connected)
        try:
            await self.app.database.check()
            return [*here, *await self.beats.missing(expected_beats(elsewhere))]
        except StraitError as error:
            return [*here, str(error)]

    async def open_outputs(self, stack: AsyncExitStack) -> None:
        """Write digests to the files and webhooks that are configured."""
        if not OUTBOX & self.roles:
            return
        from bot.app.outputs import output_messengers, sync_outputs

        self.messengers.update(output_messengers(self.app, stack))
        if Role.WRITE in self.roles:
            await sync_outputs(self.app)

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
        from bot.storage import subscriptions, turns

        now, settings = self.app.clock(), self.app.settings
        schedule = settings.console_schedule
        taste = Taste(
            topics=settings.console.topics,
            schedule=schedule,
            language=settings.digest.language,
            max_stories=settings.digest.max_stories,
        )
        async with self.app.database.write() as connection:
            # A second process that starts meanwhile must find it, not add its own.
            await turns.workspace(connection, CONSOLE.platform, CONSOLE.workspace)
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
