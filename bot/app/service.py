"""The bot as it runs: the jobs, the console or the chat platforms, and the web server.

A process does what its roles name, and imports no more than they need.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import TextIO, TypeVar

import structlog

from bot.app.chat import OUTBOX, Chat, chat_platforms, configured_platforms, has_chat
from bot.app.core import App
from bot.app.database import until_set_up
from bot.app.health import BEAT_EVERY, Beats, expected_beats
from bot.app.jobs import Jobs
from bot.app.roles import Role, enabled_roles
from bot.app.tasks import cancel
from bot.domain.errors import StorageError, StraitError
from bot.platforms.console.messenger import ConsoleMessenger
from bot.platforms.messenger import Messenger
from bot.scheduling.wakes import Job, Wake, guarded

log = structlog.get_logger()

Result = TypeVar("Result")

# Feeds are looked through for due ones, digests for due slots, so often.
NEWS_EVERY = timedelta(minutes=1)
READ_EVERY = timedelta(seconds=5)

# Somebody in a chat waits for the answer about a feed.
ASKED_EVERY = timedelta(seconds=1)
DIGESTS_EVERY = timedelta(seconds=1)

# What breaks is looked for so often: reading takes longer than this, and nobody waits for less.
BREAKING_EVERY = timedelta(seconds=10)

# What is done once a day is looked for so often, the first time so long after the start.
CARE_EVERY = timedelta(minutes=10)

# Summaries are made up to three minutes ahead (PREPARED_BEFORE): each slot is met twice.
PREPARE_EVERY = timedelta(minutes=1)

# SIGTERM has 30 s on Heroku: with the platforms' and the web's 3 s the whole exit takes 22 s
# at the latest. What is being sent gets the most of it; what polls, reads and writes can be
# done again at any time.
SENDING_GRACE = timedelta(seconds=15)
GRACE = timedelta(seconds=4)

# A platform that failed in a way that nobody expected is started again after this.
RESTART_AFTER = timedelta(minutes=1)


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
        if not await until_set_up(app.set_up, stop, is_sqlite=app.database.is_sqlite):
            return
        await service.open_outputs(stack)
        if not has_chat(environment) and not app.settings.outputs:
            await service.open_console(stream)
        service.say_who_hears_slack()
        tasks = [asyncio.create_task(service.run_chat(c)) for c in chats if service.connects(c)]
        await service.run_jobs(stop)
        # Together, so that the whole exit stays within its time.
        await asyncio.gather(cancel(tasks), stack.aclose())


@dataclass(frozen=True, kw_only=True)
class Service:
    """The running bot. ``messengers`` are those of the platforms that can be sent to."""

    app: App
    messengers: dict[str, Messenger]
    roles: frozenset[Role] = frozenset(Role)

    @cached_property
    def jobs(self) -> Jobs:
        """What is done again and again."""
        return Jobs(app=self.app, messengers=self.messengers)

    @cached_property
    def wakes(self) -> dict[str, Wake]:
        """The jobs of this process's roles, in the order in which they follow each other."""
        jobs = self.jobs
        digests = Wake(
            job=self._beating("write", jobs.write),
            every=DIGESTS_EVERY,
            next_at=jobs.next_due_at,
            then=("deliveries",) if Role.SEND in self.roles else (),
        )
        breaking = Wake(job=jobs.break_stories, every=BREAKING_EVERY, then=digests.then)
        sending = Wake(job=self._beating("send", jobs.send), every=DIGESTS_EVERY)
        known = (
            (Role.POLL, "polling", Wake(job=self._beating("poll", jobs.refresh), every=NEWS_EVERY)),
            (Role.POLL, "feed requests", Wake(job=jobs.answer_feed_requests, every=ASKED_EVERY)),
            (Role.READ, "reading", Wake(job=self._beating("read", jobs.read), every=READ_EVERY)),
            (Role.WRITE, "digests", digests),
            (Role.SEND, "deliveries", sending),
            (Role.WRITE, "breaking", breaking),
            (Role.WRITE, "summaries", Wake(job=jobs.prepare, every=PREPARE_EVERY)),
            (Role.DISCORD, "discord", Wake(job=partial(self.show, "discord"), every=BEAT_EVERY)),
            (Role.CARE, "care", Wake(job=jobs.care, every=CARE_EVERY)),
            (Role.SLACK, "slack", Wake(job=partial(self.show, "slack"), every=BEAT_EVERY)),
        )
        return {name: wake for role, name, wake in known if role in self.roles}

    @cached_property
    def beats(self) -> Beats:
        """What this process leaves in the database for others to see that it works."""
        return Beats(self.app.database, self.app.clock)

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
        stopping = asyncio.create_task(stop.wait())
        working = asyncio.create_task(self._work())
        await asyncio.wait({stopping, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            stopping.cancel()
            working.result()
        await self._stop_sending()
        await cancel([working])

    async def _work(self) -> None:
        """Do every job once, then whenever it is woken, until cancelled."""
        await self._first_round()
        # Only now, for it is slow to import: what was waiting is being sent already.
        from bot.scheduling.embedded import EmbeddedScheduler

        scheduler = EmbeddedScheduler(self.wakes)
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            await scheduler.stop(GRACE)

    async def _stop_sending(self) -> None:
        """Claim nothing more, and let what is under way be confirmed and recorded."""
        for sender in self.jobs.senders:
            sender.stop()
        drained = asyncio.gather(*(sender.drain() for sender in self.jobs.senders))
        with suppress(TimeoutError):
            await asyncio.wait_for(drained, SENDING_GRACE.total_seconds())

    async def _first_round(self) -> None:
        if Role.WRITE in self.roles:
            await guarded("schedules", self.jobs.replan)
        # In this order, so that a digest that is due at once already has its news.
        for name, wake in self.wakes.items():
            # The care of the day can wait until what readers want is done.
            if name != Role.CARE:
                await guarded(name, wake.job)
        log.info("first round done", roles=",".join(sorted(self.roles)))

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
        if (token := self.app.settings.environment.strait_metrics_token) is not None:
            from bot.app.measures import Scrapes
            from bot.web.metrics import add_metrics

            add_metrics(web, token.get_secret_value(), Scrapes(self.app).read)
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
            from bot.app.console import subscribe_console

            await subscribe_console(self.app)
