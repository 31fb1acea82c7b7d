"""What a digest carries beside its stories: days of the calendar to come, corrections owed.

Both are told once to each subscription, in the transaction that saves its digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.calendar import Occasion, Occurrence, heralded, year_ago
from bot.domain.corrections import last_note
from bot.domain.model import (
    CorrectionNotice,
    Digest,
    Entry,
    Language,
    PastStory,
    Prebrief,
    Schedule,
    Slot,
    Story,
    Subscription,
)
from bot.domain.ranking import rank
from bot.domain.topic import Topic
from bot.storage import corrections, occasions, stories

# Links below a pre-brief: enough to remember by, and all fit one message.
MOST_YEAR_AGO = 3

# Stories of a week and one issue: far fewer in every year that was measured.
YEAR_AGO_LOOKED_AT = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Extras:
    """Keys of occasions and ids of corrections (with the headline as it was told)."""

    occasions: tuple[str, ...] = ()
    corrections: tuple[tuple[int, str], ...] = ()


NOTHING = Extras()


async def extras_of(
    connection: AsyncConnection,
    due: Sequence[tuple[Subscription, Slot, datetime]],
    calendar: Sequence[Occasion],
    *,
    now: datetime,
) -> dict[int, Extras]:
    """Return what each subscription's digest carries: subscription, slot, first slot of it."""
    ids = [subscription.id for subscription, _, _ in due]
    # Many want the same at the same moment.
    known: dict[tuple[Schedule, tuple[str, ...], datetime, datetime], list[str]] = {}
    coming: dict[int, list[str]] = {}
    for subscription, slot, first in due:
        taste = subscription.taste
        alike = (taste.schedule, taste.topics, slot.slot_at, first)
        if alike not in known:
            known[alike] = _coming(calendar, subscription, slot, first, now=now)
        coming[subscription.id] = known[alike]
    keys = {key for found in coming.values() for key in found}
    told = await occasions.told(connection, ids, keys)
    owed = await corrections.owed(connection, ids)
    return {
        number: Extras(
            occasions=tuple(key for key in coming[number] if (number, key) not in told),
            corrections=tuple(owed.get(number, {}).items()),
        )
        for number in ids
    }


def _coming(
    calendar: Sequence[Occasion],
    subscription: Subscription,
    slot: Slot,
    first_slot_at: datetime,
    *,
    now: datetime,
) -> list[str]:
    topics = set(subscription.taste.topics)
    mine = [occasion for occasion in calendar if topics.intersection(occasion.topics)]
    schedule = subscription.taste.schedule
    found = heralded(mine, schedule, slot.slot_at, first_slot_at=first_slot_at, now=now)
    return [one.key for one in found]


async def record(
    connection: AsyncConnection,
    subscription_ids: Sequence[int],
    extras: Extras,
    *,
    slot_at: datetime,
    now: datetime,
) -> None:
    """Remember what these subscriptions are told; call it where their digest is saved."""
    await occasions.record(connection, subscription_ids, extras.occasions, slot_at=slot_at)
    told = [number for number, _ in extras.corrections]
    await corrections.mark_told(connection, subscription_ids, told, now=now)


async def carry(
    connection: AsyncConnection,
    made: Sequence[Digest],
    extras: Extras,
    calendar: Sequence[Occasion],
    topics: Sequence[Topic],
) -> list[Digest]:
    """Return the digests with their extras: each occasion in the first digest of its topics."""
    if not made or extras == NOTHING:
        return list(made)
    by_id = {topic.id: topic for topic in topics}
    left, digests = list(extras.occasions), list[Digest]()
    for digest in made:
        mine = [one for key in left if (one := _find(calendar, key, digest.topic)) is not None]
        left = [key for key in left if key not in {one.key for one in mine}]
        briefs = [await prebrief(connection, one, by_id[digest.topic], digest) for one in mine]
        digests.append(replace(digest, prebriefs=tuple(briefs)))
    notices = await _notices(connection, extras, digests[0].language)
    return [replace(digests[0], corrections=notices), *digests[1:]]


def _find(calendar: Sequence[Occasion], key: str, topic: str) -> Occurrence | None:
    occasion_id, _, day = key.partition("@")
    for occasion in calendar:
        if occasion.id == occasion_id and topic in occasion.topics:
            return Occurrence(day=datetime.fromisoformat(day).date(), occasion=occasion)
    return None


async def prebrief(
    connection: AsyncConnection, one: Occurrence, topic: Topic, digest: Digest
) -> Prebrief:
    """Return what a digest says of a day to come, with links to stories of a year ago."""
    language = digest.language.value
    since, until = year_ago(one.day, digest.zone)
    found = await stories.begun(
        connection, topic.id, since=since, until=until, issue=one.issue, limit=YEAR_AGO_LOOKED_AT
    )
    heaviest = rank(found, sides=topic.sides, now=until)[:MOST_YEAR_AGO]
    return Prebrief(
        occasion=one.occasion.id,
        day=one.day,
        title=one.occasion.title[language],
        lines=tuple(one.occasion.brief[language]),
        issue=one.issue,
        approximate=one.occasion.approximate,
        year_ago=tuple(_past(story, digest.language, digest.zone) for story in heaviest),
    )


def _past(story: Story, language: Language, zone: str) -> PastStory:
    """Return a story by a report in the reader's language, or by its leading one."""
    report = _told_by(story, language)
    return PastStory(
        story_id=story.id,
        headline=report.title,
        outlet_name=report.outlet_name,
        url=report.url,
        day=story.first_seen_at.astimezone(ZoneInfo(zone)).date(),
    )


def _told_by(story: Story, language: Language) -> Entry:
    own = [entry for entry in story.entries if entry.language == language.value]
    lead = [entry for entry in story.entries if entry.id == story.lead_entry_id]
    return (own or lead or list(story.entries))[0]


async def _notices(
    connection: AsyncConnection, extras: Extras, language: Language
) -> tuple[CorrectionNotice, ...]:
    """Return what was wrong in earlier digests, each story once, as it stands now."""
    headlines = dict(extras.corrections)
    found = await corrections.get(connection, list(headlines))
    by_story: dict[int, str] = {}
    for number, correction in sorted(found.items()):
        by_story.setdefault(correction.story_id, headlines[number])
    made = await corrections.of_stories(connection, by_story)
    notes = {story: last_note(made[story], language=language.value) for story in by_story}
    return tuple(
        CorrectionNotice(story_id=story, headline=by_story[story], note=note)
        for story, note in notes.items()
        if note is not None
    )
