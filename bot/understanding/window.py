"""The entries of the last days as arrays: a new one is compared with all of them at once."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.understanding.pairs import Item
from bot.understanding.vectors import prior_centre, unit

SECONDS_PER_HOUR, HOURS_PER_DAY = 3600.0, 24.0
# Entries supposed before any is known: keeps the rarities of terms even at the start.
PRIOR_ENTRIES = 20.0
# How many entries the fitted mean of a language's vectors weighs against those of the window.
PRIOR_VECTORS = 30.0
# Terms that nothing in the window has any more are cleared away once they are this many.
DEAD_TERMS = 20_000

Floats = NDArray[np.float64]


class TermIndex:
    """Weighted cosines of one entry's terms with those of every entry of a window.

    A term weighs its frequency times its rarity (inverse document frequency in the window)
    to the ``power``; ``smoothing`` is added to each squared length, so that one shared term
    of two short lists is no certainty.
    """

    def __init__(self, *, power: float, smoothing: float) -> None:
        """Begin with no entries."""
        self._power, self._smoothing = power, smoothing
        self._ids: dict[str, int] = {}
        self._rows: list[tuple[NDArray[np.int64], Floats]] = []
        self._held: Counter[int] = Counter()
        self._flat: tuple[NDArray[np.int64], NDArray[np.int64], Floats] | None = None

    def add(self, terms: Mapping[str, float]) -> None:
        """Take up the terms of one more entry."""
        ids = [self._ids.setdefault(term, len(self._ids)) for term in terms]
        self._rows.append((np.array(ids, dtype=np.int64), np.array(list(terms.values()), float)))
        self._held.update(ids)
        self._flat = None

    def drop(self, row: int) -> None:
        """Forget the entry of a row; those after it move up."""
        ids, _ = self._rows.pop(row)
        for id_ in ids.tolist():
            self._held[id_] -= 1
        self._flat = None
        if len(self._ids) > DEAD_TERMS + 2 * sum(count > 0 for count in self._held.values()):
            self._clear_dead()

    def cosines(self, terms: Mapping[str, float]) -> Floats:
        """Return the cosine of ``terms`` with each row, shape ``(rows,)``, each 0..1."""
        rows, ids, counts = self._flattened()
        rarity = self._rarities()
        weights = counts * rarity[ids]
        lengths = np.bincount(rows, weights * weights, minlength=len(self._rows))
        asked = np.zeros(len(self._ids))
        square = self._smoothing
        for term, count in terms.items():
            id_ = self._ids.get(term)
            weight = count * (self._rarest() if id_ is None else float(rarity[id_]))
            square += weight * weight
            if id_ is not None:
                asked[id_] = weight
        shared = np.bincount(rows, weights * asked[ids], minlength=len(self._rows))
        return np.asarray(shared / np.sqrt(np.maximum((lengths + self._smoothing) * square, 1e-9)))

    def _rarities(self) -> Floats:
        held = np.zeros(len(self._ids))
        if self._held:
            held[list(self._held.keys())] = list(self._held.values())
        rarity = np.log((len(self._rows) + PRIOR_ENTRIES) / (held + 0.5))
        return np.asarray(rarity**self._power)

    def _rarest(self) -> float:
        return float(math.log((len(self._rows) + PRIOR_ENTRIES) / 0.5) ** self._power)

    def _flattened(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        if self._flat is None:
            sizes = [len(ids) for ids, _ in self._rows]
            rows = np.repeat(np.arange(len(sizes)), sizes)
            ids = np.concatenate([np.zeros(0, np.int64), *(ids for ids, _ in self._rows)])
            counts = np.concatenate([np.zeros(0), *(counts for _, counts in self._rows)])
            self._flat = (rows, ids, counts)
        return self._flat

    def _clear_dead(self) -> None:
        names = {id_: term for term, id_ in self._ids.items()}
        kept = [
            {names[id_]: count for id_, count in zip(ids.tolist(), counts.tolist(), strict=True)}
            for ids, counts in self._rows
        ]
        self._ids, self._rows, self._held = {}, [], Counter()
        for terms in kept:
            self.add(terms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """An entry beside those of a window.

    ``signals`` has a row for each entry and a column for each of ``pairs.SIGNALS``;
    ``vectors`` are the unit vectors of the entries without the fitted means of their
    languages, shape ``(entries, dim)``, ``cosines`` theirs with the entry's, and ``hours``
    how long after it they came (negative: before).
    """

    signals: Floats
    vectors: NDArray[np.float32]
    cosines: Floats
    hours: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stack:
    """The items of a window as arrays: times in hours, languages and what they mean.

    ``vectors`` are centred by the means of the window, ``fixed`` by the fitted ones.
    """

    vectors: NDArray[np.float32]
    fixed: NDArray[np.float32]
    hours: Floats
    of: NDArray[np.int64]
    number: Mapping[str, int]


class Window:
    """Items in order of arrival, with the state that comparing with them needs.

    Rarities and mean vectors are those of the items held, so that whoever restores the
    items restores every decision.
    """

    def __init__(self, encoder: str) -> None:
        """Begin with no items; ``encoder`` names the vectors that they will have."""
        self.items: list[Item] = []
        self._encoder = encoder
        self._names = TermIndex(power=0.5, smoothing=1.0)
        self._numbers = TermIndex(power=0.5, smoothing=1.0)
        self._words = TermIndex(power=1.0, smoothing=0.0)
        self._stacked: _Stack | None = None

    def add(self, item: Item) -> None:
        """Take up one more item."""
        self.items.append(item)
        for index, terms in self._indexed(item):
            index.add(terms)
        self._stacked = None

    def drop(self, row: int) -> None:
        """Forget the item of a row; those after it move up."""
        item = self.items.pop(row)
        for index, _ in self._indexed(item):
            index.drop(row)
        self._stacked = None

    def _indexed(self, item: Item) -> Sequence[tuple[TermIndex, Mapping[str, float]]]:
        return (
            (self._names, dict.fromkeys(item.names, 1.0)),
            (self._numbers, dict.fromkeys(item.numbers, 1.0)),
            (self._words, item.terms),
        )

    def compare(self, item: Item) -> Comparison:
        """Return an item beside all that are held."""
        names, numbers, words = (index.cosines(terms) for index, terms in self._indexed(item))
        stack = self._stack(len(item.vector))
        hours = stack.hours - item.at.timestamp() / SECONDS_PER_HOUR
        same = (stack.of == stack.number.get(item.language, -1)).astype(float)
        own = unit((item.vector - self._centre(item.language))[None, :])[0]
        cosines = (stack.vectors @ own).astype(np.float64)
        fixed = unit((item.vector - self._fixed_centre(item.language))[None, :])[0]
        columns = (
            cosines,
            same,
            names,
            numbers,
            words * same,
            words * (1 - same),
            np.sqrt(np.abs(hours) / HOURS_PER_DAY),
            cosines * names,
        )
        signals = np.stack(columns, axis=1)
        return Comparison(
            signals=signals,
            vectors=stack.fixed,
            cosines=(stack.fixed @ fixed).astype(np.float64),
            hours=hours,
        )

    def _stack(self, dim: int) -> _Stack:
        """Return the items as arrays, their vectors without the means of their languages.

        Within one subject all vectors look alike, and each language has its own offset. Two
        entries are told apart best without the mean of the window, or the fitted one where
        it holds few. A whole story is told better without the fitted one alone: on a day that
        one event fills, the window's mean is that event, and would be missing from its vectors.
        """
        if self._stacked is None:
            languages = list(dict.fromkeys(one.language for one in self.items))
            number = {language: at for at, language in enumerate(languages)}
            of = np.array([number[one.language] for one in self.items], dtype=np.int64)
            rows = np.array([one.vector for one in self.items], np.float32).reshape(-1, dim)
            centres, fixed = (
                np.array([centre(one) for one in languages], np.float32).reshape(-1, dim)
                for centre in (self._centre, self._fixed_centre)
            )
            hours = [one.at.timestamp() / SECONDS_PER_HOUR for one in self.items]
            self._stacked = _Stack(
                vectors=unit(rows - centres[of]),
                fixed=unit(rows - fixed[of]),
                hours=np.array(hours, dtype=float),
                of=of,
                number=number,
            )
        return self._stacked

    def _centre(self, language: str) -> NDArray[np.float32]:
        spoken = [one.vector for one in self.items if one.language == language]
        prior = prior_centre(self._encoder, language)
        total = np.sum(spoken, axis=0, dtype=np.float32)
        if prior is None:
            return np.asarray(total / max(1, len(spoken)), dtype=np.float32)
        total = total + prior * PRIOR_VECTORS
        return np.asarray(total / (PRIOR_VECTORS + len(spoken)), dtype=np.float32)

    def _fixed_centre(self, language: str) -> NDArray[np.float32]:
        """Return the fitted mean; that of the window for vectors without one."""
        prior = prior_centre(self._encoder, language)
        return self._centre(language) if prior is None else prior
