"""What digests that are written at the same moment share: read once, used by all."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.calendar import Occasion
from bot.domain.model import Filters, Story
from bot.storage import entries, feeds, stories
from bot.storage.database import Database


class Shelf:
    """Keeps what one round of digests has read. Make a new one for each round."""

    def __init__(self, database: Database, calendar: Sequence[Occasion] = ()) -> None:
        self._database = database
        self.calendar = tuple(calendar)
        self._stories: dict[tuple[str, datetime, datetime], list[Story]] = {}
        self._answers: dict[tuple[str, ...], dict[str, list[datetime | None]]] = {}
        self._peripheral: dict[tuple[str, datetime, datetime], list[Story]] = {}
        self._read: dict[tuple[datetime, datetime], tuple[int, int]] = {}

    async def stories(self, topic: str, *, since: datetime, until: datetime) -> list[Story]:
        """Return the topic's stories with a report in ``(since, until]``."""
        key = (topic, since, until)
        if key not in self._stories:
            async with self._database.read() as connection:
                self._stories[key] = await stories.latest(
                    connection, topic, since=since, until=until
                )
        return self._stories[key]

    async def answers(self, countries: Sequence[str]) -> dict[str, list[datetime | None]]:
        """Return when the feeds of each country's outlets answered last, an outlet an answer."""
        wanted = tuple(countries)
        if wanted not in self._answers:
            async with self._database.read() as connection:
                self._answers[wanted] = await feeds.answers(connection, wanted)
        return self._answers[wanted]

    async def peripheral(self, topic: str, *, since: datetime, until: datetime) -> list[Story]:
        """Return what only touched the topic in ``(since, until]``, a report a story."""
        key = (topic, since, until)
        if key not in self._peripheral:
            async with self._database.read() as connection:
                self._peripheral[key] = await stories.peripheral(
                    connection, topic, since=since, until=until
                )
        return self._peripheral[key]

    async def wanted(
        self, topic: str, filters: Filters, *, since: datetime, until: datetime
    ) -> list[Story]:
        """Return the stories that a subscription with these filters may be told."""
        found = await self.stories(topic, since=since, until=until)
        if not filters.peripheral:
            return found
        return [*found, *await self.peripheral(topic, since=since, until=until)]

    async def read_since(self, since: datetime, *, until: datetime) -> tuple[int, int]:
        """Return how many entries, of how many outlets, were read in ``(since, until]``."""
        key = (since, until)
        if key not in self._read:
            async with self._database.read() as connection:
                self._read[key] = await entries.count_since(connection, since=since, until=until)
        return self._read[key]
