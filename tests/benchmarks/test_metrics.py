"""Measures, against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.metrics import (
    average_precision,
    b_cubed,
    brier,
    calibration_error,
    decisions,
    kept_apart,
    pairs,
)

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=12)


def test_decisions() -> None:
    """Two of three said are right, two of four true are found."""
    score = decisions([True, True, True, False, False], [True, True, False, True, True])
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == 0.5
    assert score.f == pytest.approx(4 / 7)


def test_nothing_said_is_nought() -> None:
    """No division by nothing."""
    assert decisions([False], [True]).f == 0


def test_average_precision() -> None:
    """True items at ranks 1 and 3: (1/1 + 2/3) / 2."""
    assert average_precision([0.9, 0.8, 0.7], [True, False, True]) == pytest.approx(5 / 6)


def test_brier() -> None:
    """(0.1² + 0.4²) / 2: the second is said .6 and is true."""
    assert brier([0.1, 0.6], [False, True]) == pytest.approx(0.085)


def test_calibration_error() -> None:
    """Said .2 and .3 where one of two is true, and 1.0 where it is: (2 · .25 + 1 · 0) / 3."""
    error = calibration_error([0.2, 0.3, 1.0], [True, False, True], bins=2)
    assert error == pytest.approx(0.5 / 3)


def test_bins_are_not_mixed() -> None:
    """Too sure in one bin and too doubtful in another do not make up for each other."""
    assert calibration_error([0.25, 0.75], [True, False], bins=2) == pytest.approx(0.75)
    assert calibration_error([0.25, 0.75], [True, False], bins=1) == pytest.approx(0)


def test_b_cubed() -> None:
    """Bagga and Baldwin's measure for {a a b} said as one cluster."""
    score = b_cubed([1, 1, 1], ["a", "a", "b"])
    assert score.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)
    assert score.recall == 1


def test_pairs() -> None:
    """Said {1 2} {3 4}, true {1 2 3} {4}: one of two pairs right, one of three found."""
    score = pairs([1, 1, 2, 2], ["a", "a", "a", "b"])
    assert score.precision == 0.5
    assert score.recall == pytest.approx(1 / 3)


def test_pairs_of_unlike_kind_alone() -> None:
    """Same-language pairs do not count in the cross-lingual score."""
    score = pairs([1, 1, 1], ["a", "a", "a"], ["en", "en", "ja"])
    assert (score.precision, score.recall) == (1, 1)
    assert pairs([1, 1, 2], ["a", "a", "a"], ["en", "en", "ja"]).recall == 0


def test_chained_events_kept_apart() -> None:
    """Of the two pairs across the chain's events, one is apart; other events do not count."""
    said = [1, 1, 2, 1]
    assert kept_apart(said, ["a", "b", "b", "x"], [["a", "b"]]) == 0.5


@given(LABELS)
def test_the_truth_scores_one(labels: list[int]) -> None:
    """A clustering compared with itself is perfect, or has nothing to say."""
    assert b_cubed(labels, labels).f == pytest.approx(1)
    assert pairs(labels, labels).f in {0, 1}


@given(LABELS)
def test_singletons_are_precise(labels: list[int]) -> None:
    """Putting nothing together is never wrong: the reason pair recall is shown beside."""
    score = b_cubed(range(len(labels)), labels)
    assert score.precision == pytest.approx(1)
