"""Where a story stands among those that a digest can tell: as it was then, and as it is now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.compose import Chosen
from bot.domain.filters import LeftOut
from bot.domain.growth import moment
from bot.domain.model import Story


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a digest of a subscription held: stories with a report in ``(since, until]``.

    ``versions`` maps the ids of the stories told to their versions, in the digest's order.
    ``breaking``: it held what was told at once, and passed nothing over.
    """

    slot_at: datetime
    since: datetime
    until: datetime
    versions: Mapping[int, int]
    left_out: int
    breaking: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a story stood among those that a digest could tell and the filters let through.

    ``place`` counts from 1: first what the digest tells, in its order, then the others by
    weight. ``score`` is its weight, ``least`` the smallest of those told
    (``bot.domain.ranking.score``). ``left`` is why the digest leaves it out, None where it
    tells it: what is over a cap, or like what came first, may weigh more than ``least``.
    """

    place: int
    of: int
    limit: int
    score: float
    least: float
    left: LeftOut | None = None

    @property
    def is_within(self) -> bool:
        """Whether the digest has room for it."""
        return self.left is None


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


def stand(chosen: Chosen, *, limit: int) -> dict[int, Standing]:
    """Return where each story (by its id) stands among those that fit the filters.

    ``limit`` is what was chosen with: as many as the digest has room for.
    """
    left = {story.id: why for story, why in chosen.passed_over if story.id in chosen.weights}
    told = [story.id for story, _ in chosen.stories]
    ordered = [*told, *(number for number in chosen.weights if number in left)]
    least = min((chosen.weights[number] for number in told), default=0.0)
    return {
        number: Standing(
            place=place,
            of=len(ordered),
            limit=limit,
            score=chosen.weights[number],
            least=least,
            left=left.get(number),
        )
        for place, number in enumerate(ordered, start=1)
    }


def within(stories: Iterable[Story], *, since: datetime, until: datetime) -> list[Story]:
    """Return the stories with a report in ``(since, until]``, as they were at ``until``."""
    then = (as_of(story, until) for story in stories)
    return [one for one in then if one is not None and one.last_seen_at > since]


def known_before(written: Sequence[Written], at: Written) -> dict[int, int]:
    """Return the versions of the stories that the digests before one had told."""
    known: dict[int, int] = {}
    for digest in sorted(written, key=lambda one: one.slot_at):
        if digest.slot_at < at.slot_at:
            known.update(digest.versions)
    return known


def missed_by(written: Sequence[Written], story: Story) -> Written | None:
    """Return the first digest over a story's time that did not tell it.

    One of breaking news is none: it holds one story, whatever else there was.
    """
    whole = (one for one in written if not one.breaking)
    for digest in sorted(whole, key=lambda one: one.slot_at):
        then = as_of(story, digest.until)
        if then is not None and then.last_seen_at > digest.since:
            return digest
    return None
