"""Scores relevance and issues by what was fitted without the items that are scored.

The folds and the fits are those of ``benchmarks.fit_relevance``; the threshold is the topic's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks import metrics
from benchmarks.data import topic
from benchmarks.fit_relevance import (
    CORE,
    ENCODER,
    ISSUE_RIDGE,
    PERIPHERAL,
    Given,
    given_for,
    is_written,
    issue_design,
    out_of_fold,
    peripheral_threshold,
)
from benchmarks.learning import Matrix, chances, softmax_choice
from benchmarks.report import Row
from benchmarks.resampling import grouped, item_interval, told

# Floors, musts and aims of issue "Understanding".
POOLED = {"F": (0.60, 0.85, 0.92), "AP": (0.72, 0.92, 0.97)}
BY_LANGUAGE = (None, 0.90, 0.97)
ISSUES = (None, 0.85, 0.93)
# How the ids of ``jk_gold_dev`` begin.
GOLD = "jk"
LANGUAGES = ("en", "ja", "ko")
BINS = 5
# As in Guo et al. 2017 and before, but ten bins: few items lie between the ends.
CALIBRATION_BINS = 10

Bounds = tuple[float | None, float | None, float | None]
Part = Sequence[int]
NONE: Bounds = (None, None, None)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Labelled items with their probabilities out of fold.

    ``threshold`` is the topic's, from which an item is called core; ``kind`` says by which
    signals the probabilities were found.
    """

    given: Given
    chance: Matrix
    threshold: float
    kind: str

    @cached_property
    def true(self) -> NDArray[np.bool_]:
        """Whether an item is core."""
        return self.given.core > 0

    def stream(self) -> list[int]:
        """Positions of ``jk_gold_dev``."""
        return [at for at, row in enumerate(self.given.rows) if row["id"].startswith(GOLD)]

    def of(self, language: str) -> list[int]:
        """Positions of ``trilingual_dev`` in one language."""
        rows = enumerate(self.given.rows)
        return [at for at, row in rows if is_written(row) and row["lang"] == language]

    def groups(self, part: Part) -> list[list[int]]:
        """Positions by day in a stream, by event where items were written as events."""
        rows = self.given.rows
        return grouped(
            (rows[at]["event"] if is_written(rows[at]) else rows[at]["published"][:10], at)
            for at in part
        )

    def decisions(self, part: Part) -> metrics.Score:
        """Return the score of what is called core."""
        at = list(part)
        said = self.chance[at] >= self.threshold
        return metrics.decisions(said.tolist(), self.true[at].tolist())

    def pairs(self, part: Part) -> tuple[list[float], list[bool]]:
        """Return probabilities and truths."""
        at = list(part)
        return self.chance[at].tolist(), self.true[at].tolist()


@cache
def scored(encoder: str | None) -> Scored:
    """Score the labelled items out of fold, with the vectors of an encoder or without."""
    given = given_for(encoder)
    kind = encoder or "names and words alone"
    chance = chances(out_of_fold(given))
    return Scored(given=given, chance=chance, threshold=topic().threshold, kind=kind)


def core_by_url() -> dict[str, bool]:
    """Return which items of the stream are called core by what was fitted without their days."""
    found = scored(ENCODER)
    said = found.chance >= found.threshold
    rows = enumerate(found.given.rows)
    return {str(row["url"]): bool(said[at]) for at, row in rows if not is_written(row)}


def out_of_fold_rows() -> Iterator[Row]:
    """Yield relevance, its calibration and the issues out of fold, with 95 % intervals."""
    found = scored(ENCODER)
    yield from _scores(found)
    yield from _calibration(found)
    yield from issue_rows()


def relevance_rows() -> Iterator[Row]:
    """Score relevance out of fold with and without vectors, and how far to trust its numbers."""
    for encoder in (None, ENCODER):
        found = scored(encoder)
        yield from _scores(found)
        yield from _calibration(found)
    yield from _reliability(found)
    yield _peripheral(found)


def _scores(found: Scored) -> Iterator[Row]:
    stream = found.stream()
    yield _f_row("jk_gold_dev", found, stream, POOLED["F"])
    yield _row(
        "relevance AP, jk_gold_dev",
        found,
        stream,
        lambda part: metrics.average_precision(*found.pairs(part)),
        POOLED["AP"],
    )
    for language in LANGUAGES:
        name = f"trilingual_dev, {language}"
        yield _f_row(name, found, found.of(language), BY_LANGUAGE)


def _f_row(name: str, found: Scored, part: Part, bounds: Bounds) -> Row:
    one = found.decisions(part)
    note = f"P {one.precision:.3f} R {one.recall:.3f}"
    return _row(f"relevance F, {name}", found, part, lambda at: found.decisions(at).f, bounds, note)


def _row(
    measure: str,
    found: Scored,
    part: Part,
    score: Callable[[Part], float],
    bounds: Bounds = NONE,
    more: str = "",
) -> Row:
    floor, must, aim = bounds
    aimed = f"aim {aim:.2f}" if aim is not None else ""
    notes = (found.kind, told(*item_interval(score, found.groups(part))), more, aimed)
    return Row(
        measure=f"out of fold, {measure}",
        value=score(part),
        floor=floor,
        must=must,
        note="; ".join(note for note in notes if note),
    )


def _calibration(found: Scored) -> Iterator[Row]:
    """Yield how well the probabilities agree with the truth, over both sets; lower is better."""
    every = range(len(found.given.rows))
    yield _row("Brier score", found, every, lambda at: metrics.brier(*found.pairs(at)))
    yield _row(
        "expected calibration error",
        found,
        every,
        lambda at: metrics.calibration_error(*found.pairs(at), bins=CALIBRATION_BINS),
        more=f"{CALIBRATION_BINS} bins",
    )


def _reliability(found: Scored) -> Iterator[Row]:
    chance = found.chance
    for bin_ in range(BINS):
        low, high = bin_ / BINS, (bin_ + 1) / BINS
        inside = (chance > 0) & (chance >= low) & ((chance < high) | (high == 1))
        note = f"said {chance[inside].mean():.3f} on average, {int(inside.sum())} items"
        measure = f"reliability {low:.1f}–{high:.1f}: core"
        yield Row(measure=measure, value=float(found.true[inside].mean()), note=note)


def _peripheral(found: Scored) -> Row:
    least = peripheral_threshold(found.given, found.chance)
    touches = [row["relevance"] >= PERIPHERAL for row in found.given.rows]
    one = metrics.decisions([chance >= least for chance in found.chance], touches)
    note = f"from {least:.2f} on: P {one.precision:.3f} R {one.recall:.3f}"
    return Row(measure="peripheral or core: F", value=one.f, note=note)


def issue_rows() -> Iterator[Row]:
    """Score the issues of core items, leaving out one event at a time."""
    design, labels, _, rows = issue_design()
    said = np.zeros(len(rows), dtype=np.intp)
    for event in {row["event"] for row in rows}:
        held = np.array([row["event"] == event for row in rows])
        weights = softmax_choice(design[~held], labels[~held], ISSUE_RIDGE)
        said[held] = (design[held] @ weights).argmax(axis=1)
    right = said == labels
    core = np.flatnonzero([row["relevance"] == CORE for row in rows]).tolist()

    def accuracy(at: Part) -> float:
        return float(right[list(at)].mean())

    low, high = item_interval(accuracy, grouped((rows[at]["event"], at) for at in core))
    floor, must, aim = ISSUES
    yield Row(
        measure="out of fold, issue accuracy, trilingual_dev core",
        value=accuracy(core),
        floor=floor,
        must=must,
        note=f"leaving out each event; {told(low, high)}; aim {aim:.2f}",
    )
