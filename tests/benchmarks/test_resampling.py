"""Intervals draw whole groups, and the same ones each time."""

from collections.abc import Sequence

import pytest

from benchmarks.resampling import Floats, grouped, interval, item_interval


def test_groups_are_drawn_whole() -> None:
    """Two groups of two: a draw holds 0, 2 or 4 of the first one's items, never an odd number."""
    drawn: set[int] = set()

    def score(items: Sequence[int]) -> float:
        drawn.add(sum(item in {0, 1} for item in items))
        return 0.0

    item_interval(score, [[0, 1], [2, 3]])
    assert drawn == {0, 2, 4}


def test_the_interval_of_a_mean() -> None:
    """100 groups, half of them 1: within .5 ± 1.96 · √(.25 / 100), as the normal law has it."""

    def mean(items: Sequence[int]) -> float:
        return sum(item % 2 for item in items) / len(items)

    low, high = item_interval(mean, [[at] for at in range(100)])
    assert (low, high) == pytest.approx((0.402, 0.598), abs=0.02)
    assert item_interval(mean, [[at] for at in range(100)]) == (low, high)


def test_one_group_has_no_spread() -> None:
    """What every draw agrees on."""

    def score(times: Floats) -> float:
        return float(times.sum())

    assert interval(score, 1) == (1, 1)


def test_positions_by_key() -> None:
    """Keys that come again join their first group."""
    assert grouped([("b", 0), ("a", 1), ("b", 2)]) == [[0, 2], [1]]
