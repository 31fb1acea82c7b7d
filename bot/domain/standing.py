"""Where a story stands among those that a digest can tell: as it was then, and as it is now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.growth import moment
from bot.domain.model import Story
from bot.domain.ranking import rank, score


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a digest of a subscription held: stories with a report in ``(since, until]``.

    ``versions`` maps the ids of the stories told to their versions, in the digest's order.
    """

    slot_at: datetime
    since: datetime
    until: datetime
    versions: Mapping[int, int]
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a story stood among those that a digest could tell.

    ``place`` counts from 1. ``score`` is its weight and ``least`` that of the last story
    within the limit (``bot.domain.ranking.score``).
    """

    place: int
    of: int
    limit: int
    score: float
    least: float

    @property
    def is_within(self) -> bool:
        """Whether the limit leaves room for it."""
        return self.place <= self.limit


def as_of(story: Story, until: datetime) -> Story | None:
    """Return the story as it was at a moment; None where it had no report yet.

    From the reports that it has now: those of a story that was merged into it later count.
    """
    reports = tuple(entry for entry in story.entries if entry.seen_at <= until)
    if not reports:
        return None
    moments = [moment(entry) for entry in reports]
    return replace(
        story,
        entries=reports,
        version=min(story.version, len(reports)),
        first_seen_at=min(moments),
        last_seen_at=max(moments),
    )


def stand(
    stories: Iterable[Story], *, sides: tuple[str, str], limit: int, now: datetime
) -> dict[int, Standing]:
    """Return where each story (by its id) stands among those that a digest can tell.

    In the order of their weights; the digest has room for ``limit``, one at least.
    """
    ranked = rank(stories, sides=sides, now=now)
    scores = [score(story, sides=sides, now=now) for story in ranked]
    return {
        story.id: Standing(
            place=place,
            of=len(ranked),
            limit=limit,
            score=scores[place - 1],
            least=scores[min(len(ranked), max(1, limit)) - 1],
        )
        for place, story in enumerate(ranked, start=1)
    }


def untold(
    stories: Iterable[Story], told: Mapping[int, int], *, since: datetime, until: datetime
) -> list[Story]:
    """Return the stories, as they were at ``until``, that a digest of the time could tell.

    ``told`` maps story ids to the versions that its readers knew.
    """
    then = (as_of(story, until) for story in stories)
    return [
        one
        for one in then
        if one is not None and one.last_seen_at > since and one.version > told.get(one.id, 0)
    ]


def known_before(written: Sequence[Written], at: Written) -> dict[int, int]:
    """Return the versions of the stories that the digests before one had told."""
    known: dict[int, int] = {}
    for digest in sorted(written, key=lambda one: one.slot_at):
        if digest.slot_at < at.slot_at:
            known.update(digest.versions)
    return known


def missed_by(written: Sequence[Written], story: Story) -> Written | None:
    """Return the first digest over a story's time that did not tell it."""
    for digest in sorted(written, key=lambda one: one.slot_at):
        then = as_of(story, digest.until)
        if then is not None and then.last_seen_at > digest.since:
            return digest
    return None
