"""The digest before a day of the calendar carries its pre-brief, once, with a year ago."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.commands import subscriptions as desk
from bot.domain.calendar import Occasion
from bot.domain.model import Destination, Digest, Issue, Language, Subscription
from bot.domain.schedule import parse_schedule
from bot.jobs.write_digests import DigestWriter, PutOff, write_digests
from bot.storage import readings, stories
from bot.storage.database import Database
from bot.storage.schema import entries as entry_table
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import CHANNEL, TASTE, entry, reading, story, topic
from tests.jobs.test_slots import Paper

DAY = Occasion(
    id="dokdo-day",
    when="10-25",
    issue="territory-dokdo-takeshima",
    topics=("japan-korea",),
    title={"en": "Dokdo Day", "ja": "独島の日", "ko": "독도의 날"},
    brief={"en": ("One.", "Two."), "ja": ("一。", "二。"), "ko": ("하나.", "둘.")},
)
BEFORE = datetime(2026, 10, 23, 23, tzinfo=UTC)  # 24 October, 08:00 in Seoul
HOUR = timedelta(hours=1)


async def subscribe(
    database: Database, words: str, *, now: datetime, **changes: object
) -> Subscription:
    schedule = parse_schedule(words, "Asia/Seoul")
    taste = replace(TASTE, schedule=schedule, **changes)  # type: ignore[arg-type]
    return await desk.subscribe(database, CHANNEL, taste, created_by=None, now=now)


async def write(database: Database, paper: Paper, *, now: datetime) -> list[Digest]:
    before = len(paper.digests)
    await write_digests(
        database=database,
        writer=DigestWriter(database, ExtractiveSummarizer()),
        topics={"japan-korea": topic(), "trade": topic(id="trade")},
        messengers={"console": paper},
        max_words=60,
        put_off=PutOff(),
        now=now,
        calendar=(DAY,),
    )
    return paper.digests[before:]


async def tell_a_story(database: Database, number: int, *, at: datetime, issue: Issue) -> None:
    told = entry(number, published_at=at, seen_at=at, title=f"Report {number}")
    async with database.write() as connection:
        values = {c.name: getattr(told, c.name, None) for c in entry_table.c}
        values |= {"feed_id": None, "unread": False}
        await connection.execute(entry_table.insert().values(**values))
        kept = story(number, issue=issue, first_seen_at=at, last_seen_at=at)
        await stories.save(connection, [kept])
        await readings.save(connection, [reading(number, story_id=number, issue=issue)])


async def test_the_last_digest_before_the_day_carries_it(database: Database) -> None:
    """Neither the digest two days before nor the one on the day itself."""
    paper = Paper()
    await subscribe(database, "daily 08:00", now=BEFORE - timedelta(days=2))
    told = [
        await write(database, paper, now=BEFORE + timedelta(days=number)) for number in (-1, 0, 1)
    ]
    briefs = [[brief.occasion for brief in made[0].prebriefs] for made in told]
    assert briefs == [[], ["dokdo-day"], []]
    brief = told[1][0].prebriefs[0]
    assert (brief.title, brief.lines) == ("Dokdo Day", ("One.", "Two."))


async def test_a_changed_schedule_does_not_tell_it_twice(database: Database) -> None:
    """By the new times another slot is the last one before the day: it is told already."""
    paper = Paper()
    made = await subscribe(database, "daily 08:00", now=BEFORE - HOUR)
    assert (await write(database, paper, now=BEFORE))[0].prebriefs
    await desk.change(
        database,
        made.id,
        lambda taste: replace(taste, schedule=parse_schedule("daily 20:00", "Asia/Seoul")),
        platform=CHANNEL.platform,
        workspace=CHANNEL.workspace,
        now=BEFORE + HOUR,
    )
    (later,) = await write(database, paper, now=BEFORE + 12 * HOUR)
    assert later.prebriefs == ()


async def test_it_is_told_in_the_first_digest_of_a_topic_that_has_it(database: Database) -> None:
    """A subscription of several topics gets one pre-brief, with the topic that it belongs to."""
    paper = Paper()
    await subscribe(database, "daily 08:00", now=BEFORE - HOUR, topics=("trade", "japan-korea"))
    made = await write(database, paper, now=BEFORE)
    assert [(one.topic, len(one.prebriefs)) for one in made] == [("trade", 0), ("japan-korea", 1)]


async def test_each_subscription_is_told_for_itself(database: Database) -> None:
    """A channel that was told leaves another channel's pre-brief alone, each in its language."""
    paper = Paper()
    await subscribe(database, "daily 08:00", now=BEFORE - HOUR)
    other = Destination(platform="console", workspace="local", channel="other")
    taste = replace(TASTE, language=Language.KO)
    await desk.subscribe(database, other, taste, created_by=None, now=BEFORE - HOUR)
    made = await write(database, paper, now=BEFORE)
    assert sorted(one.prebriefs[0].title for one in made) == ["Dokdo Day", "독도의 날"]


async def test_stories_of_about_a_year_ago_are_linked(database: Database) -> None:
    """Those of the same issue within three days, and no others."""
    paper = Paper()
    a_year_ago = datetime(2025, 10, 25, 3, tzinfo=UTC)
    territory = Issue.TERRITORY
    await tell_a_story(database, 1, at=a_year_ago + timedelta(days=2), issue=territory)
    await tell_a_story(database, 2, at=a_year_ago + timedelta(days=5), issue=territory)
    await tell_a_story(database, 3, at=a_year_ago, issue=Issue.TRADE)
    await subscribe(database, "daily 08:00", now=BEFORE - HOUR)
    (made,) = await write(database, paper, now=BEFORE)
    (past,) = made.prebriefs[0].year_ago
    assert (past.story_id, past.headline) == (1, "Report 1")
    assert past.url == "https://h.example/1"


async def test_a_failed_save_tells_it_again(database: Database) -> None:
    """What is told is remembered with the digest, or not at all."""

    class Broken(Paper):
        def render(self, digest: Digest) -> tuple[str, ...]:
            raise RuntimeError("the layout is broken")

    await subscribe(database, "daily 08:00", now=BEFORE - HOUR)
    assert await write(database, Broken(), now=BEFORE) == []
    (made,) = await write(database, Paper(), now=BEFORE + timedelta(minutes=1))
    assert [brief.occasion for brief in made.prebriefs] == ["dokdo-day"]
