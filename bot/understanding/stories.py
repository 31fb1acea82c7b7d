"""Stories: entries about one event, grouped as they arrive, across languages."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bot.domain.account import Candidate
from bot.understanding.pairs import Item, PairWeights, log_odds, signals

# An event is news for days; what comes later is another story.
WINDOW = timedelta(days=7)
# A story is compared by its latest members: enough to stand for it, and a bound on the cost.
MEMBERS_COMPARED = 40
# Entries supposed before any is known: keeps the rarities of names even at the start.
PRIOR_ENTRIES = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """Where an item came to be; ``merged`` is a story that went up in it, where one did."""

    story_id: int
    merged: int | None = None


class Stories:
    """The stories of the last days. Joins each new item to the story it fits, or opens one.

    An item's fit to a story is the mean of its pair log-odds with the story's members
    (average linkage): one look-alike does not chain two events together.
    """

    def __init__(self, weights: PairWeights, *, new_id: Callable[[], int]) -> None:
        """Begin with no stories; new ones are numbered by ``new_id``."""
        self._weights = weights
        self._new_id = new_id
        self._items: list[Item] = []
        self._story_of: dict[int, int] = {}
        self._named: Counter[str] = Counter()

    def place(self, item: Item) -> Placed:
        """Find or open the story of a new item, after dropping what is older than the window.

        Where the item fits two stories and shows that these are one, they are merged under
        the older id.
        """
        self._forget(before=item.seen_at - WINDOW)
        fits = self._fits(item)
        fitting = [story for story in fits if fits[story] >= self._weights.join]
        fitting.sort(key=lambda story: (-fits[story], story))
        if not fitting:
            fitting = [self._new_id()]
        self.remember(item, fitting[0])
        if len(fitting) > 1 and self._are_one(*fitting[:2]):
            kept, merged = sorted(fitting[:2])
            self._merge(merged, into=kept)
            return Placed(story_id=kept, merged=merged)
        return Placed(story_id=fitting[0])

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """Return the stories that an item is compared with, the likeliest first.

        ``odds`` are those of ``place``, which joins from ``joins_from`` on.
        """
        fits = self._fits(item)
        ordered = sorted(fits, key=lambda story: (-fits[story], story))
        return tuple(Candidate(story_id=story, odds=fits[story]) for story in ordered)

    @property
    def joins_from(self) -> float:
        """The log-odds from which an item joins a story."""
        return self._weights.join

    def _are_one(self, one: int, other: int) -> bool:
        """Whether the mean log-odds over all pairs of two stories' members is enough to join."""
        members = self._members(other)
        odds = [odds for item in self._members(one) for odds in self._odds(item, members)]
        return sum(odds) >= self._weights.join * len(odds)

    def _members(self, story: int) -> list[Item]:
        items = [item for item in self._items if self._story_of[item.entry_id] == story]
        return items[-MEMBERS_COMPARED:]

    def _merge(self, merged: int, *, into: int) -> None:
        for entry_id, story in self._story_of.items():
            if story == merged:
                self._story_of[entry_id] = into

    def remember(self, item: Item, story_id: int) -> None:
        """Take an item up as a member of a story, instead of what it was before it changed."""
        if item.entry_id in self._story_of:
            self._drop(item.entry_id)
        self._items.append(item)
        self._story_of[item.entry_id] = story_id
        self._named.update(item.names)

    def _drop(self, entry_id: int) -> None:
        at = next(at for at, item in enumerate(self._items) if item.entry_id == entry_id)
        self._named.subtract(self._items.pop(at).names)

    def _forget(self, before: datetime) -> None:
        old = 0
        while old < len(self._items) and self._items[old].seen_at < before:
            self._story_of.pop(self._items[old].entry_id, None)
            self._named.subtract(self._items[old].names)
            old += 1
        del self._items[:old]

    def _fits(self, item: Item) -> Mapping[int, float]:
        """Return the mean pair log-odds of an item with the latest members of each story."""
        by_story: dict[int, list[float]] = {}
        for other, odds in zip(self._items, self._odds(item, self._items), strict=True):
            by_story.setdefault(self._story_of[other.entry_id], []).append(odds)
        latest = {story: odds[-MEMBERS_COMPARED:] for story, odds in by_story.items()}
        return {story: sum(odds) / len(odds) for story, odds in latest.items()}

    def _odds(self, item: Item, others: Sequence[Item]) -> Iterator[float]:
        if not others:
            return
        cosines = np.stack([other.vector for other in others]) @ item.vector
        for other, cosine in zip(others, cosines.tolist(), strict=True):
            yield log_odds(self._weights, signals(item, other, cosine, self._rarity))

    def _rarity(self, name: str) -> float:
        known = len(self._items) + PRIOR_ENTRIES
        return math.log(known / (self._named[name] + 0.5))
