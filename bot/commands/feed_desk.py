"""What chat offers about the instance's feeds: all may look, only its admins change them."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from bot.commands import feeds as use_cases
from bot.commands.budgets import Budgets, Expensive
from bot.domain.addresses import shown_url
from bot.domain.errors import ForbiddenError, InputError
from bot.domain.feed_requests import PATIENCE, FeedAnswer, FeedVerb
from bot.domain.model import Feed, FeedState
from bot.domain.people import Admin, Person, check_admin
from bot.storage import feed_requests
from bot.storage.database import Database

# How often it is looked whether the answer is there.
LOOK_SECONDS = 0.25

NO_ANSWER = (
    "No process that polls feeds has answered within a minute: try again, or ask whoever runs "
    "this Strait whether one with the role poll is running."
)
UNKNOWN = (
    "“{named}” is no feed that is polled here: only the admins of this Strait "
    "(STRAIT_ADMINS) have other addresses asked."
)


@dataclass(frozen=True, kw_only=True)
class FeedDesk:
    """The use cases behind every platform's commands about feeds.

    Feeds are never asked here, for another process may poll: the request is put into the
    database, a job answers it there, and whoever asked waits for that.
    """

    database: Database
    clock: Callable[[], datetime]
    budgets: Budgets
    admins: Collection[Admin] = ()
    patience: float = PATIENCE.total_seconds()

    async def list(self) -> list[tuple[Feed, FeedState]]:
        """Return every feed that is polled, with its state."""
        return await use_cases.list_feeds(self.database)

    async def remove(self, named: str, *, by: Person) -> None:
        """Stop to poll a feed; raises ForbiddenError for people who are no admins."""
        await use_cases.remove_feed(self.database, named, by=by, admins=self.admins)

    async def add(self, address: str, *, by: Person) -> FeedAnswer:
        """Poll one more feed, if it answers with entries; for admins."""
        check_admin(self.admins, by)
        return await self._ask(FeedVerb.ADD, use_cases.feed_address(address), by)

    async def check(self, named: str, *, by: Person) -> FeedAnswer:
        """Have a feed that is polled asked now, or, for admins, any address of the web."""
        known = [feed for feed, _ in await self.list()]
        found = use_cases.find_feed(known, named)
        if found is None:
            self._check_address(named, by)
        address = found.url if found else use_cases.feed_address(named)
        return await self._ask(FeedVerb.CHECK, address, by)

    def _check_address(self, named: str, by: Person) -> None:
        # What an address answers would tell a stranger about networks that they cannot reach.
        try:
            check_admin(self.admins, by)
        except ForbiddenError as error:
            raise ForbiddenError(UNKNOWN.format(named=shown_url(named))) from error

    async def _ask(self, verb: FeedVerb, address: str, by: Person) -> FeedAnswer:
        scope = {"platform": by.platform, "workspace": by.workspace}
        self.budgets.spend(Expensive.FEED_CHECK, now=self.clock(), **scope)
        async with self.database.write() as connection:
            number = await feed_requests.ask(connection, verb, address, now=self.clock(), **scope)
        try:
            async with asyncio.timeout(self.patience):
                while True:
                    async with self.database.read() as connection:
                        given = await feed_requests.answer_to(connection, number, **scope)
                    if given is not None:
                        return given
                    # The answer comes from another process: it can only be looked for.
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError as error:
            raise InputError(NO_ANSWER) from error
