"""Scores of clusterings that were made once for each fold of events, with intervals."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Row
from benchmarks.resampling import Floats, interval

# Floors, musts and aims of issue "Understanding".
PAIR = {"jk_gold_dev": (0.56, 0.78, 0.88), "trilingual_dev_dense": (None, 0.80, 0.92)}
B_CUBED = {"jk_gold_dev": (0.86, 0.93, 0.96)}
CROSS = {"trilingual_dev_dense": (0.18, 0.75, 0.90)}
APART = (None, 0.85, 0.95)

Bounds = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A set's items and, for each fold, the story of each as weights without it decided."""

    name: str
    events: tuple[str, ...]
    languages: tuple[str, ...]
    folds: tuple[int, ...]
    said: tuple[tuple[Hashable, ...], ...]

    @cached_property
    def counts(self) -> "Counts":
        """Pairs of items, counted by their events."""
        return counts_of(self)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Weighed pairs between events, shape ``(events, events)``; the upper half is filled.

    A pair of two folds counts half in each: both times the weights had not seen one of its
    events. ``precision`` and ``recall`` are each item's own (B³), ``of`` its event's number.
    """

    together: Floats
    pairs: Floats
    cross_together: Floats
    cross_pairs: Floats
    precision: Floats
    recall: Floats
    of: NDArray[np.int64]
    names: tuple[str, ...]


def counts_of(outcome: Outcome) -> Counts:
    """Count an outcome's pairs."""
    names = tuple(dict.fromkeys(outcome.events))
    of = np.array([names.index(event) for event in outcome.events])
    folds, size = np.array(outcome.folds), len(of)
    language = np.array(outcome.languages)
    cross = language[:, None] != language[None, :]
    true = of[:, None] == of[None, :]
    weighed, precision, recall = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for fold, said in enumerate(outcome.said):
        label = np.unique([str(story) for story in said], return_inverse=True)[1]
        same, held = label[:, None] == label[None, :], folds == fold
        weighed += same * (held[:, None].astype(float) + held[None, :]) / 2
        both = (same & true).sum(axis=1)
        precision[held] = (both / same.sum(axis=1))[held]
        recall[held] = (both / true.sum(axis=1))[held]
    upper = np.triu(np.ones((size, size)), 1)

    def by_event(pairs: Floats) -> Floats:
        found = np.zeros((len(names), len(names)))
        np.add.at(found, (of[:, None], of[None, :]), pairs * upper)
        return np.asarray(np.triu(found) + np.tril(found, -1).T)

    return Counts(
        together=by_event(weighed),
        pairs=by_event(np.ones((size, size))),
        cross_together=by_event(weighed * cross),
        cross_pairs=by_event(cross.astype(float)),
        precision=precision,
        recall=recall,
        of=of,
        names=names,
    )


def pair_f(together: Floats, pairs: Floats, times: Floats) -> float:
    """Return pair F where each event is taken so many times."""
    right = float(times @ np.diag(together))
    true = float(times @ np.diag(pairs))
    wrong = float(times @ np.triu(together, 1) @ times)
    return 2 * right / max(right + wrong + true, 1e-9)


def b_cubed_f(counts: Counts, times: Floats) -> float:
    """Return B³ F where each event is taken so many times."""
    weights = times[counts.of]
    precision = float(weights @ counts.precision) / max(float(weights.sum()), 1e-9)
    recall = float(weights @ counts.recall) / max(float(weights.sum()), 1e-9)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def macro_f(counts: Counts, times: Floats) -> float:
    """Return the mean over events of two or more items of each event's pair F."""
    right, true = np.diag(counts.together), np.diag(counts.pairs)
    wrong = np.triu(counts.together, 1)
    told = right + (wrong + wrong.T).sum(axis=1)
    scores, weights = 2 * right / np.maximum(told + true, 1e-9), times * (true > 0)
    return float(weights @ scores) / max(float(weights.sum()), 1e-9)


def apart(counts: Counts, chains: Sequence[Sequence[str]], times: Floats) -> float:
    """Return the share of item pairs of one chain's different events that lie apart."""
    chain = {event: at for at, events in enumerate(chains) for event in events}
    of = np.array([chain.get(name, -at - 1) for at, name in enumerate(counts.names)])
    linked = np.triu(of[:, None] == of[None, :], 1) * (times[:, None] * times[None, :])
    total = float((linked * counts.pairs).sum())
    return 1 - float((linked * counts.together).sum()) / max(total, 1e-9)


def rows_of(outcome: Outcome, *, chains: Sequence[Sequence[str]], encoder: str) -> Iterator[Row]:
    """Yield an outcome's scores."""
    counts, name = outcome.counts, outcome.name
    none: Bounds = (None, None, None)
    yield _row(
        f"B³ F, {name}", lambda t: b_cubed_f(counts, t), counts, B_CUBED.get(name, none), encoder
    )
    yield _row(
        f"pair F, {name}",
        lambda t: pair_f(counts.together, counts.pairs, t),
        counts,
        PAIR.get(name, none),
        encoder,
    )
    yield _row(f"pair F, macro, {name}", lambda t: macro_f(counts, t), counts, none, encoder)
    if name in CROSS:
        yield _row(
            f"pair F across languages, {name}",
            lambda t: pair_f(counts.cross_together, counts.cross_pairs, t),
            counts,
            CROSS[name],
            encoder,
        )
        yield _row(
            "chained events kept apart", lambda t: apart(counts, chains, t), counts, APART, encoder
        )


def _row(
    measure: str, score: Callable[[Floats], float], counts: Counts, bounds: Bounds, encoder: str
) -> Row:
    low, high = interval(score, len(counts.names))
    floor, must, aim = bounds
    aimed = f"; aim {aim:.2f}" if aim is not None else ""
    return Row(
        measure=f"out of fold, {measure}",
        value=score(np.ones(len(counts.names))),
        floor=floor,
        must=must,
        note=f"{encoder}; 95 %: {low:.2f} to {high:.2f}{aimed}",
    )
