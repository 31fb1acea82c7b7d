"""What stands beside a story's summary: both sides, their words and numbers, what is new of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.contested import HouseStyle, terms_that_differ
from bot.domain.life import status_of
from bot.domain.model import (
    CitedSentence,
    CountsDiffer,
    DigestItem,
    DigestPerspective,
    DigestSentence,
    Entry,
    ItemKind,
    Language,
    SinceTold,
    Story,
    Summary,
)
from bot.domain.silence import Answers, silent_sides

CountFinder = Callable[[Sequence[Entry]], tuple[CountsDiffer, ...]]

# Where reports of neither of the topic's two countries come from.
ELSEWHERE = "elsewhere"


def _none(entries: Sequence[Entry]) -> tuple[CountsDiffer, ...]:
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewpoint:
    """How this instance looks at stories, whoever reads them."""

    style: HouseStyle = field(default_factory=HouseStyle)
    counts: CountFinder = _none


@dataclass(frozen=True, kw_only=True, slots=True)
class Lens:
    """How one digest looks at its stories.

    ``answers`` are by country; ``told`` and ``updates`` map story ids to the version that the
    reader was told last, and to how many updates of it.
    """

    viewpoint: Viewpoint
    sides: tuple[str, str]
    language: Language
    now: datetime
    answers: Mapping[str, Answers] = field(default_factory=dict)
    told: Mapping[int, int] = field(default_factory=dict)
    updates: Mapping[int, int] = field(default_factory=dict)


def look(
    item: DigestItem, story: Story, summary: Summary, lens: Lens, newest: CitedSentence | None
) -> DigestItem:
    """Return the item with all that the lens shows of its story.

    ``newest`` is the newest sentence, for an update that a model did not sum up.
    """
    numbers = {source.entry_id: source.number for source in item.sources}
    titles = {int(title.cites[0]): title.text for title in summary.titles}
    return replace(
        item,
        update=lens.updates.get(story.id, 0) + 1 if item.kind is ItemKind.UPDATE else 0,
        news=_news(item, story, summary.changed or newest, lens, numbers),
        perspectives=tuple(
            DigestPerspective(side=view.side, text=view.text, sources=_cited(view.cites, numbers))
            for view in summary.perspectives
        ),
        terms=terms_that_differ(story.entries, lens.viewpoint.style, lens.language),
        counts=tuple(_renumbered(found, numbers) for found in lens.viewpoint.counts(story.entries)),
        silent=silent_sides(story, lens.sides, lens.answers, now=lens.now),
        earlier=story.earlier,
        status=status_of(story, now=lens.now),
        sources=tuple(
            replace(source, translation=titles.get(source.entry_id, "")) for source in item.sources
        ),
    )


def new_since(story: Story, told_version: int) -> tuple[Entry, ...]:
    """Return the reports that came after the story's version that was told, the oldest first.

    A version counts the reports, so that those are the latest to arrive; of those that came
    with one poll, the latest published.
    """
    arrived = sorted(story.entries, key=lambda e: (e.seen_at, e.published_at, e.id))
    return tuple(arrived[told_version:])


def side_of(country: str | None, sides: Sequence[str]) -> str:
    """Return the side that a country stands for: itself, or ``elsewhere``."""
    return country if country is not None and country in sides else ELSEWHERE


def _news(
    item: DigestItem,
    story: Story,
    sentence: CitedSentence | None,
    lens: Lens,
    numbers: Mapping[int, int],
) -> SinceTold | None:
    if item.kind is not ItemKind.UPDATE:
        return None
    new = new_since(story, lens.told.get(story.id, 0))
    before = {side_of(e.country, lens.sides) for e in story.entries if e not in new}
    sides = dict.fromkeys(side_of(entry.country, lens.sides) for entry in new)
    shown = {told.text for told in item.sentences}
    return SinceTold(
        reports=len(new),
        sides=tuple(side for side in sides if side not in before and side != ELSEWHERE),
        sentence=None
        if sentence is None or sentence.text in shown
        else DigestSentence(text=sentence.text, sources=_cited(sentence.cites, numbers)),
    )


def _renumbered(found: CountsDiffer, numbers: Mapping[int, int]) -> CountsDiffer:
    told = (replace(one, reports=tuple(numbers[i] for i in one.reports)) for one in found.told)
    return replace(found, told=tuple(told))


def _cited(cites: Sequence[str], numbers: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(sorted({numbers[int(cite)] for cite in cites if int(cite) in numbers}))
