"""Looking up a topic's chronology."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.commands.timeline import Period, Timeline, parse_issue, parse_period, timeline
from bot.domain.errors import InputError
from bot.domain.model import FeedSpec, Issue, Language
from bot.domain.outlets import Outlets
from bot.storage import entries, feeds, readings, stories
from bot.storage.database import Database
from tests.builders import NOW, OUTLETS, parsed, reading, story, topic

TODAY = date(2026, 11, 20)


def test_the_usual_period_is_the_last_ninety_days() -> None:
    """Where nobody says another."""
    assert parse_period(None, None, today=TODAY) == Period(first=date(2026, 8, 22), last=TODAY)


@pytest.mark.parametrize(
    ("first", "last", "mend"),
    [
        ("yesterday", None, "YYYY-MM-DD"),
        ("2026-02-30", None, "YYYY-MM-DD"),
        ("0001-01-01", None, "YYYY-MM-DD"),
        ("2026-11-01", "2026-10-01", "exchange"),
    ],
)
def test_a_period_that_is_none_is_told_with_the_mend(
    first: str, last: str | None, mend: str
) -> None:
    """One sentence."""
    with pytest.raises(InputError, match=mend):
        parse_period(first, last, today=TODAY)


def test_an_unknown_issue_suggests_the_nearest() -> None:
    """By its name in the files and in JSON."""
    assert parse_issue("Courts") is Issue.COURTS
    with pytest.raises(InputError, match="trade-economy-tech"):
        parse_issue("trade")


async def told(database: Database, first: date, last: date, issue: Issue | None = None) -> Timeline:
    return await timeline(
        database,
        topic(),
        Period(first=first, last=last),
        issue=issue,
        language=Language.EN,
        zone="Asia/Seoul",
        words=lambda title, language: frozenset(),
    )


async def keep(database: Database, number: int, at: datetime, issue: Issue) -> None:
    spec = FeedSpec(url=f"https://h.example/{number}.xml", name="Hanbit Ilbo")
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
        item = parsed(number, published_at=at)
        await entries.save_parsed(connection, feed, [item], outlets=Outlets(OUTLETS), now=at)
        [entry] = await entries.unread(connection, limit=1)
        kept = story(number, lead_entry_id=entry.id, issue=issue, first_seen_at=at, last_seen_at=at)
        await stories.save(connection, [kept])
        await readings.save(connection, [reading(entry.id, story_id=number, issue=issue)])
        await entries.mark_read(connection, [entry])


async def test_only_the_period_and_the_issue_that_were_asked_for(database: Database) -> None:
    """Both days count, by the reader's zone."""
    midnight = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)  # the 10th begins in Seoul
    await keep(database, 1, midnight - timedelta(seconds=1), Issue.TRADE)
    await keep(database, 2, midnight, Issue.TRADE)
    await keep(database, 3, midnight + timedelta(hours=23), Issue.COURTS)
    await keep(database, 4, midnight + timedelta(hours=24), Issue.TRADE)
    day = date(2026, 11, 10)
    found = await told(database, day, day)
    assert [line.story_id for line in found.happenings] == [2, 3]
    found = await told(database, day, day, Issue.COURTS)
    assert [line.story_id for line in found.happenings] == [3]
    assert [point.neutral for point in found.points] == [(3,)]
