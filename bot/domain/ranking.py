"""Which stories a digest tells first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp2

from bot.domain.filters import Finds, LeftOut, Rule, independent, no_patterns
from bot.domain.model import Issue, Story

# A story loses half its weight in this time: yesterday's news gives way to today's.
HALF_LIFE = timedelta(hours=24)

# Reported on both sides is what this topic is about; a third party adds less.
SIDE_WEIGHT = 2.0
OUTLET_WEIGHT = 1.0

# Issues in which governments act stand before those about people and culture.
ISSUE_WEIGHT: Mapping[Issue, float] = {
    Issue.SUMMIT_DIPLOMACY: 1.5,
    Issue.HISTORY_FORCED_LABOUR: 1.3,
    Issue.HISTORY_COMFORT_WOMEN: 1.3,
    Issue.TERRITORY: 1.3,
    Issue.SECURITY: 1.2,
    Issue.YASUKUNI_TEXTBOOKS: 1.2,
    Issue.CULTURE: 0.7,
    Issue.OTHER: 0.8,
}


# What only touches the topic stands behind what is about it.
PERIPHERAL_WEIGHT = 0.3

# A digest of ten by one outlet, or about one issue, is no digest: each that is there already
# takes this share off the next one's weight.
SAME_ISSUE, SAME_OUTLET = 0.85, 0.9


@dataclass(frozen=True, kw_only=True)
class House:
    """How this instance chooses: caps, who owns which outlet (id → owner), the regex engine.

    The defaults of the caps leave room for three issues and three leading outlets in ten.
    """

    max_per_issue: int = 3
    max_per_outlet: int = 3
    owners: Mapping[str, str] = field(default_factory=dict)
    finds: Finds = no_patterns


DEFAULT_HOUSE = House()


@dataclass(frozen=True, kw_only=True, slots=True)
class Picked:
    """The stories of a digest in its order, and why the others are not among them."""

    stories: tuple[Story, ...]
    left: tuple[tuple[Story, LeftOut], ...]


def score(
    story: Story,
    *,
    sides: tuple[str, str],
    now: datetime,
    owners: Mapping[str, str] | None = None,
    liked: Sequence[Issue] = (),
) -> float:
    """Return the story's weight in a digest, above 0.

    Coverage (independent outlets, and each of the two sides that reported it) times the
    issue's weight, halved every ``HALF_LIFE`` since the last report. Issues that the reader
    named weigh more: the first twice, the second one and a half times, and so on.
    """
    outlets = independent(story.entries, owners or {})
    reported = {entry.country for entry in story.entries} & set(sides)
    coverage = OUTLET_WEIGHT * len(outlets) + SIDE_WEIGHT * len(reported)
    age = max(now - story.last_seen_at, timedelta())
    level = PERIPHERAL_WEIGHT if story.peripheral else 1.0
    taste = _liking(story.issue, liked) * level
    return coverage * taste * ISSUE_WEIGHT.get(story.issue, 1.0) * exp2(-(age / HALF_LIFE))


def _liking(issue: Issue, liked: Sequence[Issue]) -> float:
    return 1 + 1 / (1 + liked.index(issue)) if issue in liked else 1.0


def rank(
    stories: Iterable[Story],
    *,
    sides: tuple[str, str],
    now: datetime,
    owners: Mapping[str, str] | None = None,
    liked: Sequence[Issue] = (),
) -> list[Story]:
    """Return the stories, heaviest first; ties fall to the newer, then the lower id."""
    weighed = weigh(stories, sides=sides, now=now, owners=owners, liked=liked)
    return [story for story, _ in weighed]


def weigh(
    stories: Iterable[Story],
    *,
    sides: tuple[str, str],
    now: datetime,
    owners: Mapping[str, str] | None = None,
    liked: Sequence[Issue] = (),
) -> list[tuple[Story, float]]:
    """Return the stories with their scores, in the order of ``rank``."""
    weighed = [
        (story, score(story, sides=sides, now=now, owners=owners, liked=liked)) for story in stories
    ]
    return sorted(weighed, key=lambda one: (-one[1], -one[0].last_seen_at.timestamp(), one[0].id))


def pick(weighed: Sequence[tuple[Story, float]], house: House, *, limit: int) -> Picked:
    """Pick up to ``limit`` of the stories, given with their weights and the heaviest first.

    Each next one is the heaviest after what its issue and its leading outlet have already
    taken. Beyond the caps stories are picked only where the digest would else be short.
    """
    picked: list[Story] = []
    held: list[tuple[int, Story, LeftOut]] = []
    waiting = [
        _Waiting(rank=rank, story=story, weight=weight, outlet=lead_outlet(story, house.owners))
        for rank, (story, weight) in enumerate(weighed)
    ]
    taken = _Taken(issues=Counter(), outlets=Counter())
    while waiting and len(picked) < limit:
        best = max(waiting, key=taken.share)
        picked.append(best.story)
        taken.take(best)
        waiting = [one for one in waiting if one is not best]
        held += [(one.rank, one.story, why) for one in waiting if (why := taken.cap(one, house))]
        waiting = [one for one in waiting if taken.cap(one, house) is None]
    held.sort(key=lambda one: one[0])
    relaxed = limit - len(picked)
    full = LeftOut(rule=Rule.ROOM, wanted=(str(limit),))
    return Picked(
        stories=(*picked, *(story for _, story, _ in held[:relaxed])),
        left=(
            *((story, why) for _, story, why in held[relaxed:]),
            *((one.story, full) for one in waiting),
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    """A story that may yet be picked: its place by weight, and who leads it."""

    rank: int
    story: Story
    weight: float
    outlet: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taken:
    """How many stories of each issue, and led by each outlet, a digest has already."""

    issues: Counter[Issue]
    outlets: Counter[str]

    def take(self, one: _Waiting) -> None:
        self.issues[one.story.issue] += 1
        self.outlets[one.outlet] += 1

    def share(self, one: _Waiting) -> float:
        issue, outlet = self.issues[one.story.issue], self.outlets[one.outlet]
        return one.weight * float(SAME_ISSUE**issue * SAME_OUTLET**outlet)

    def cap(self, one: _Waiting, house: House) -> LeftOut | None:
        if self.issues[one.story.issue] >= house.max_per_issue:
            wanted = (str(house.max_per_issue),)
            return LeftOut(rule=Rule.ISSUE_CAP, wanted=wanted, found=(one.story.issue,))
        if self.outlets[one.outlet] >= house.max_per_outlet:
            wanted = (str(house.max_per_outlet),)
            return LeftOut(rule=Rule.OUTLET_CAP, wanted=wanted, found=(one.outlet,))
        return None


def lead_outlet(story: Story, owners: Mapping[str, str]) -> str:
    """Return the owner of the outlet that leads the story; empty where its report is gone."""
    leads = (entry.outlet for entry in story.entries if entry.id == story.lead_entry_id)
    outlet = next(leads, story.entries[0].outlet if story.entries else "")
    return owners.get(outlet, outlet)
