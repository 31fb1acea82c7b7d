"""Stories: entries about one event, grouped as they arrive, across languages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understanding.pairs import Item, StoryWeights
from bot.understanding.window import Comparison, Window

# An event is news for days; what comes later is another story.
WINDOW = timedelta(days=7)
# Of so many of a story's latest members it is asked whether they would join another story.
MEMBERS_ASKED = 10
# So many stories beside the best are asked whether they are one with it.
RIVALS = 2
# More members attract no more: the weight of size, fitted on events of at most 16, would let one
# story swallow a subject. The best of 16, 40, 64 and no limit on og2021, which has one subject.
MEMBERS_COUNTED = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A story that an item could join.

    ``odds`` are the mean log-odds that a pair of the item and a member reports one event;
    ``fit`` the log-odds that the item belongs to the story.
    """

    story_id: int
    odds: float
    fit: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """Where an item came to be.

    ``merged`` is a story that went up in it, where one did; ``follows`` the earlier story
    that a story just opened follows, where there is one.
    """

    story_id: int
    merged: int | None = None
    follows: int | None = None


class Stories:
    """The stories of the last days. Joins each new item to the story it fits, or opens one.

    Two learned decisions: how likely a pair reports one event, and, from the mean over a
    story's members (average linkage), its centroid, size and age, how likely an item
    belongs. The mean keeps one look-alike from chaining two events together.
    """

    def __init__(self, weights: StoryWeights, *, encoder: str, new_id: Callable[[], int]) -> None:
        """Begin with no stories; new ones are numbered by ``new_id``."""
        self._weights = weights
        self._new_id = new_id
        self._window = Window(encoder)
        self._story_of: dict[int, int] = {}

    def place(self, item: Item) -> Placed:
        """Find or open the story of a new item, after dropping what is older than the window.

        Where the item fits two stories, and the members of the smaller would join the larger
        today, the two are merged under the older id.
        """
        self._forget(before=item.seen_at - WINDOW)
        candidates = self.candidates(item)
        fitting = [one.story_id for one in candidates if one.fit >= self._weights.join]
        if not fitting:
            opened = self._new_id()
            self.remember(item, opened)
            return Placed(story_id=opened, follows=self._followed(candidates))
        self.remember(item, fitting[0])
        for rival in fitting[1 : 1 + RIVALS]:
            if self._are_one(fitting[0], rival):
                kept, merged = sorted((fitting[0], rival))
                self._merge(merged, into=kept)
                return Placed(story_id=kept, merged=merged)
        return Placed(story_id=fitting[0])

    def candidates(self, item: Item) -> list[Candidate]:
        """Return every story of the window as a candidate for an item, the best first.

        The item itself is left out where it is a member already, so that the decision on an
        entry that was placed can be explained.
        """
        rows = np.array(
            [at for at, one in enumerate(self._window.items) if one.entry_id != item.entry_id],
            dtype=np.int64,
        )
        found = self._compared(item, rows) if len(rows) else []
        return sorted(found, key=lambda one: (-one.fit, one.story_id))

    @property
    def joins_from(self) -> float:
        """The log-odds from which an item joins a story."""
        return self._weights.join

    def remember(self, item: Item, story_id: int) -> None:
        """Take an item up as a member of a story, instead of what it was before it changed."""
        if item.entry_id in self._story_of:
            self._drop(item.entry_id)
        self._window.add(item)
        self._story_of[item.entry_id] = story_id

    def _followed(self, candidates: Sequence[Candidate]) -> int | None:
        if candidates and candidates[0].fit >= self._weights.follow:
            return candidates[0].story_id
        return None

    def _compared(self, item: Item, rows: NDArray[np.int64]) -> list[Candidate]:
        """Return the stories of these rows of the window, at least one, as candidates."""
        compared = self._window.compare(item)
        odds = self._weights.pair.log_odds(compared.signals)
        held = np.array([self._story_of[self._window.items[row].entry_id] for row in rows])
        stories, signals = story_signals(compared, odds, rows, held)
        fits = self._weights.story.log_odds(signals)
        return [
            Candidate(story_id=story, odds=odd, fit=fit)
            for story, odd, fit in zip(
                stories.tolist(), signals[:, 0].tolist(), fits.tolist(), strict=True
            )
        ]

    def _are_one(self, one: int, other: int) -> bool:
        """Whether the members of the smaller story would, on average, join the larger."""
        by_story = self._members()
        smaller, larger = sorted((by_story[one], by_story[other]), key=len)
        fits = [
            self._compared(self._window.items[row], np.array(larger))[0].fit
            for row in smaller[-MEMBERS_ASKED:]
        ]
        return sum(fits) >= self._weights.join * len(fits)

    def _members(self) -> Mapping[int, list[int]]:
        """Return the rows of each story's members, in order of arrival."""
        members: dict[int, list[int]] = {}
        for row, item in enumerate(self._window.items):
            members.setdefault(self._story_of[item.entry_id], []).append(row)
        return members

    def _merge(self, merged: int, *, into: int) -> None:
        for entry_id, story in self._story_of.items():
            if story == merged:
                self._story_of[entry_id] = into

    def _drop(self, entry_id: int) -> None:
        items = self._window.items
        self._window.drop(next(at for at, one in enumerate(items) if one.entry_id == entry_id))

    def _forget(self, before: datetime) -> None:
        while self._window.items and self._window.items[0].seen_at < before:
            self._story_of.pop(self._window.items[0].entry_id, None)
            self._window.drop(0)


def story_signals(
    compared: Comparison,
    odds: NDArray[np.float64],
    rows: NDArray[np.int64],
    stories: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the stories of some rows, and a row for each of what ``pairs.STORY_SIGNALS`` names.

    ``rows`` are rows of ``compared`` and ``odds``, ``stories`` what each of them belongs to.
    """
    order = np.argsort(stories, kind="stable")
    rows = rows[order]
    told, starts, sizes = np.unique(stories[order], return_index=True, return_counts=True)
    first, last = (
        extreme.reduceat(compared.hours[rows], starts) for extreme in (np.minimum, np.maximum)
    )
    # From the story's nearest end; nothing where the item lies within.
    gap = np.maximum(np.maximum(first, -last), 0.0)
    centroids = np.linalg.norm(np.add.reduceat(compared.vectors[rows], starts), axis=1)
    signals = (
        np.add.reduceat(odds[rows], starts) / sizes,
        np.log(np.minimum(sizes, MEMBERS_COUNTED)),
        np.log1p(gap),
        np.add.reduceat(compared.cosines[rows], starts) / np.maximum(centroids, 1e-6),
    )
    return told, np.stack(signals, axis=1)
