"""95 % intervals by the bootstrap: whole groups (an event's, a day's items) are drawn anew.

Items of one event or day resemble each other, so drawing items alone would make the intervals
too narrow (Efron & Tibshirani 1993, chapter 8).
"""

from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
SEED = 20251121

Floats = NDArray[np.float64]


def interval(score: Callable[[Floats], float], groups: int) -> tuple[float, float]:
    """Return the 95 % interval of a score over groups drawn with replacement (seeded).

    ``score`` is given how often each group was drawn, shape ``(groups,)``.
    """
    random = np.random.default_rng(SEED)
    draws = [
        score(np.bincount(random.integers(0, groups, groups), minlength=groups).astype(float))
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def item_interval(
    score: Callable[[Sequence[int]], float], groups: Sequence[Sequence[int]]
) -> tuple[float, float]:
    """Return the 95 % interval of a score of items, which are given by their positions."""

    def of_times(times: Floats) -> float:
        taken = zip(groups, times.astype(int).tolist(), strict=True)
        return score([at for group, often in taken for at in (*group,) * often])

    return interval(of_times, len(groups))


def grouped(keyed: Iterable[tuple[Hashable, int]]) -> list[list[int]]:
    """Return positions by their key, in the order in which the keys come first."""
    groups: dict[Hashable, list[int]] = {}
    for key, at in keyed:
        groups.setdefault(key, []).append(at)
    return list(groups.values())


def told(low: float, high: float) -> str:
    """Return an interval as the tables tell it."""
    return f"95 %: {low:.3f} to {high:.3f}"
