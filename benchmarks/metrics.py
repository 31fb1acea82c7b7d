"""Measures of decisions and of clusterings. Labels may be anything hashable."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, kw_only=True)
class Score:
    """Precision, recall and their harmonic mean, each 0..1."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        """F1: 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def of_counts(right: int, said: int, true: int) -> Score:
    """Return the score of ``right`` among ``said`` positives where ``true`` exist."""
    return Score(precision=_share(right, said), recall=_share(right, true))


def decisions(said: Sequence[bool], true: Sequence[bool]) -> Score:
    """Return the score of yes-or-no decisions."""
    right = sum(one and other for one, other in zip(said, true, strict=True))
    return of_counts(right, sum(said), sum(true))


def average_precision(scores: Sequence[float], true: Sequence[bool]) -> float:
    """Return the mean precision at each true item, ranked by falling score; ties in order."""
    ranked = sorted(range(len(scores)), key=lambda at: -scores[at])
    hits, total = 0, 0.0
    for rank, at in enumerate(ranked, start=1):
        if true[at]:
            hits += 1
            total += hits / rank
    return _share(total, hits)


def brier(chances: Sequence[float], true: Sequence[bool]) -> float:
    """Return the mean squared distance of probabilities from the truth (Brier 1950): 0 is best."""
    both = zip(chances, true, strict=True)
    return _share(sum((chance - one) ** 2 for chance, one in both), len(true))


def calibration_error(chances: Sequence[float], true: Sequence[bool], *, bins: int) -> float:
    """Return the expected calibration error over bins of equal width (Naeini et al. 2015).

    Each bin's distance between its mean probability and its share of true items, weighed by
    how many items lie in it.
    """
    gaps = [0.0] * bins
    for chance, one in zip(chances, true, strict=True):
        gaps[min(int(chance * bins), bins - 1)] += chance - one
    return _share(sum(map(abs, gaps)), len(true))


def b_cubed(said: Sequence[Hashable], true: Sequence[Hashable]) -> Score:
    """Return B³ (Bagga & Baldwin 1998): each item's own precision and recall, averaged."""
    both = Counter(zip(said, true, strict=True))
    in_said, in_true = Counter(said), Counter(true)
    precision = sum(count * count / in_said[one] for (one, _), count in both.items())
    recall = sum(count * count / in_true[other] for (_, other), count in both.items())
    return Score(precision=_share(precision, len(said)), recall=_share(recall, len(true)))


def pairs(
    said: Sequence[Hashable],
    true: Sequence[Hashable],
    kinds: Sequence[Hashable] | None = None,
) -> Score:
    """Return the score over pairs put together; with ``kinds``, over pairs of unlike kind.

    With languages as kinds this is the cross-lingual pair score.
    """
    right, together, belong = 0, 0, 0
    for one, other in combinations(range(len(said)), 2):
        if kinds is not None and kinds[one] == kinds[other]:
            continue
        is_said, is_true = said[one] == said[other], true[one] == true[other]
        right += is_said and is_true
        together += is_said
        belong += is_true
    return of_counts(right, together, belong)


def kept_apart(
    said: Sequence[Hashable], true: Sequence[Hashable], chains: Sequence[Sequence[Hashable]]
) -> float:
    """Return the share of item pairs of one chain's different events that lie apart."""
    chain_of = {event: at for at, chain in enumerate(chains) for event in chain}
    apart, total = 0, 0
    for one, other in combinations(range(len(said)), 2):
        first, second = true[one], true[other]
        if first != second and chain_of.get(first, -1) == chain_of.get(second, -2):
            total += 1
            apart += said[one] != said[other]
    return _share(apart, total)
