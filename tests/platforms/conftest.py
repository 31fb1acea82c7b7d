"""The whole app over the sample feeds, with a clock that tests move."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.app import App, open_demo
from bot.app.core import utc_now
from bot.storage.database import Database
from tests.processes import bot, sampled

__all__ = ["bot", "sampled"]


class Clock:
    """The time as the app is told it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def move_to(self, moment: datetime) -> None:
        """Let it be just after a moment."""
        self.ahead = moment - utc_now() + timedelta(seconds=1)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind suffices here: that the other behaves alike is for the storage's tests."""
    return sqlite_database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app(clock: Clock) -> AsyncIterator[App]:
    """The app as `demo` opens it: the real poller, reader and database."""
    async with open_demo() as opened:
        opened.clock = clock
        yield opened


def with_environment(app: App, **values: object) -> App:
    """Set what the environment says."""
    environment = app.settings.environment.model_copy(update=values)
    app.settings = replace(app.settings, environment=environment)
    return app
