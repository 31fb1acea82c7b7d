"""Looking things up: the latest stories of a topic, one story. Reads the database only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from bot.domain.compose import compose, compose_item
from bot.domain.corrections import Correction, corrected
from bot.domain.errors import InputError, NotFoundError
from bot.domain.lens import Lens, Viewpoint, look
from bot.domain.model import Digest, DigestItem, ItemKind, Language, Reading, Story, Summary
from bot.domain.ranking import rank
from bot.domain.topic import Topic
from bot.storage import corrections, feeds, readings, stories, summaries
from bot.storage.database import Database

DURATION = re.compile(r"([0-9]{1,4})\s*([hdw])", re.IGNORECASE)
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST = timedelta(days=366)

# Ids are 64-bit integers; a database refuses to look for a larger one.
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What ``news TOPIC`` answers: stories with a report since a moment, heaviest first."""

    topic: Topic
    since: datetime
    until: datetime
    stories: tuple[Story, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryDetail:
    """What ``story ID`` answers: the story, and how each of its entries was read.

    ``summaries`` are by language, as they were made; ``corrections`` say what was mended since.
    """

    story: Story
    readings: Mapping[int, Reading]
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()


def parse_since(text: str) -> timedelta:
    """Return the duration of ``24h``, ``3d`` or ``2w``; raises InputError for other text."""
    match = DURATION.fullmatch(text.strip())
    duration = int(match[1]) * UNITS[match[2].lower()] if match else timedelta()
    if not timedelta() < duration <= LONGEST:
        raise InputError(f'"{text}" is no duration: write hours, days or weeks, such as 24h or 3d.')
    return duration


def find_topic(topics: Mapping[str, Topic], name: str) -> Topic:
    """Return the topic of that name; raises NotFoundError with the nearest one."""
    if name in topics:
        return topics[name]
    close = get_close_matches(name, topics, n=1)
    hint = f'did you mean "{close[0]}"?' if close else f"there is {', '.join(sorted(topics))}."
    raise NotFoundError(f'There is no topic "{name}": {hint}')


async def latest_news(
    database: Database, topic: Topic, *, since: timedelta, limit: int, now: datetime
) -> News:
    """Return the topic's stories of the time since, heaviest first."""
    async with database.read() as connection:
        found = await stories.latest(connection, topic.id, since=now - since, until=now)
    ranked = rank(found, sides=topic.sides, now=now)
    return News(
        topic=topic,
        since=now - since,
        until=now,
        stories=tuple(ranked[:limit]),
        left_out=len(ranked[limit:]),
    )


async def story_detail(database: Database, story_id: int) -> StoryDetail:
    """Return a story with its reports; raises NotFoundError where there is none."""
    async with database.read() as connection:
        story = await stories.get(connection, story_id) if story_id <= LARGEST_ID else None
        if story is None:
            raise NotFoundError(f"There is no story {story_id}: `news TOPIC` lists the ids.")
        found = await readings.of_story(connection, story.id)
        kept = await summaries.of_story(connection, story.id)
        made = (await corrections.of_stories(connection, [story.id])).get(story.id, ())
    return StoryDetail(
        story=story,
        readings={reading.entry_id: reading for reading in found},
        summaries=kept,
        corrections=made,
    )


async def as_digest(
    database: Database,
    news: News,
    *,
    language: Language,
    zone: str,
    viewpoint: Viewpoint | None = None,
) -> Digest:
    """Return the stories as the document that every platform renders.

    Summaries are those that digests have made already; a story without one is told by its
    headline and its reports.
    """
    async with database.read() as connection:
        ids = [story.id for story in news.stories]
        kept = await summaries.latest(connection, ids, language)
        made = await corrections.of_stories(connection, ids)
        answers = await feeds.answers(connection, news.topic.sides)
    lens = Lens(
        viewpoint=viewpoint or Viewpoint(),
        sides=news.topic.sides,
        language=language,
        now=news.until,
        answers=answers,
    )
    items = [_item(story, _usable(kept.get(story.id), story), lens) for story in news.stories]
    return compose(
        [corrected(item, made.get(item.story_id, ())) for item in items],
        topic=news.topic,
        language=language,
        zone=zone,
        since=news.since,
        until=news.until,
        left_out=news.left_out,
    )


def _item(story: Story, summary: Summary, lens: Lens) -> DigestItem:
    return look(compose_item(story, ItemKind.NEW, summary), story, summary, lens, None)


def _usable(summary: Summary | None, story: Story) -> Summary:
    """Return the summary if its citations are still the story's reports, else the headline."""
    known = {str(entry.id) for entry in story.entries}
    if summary and all(known.issuperset(s.cites) for s in summary.sentences):
        return summary
    lead = next((e for e in story.entries if e.id == story.lead_entry_id), None)
    language = (lead and lead.language) or ""
    return Summary(language=language, headline=story.headline, sentences=(), method="headline")
