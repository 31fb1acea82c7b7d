"""From stories and summaries to the neutral digest document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.filters import LeftOut, Rule, reason_left_out
from bot.domain.model import (
    NO_FILTERS,
    Digest,
    DigestItem,
    DigestSentence,
    Document,
    Entry,
    Filters,
    IssueWeek,
    ItemKind,
    Language,
    Length,
    Source,
    Story,
    Summary,
)
from bot.domain.ranking import DEFAULT_HOUSE, House, pick, weigh
from bot.domain.topic import Topic


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestRequest:
    """What a digest is to hold: stories with a report in ``(since, until]``.

    ``told`` maps story ids to the versions that the reader knows already, ``updates`` to how
    many updates of them the reader was told. ``weekly``: with the week's arc. ``breaking``: of
    these story ids alone, told at once.
    """

    topic: Topic
    language: Language
    zone: str
    since: datetime
    until: datetime
    max_stories: int
    max_words: int
    told: Mapping[int, int]
    slot_at: datetime | None = None
    late: bool = False
    slots_skipped: int = 0
    updates: Mapping[int, int] = field(default_factory=dict)
    filters: Filters = NO_FILTERS
    length: Length = Length.FULL
    weekly: bool = False
    breaking: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The stories that a digest tells, in its order.

    ``left_out`` counts those that would fit but for the digest's length, ``outside`` those
    that the filters leave out; ``passed_over`` holds both, and what was told before, with why.
    ``weights`` are those of the stories that fit (by their ids), told or not, heaviest first.
    """

    stories: tuple[tuple[Story, ItemKind], ...]
    left_out: int
    outside: int = 0
    passed_over: tuple[tuple[Story, LeftOut], ...] = ()
    weights: Mapping[int, float] = field(default_factory=dict)


def choose(
    stories: Iterable[Story],
    *,
    told: Mapping[int, int],
    topic: Topic,
    limit: int,
    now: datetime,
    filters: Filters = NO_FILTERS,
    house: House = DEFAULT_HOUSE,
) -> Chosen:
    """Choose what to tell: stories untold, or grown since they were told, that fit the filters.

    ``told`` maps story ids to the version that the destination was told last.
    """
    fit: list[Story] = []
    passed: list[tuple[Story, LeftOut]] = []
    owners = house.owners
    for story in stories:
        reason = reason_left_out(story, filters, told=told, owners=owners, finds=house.finds)
        if reason is None:
            fit.append(story)
        else:
            passed.append((story, reason))
    liked = filters.prefer or filters.issues
    weighed = weigh(fit, sides=topic.sides, now=now, owners=owners, liked=liked)
    picked = pick(weighed, house, limit=limit)
    return Chosen(
        stories=tuple((s, _kind(s, told)) for s in picked.stories),
        left_out=len(picked.left),
        outside=sum(why.rule is not Rule.TOLD for _, why in passed),
        passed_over=(*passed, *picked.left),
        weights={story.id: weight for story, weight in weighed},
    )


def _kind(story: Story, told: Mapping[int, int]) -> ItemKind:
    return ItemKind.UPDATE if story.id in told else ItemKind.NEW


def news_of(story: Story, *, since: datetime) -> tuple[Entry, ...]:
    """Return the story's reports published since a moment, or all where there are none.

    A story that began days ago is told by what is new of it.
    """
    return tuple(e for e in story.entries if e.published_at > since) or story.entries


def documents(entries: Iterable[Entry]) -> tuple[Document, ...]:
    """Return reports as documents to summarize; their ids are entry ids."""
    return tuple(
        Document(
            id=str(entry.id),
            title=entry.title,
            text=entry.text,
            language=entry.language or "",
            source=entry.outlet_name,
            country=entry.country,
        )
        for entry in entries
    )


def compose_item(story: Story, kind: ItemKind, summary: Summary) -> DigestItem:
    """Set a story and its summary as a digest item; the sources cited come first."""
    cited = [int(cite) for sentence in summary.sentences for cite in sentence.cites]
    sources = _number(story.entries, cited)
    numbers = {source.entry_id: source.number for source in sources}
    return DigestItem(
        story_id=story.id,
        story_version=story.version,
        kind=kind,
        headline=summary.headline or story.headline,
        language=summary.language,
        issue=story.issue,
        sentences=tuple(
            DigestSentence(
                text=sentence.text,
                sources=tuple(sorted({numbers[int(cite)] for cite in sentence.cites})),
            )
            for sentence in summary.sentences
        ),
        sources=sources,
        first_seen_at=story.first_seen_at,
        last_seen_at=story.last_seen_at,
        method=summary.method,
        peripheral=story.peripheral,
    )


def compose(
    items: Sequence[DigestItem],
    *,
    topic: Topic,
    language: Language,
    zone: str,
    since: datetime,
    until: datetime,
    left_out: int,
    read: tuple[int, int] = (0, 0),
    slot_at: datetime | None = None,
    late: bool = False,
    slots_skipped: int = 0,
    outside: int = 0,
    arc: tuple[IssueWeek, ...] = (),
    breaking: bool = False,
) -> Digest:
    """Put the items together as the digest of a topic over ``(since, until]``.

    ``read`` counts the entries and outlets read in that time, for a quiet day's digest.
    """
    sources = [source for item in items for source in item.sources]
    told = (len(sources), len({source.outlet_name for source in sources}))
    entries_read, outlets_read = told if items else read
    return Digest(
        topic=topic.id,
        topic_title=topic.title.get(language, topic.id),
        sides=topic.sides,
        language=language,
        zone=zone,
        since=since,
        until=until,
        items=tuple(items),
        stories_left_out=left_out,
        entries_read=entries_read,
        outlets_read=outlets_read,
        slot_at=slot_at,
        late=late,
        slots_skipped=slots_skipped,
        stories_outside=outside,
        arc=arc,
        breaking=breaking,
    )


def _number(entries: Sequence[Entry], cited: Sequence[int]) -> tuple[Source, ...]:
    order = {entry_id: place for place, entry_id in reversed(list(enumerate(cited)))}
    ordered = sorted(entries, key=lambda e: (order.get(e.id, len(order) + 1), e.published_at, e.id))
    return tuple(
        Source(
            number=number,
            entry_id=entry.id,
            outlet_name=entry.outlet_name,
            country=entry.country,
            language=entry.language or "",
            title=entry.title,
            url=entry.url,
            published_at=entry.published_at,
        )
        for number, entry in enumerate(ordered, start=1)
    )
