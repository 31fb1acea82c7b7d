"""Whether two entries report one event: signals and their weights, learned from pairs."""

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bot.domain.model import Entry
from bot.domain.topic import Name
from bot.understanding.text import lead, numbers, shingles

SECONDS_PER_HOUR = 3600.0
# Runs of letters that two texts of one language share; short ones serve CJK words.
WORD_SHINGLE = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What is known of an entry when stories are compared. ``vector`` is centred, length 1."""

    entry_id: int
    at: datetime
    seen_at: datetime
    language: str
    names: frozenset[str]
    numbers: frozenset[str]
    shingles: frozenset[int]
    vector: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class PairWeights:
    """Log-odds of each signal that two entries report one event (see ``benchmarks.fit``).

    ``join`` is the mean log-odds from which an entry joins a story.
    """

    bias: float
    cosine: float
    same_language: float
    names: float
    numbers: float
    words: float
    hours: float
    join: float


def telling(ids: Iterable[str], names: Mapping[str, Name]) -> frozenset[str]:
    """Return the names that tell events apart: not countries, which all have in common."""
    return frozenset(name for name in ids if names[name].kind != "country")


def item_of(
    entry: Entry, *, language: str, names: frozenset[str], vector: NDArray[np.float32]
) -> Item:
    """Return an entry as stories compare it; ``vector`` is centred, shape ``(dim,)``."""
    text = lead(entry.title, entry.text)
    return Item(
        entry_id=entry.id,
        at=min(entry.published_at, entry.seen_at),
        seen_at=entry.seen_at,
        language=language,
        names=names,
        numbers=numbers(text),
        shingles=shingles(text, WORD_SHINGLE),
        vector=vector,
    )


@cache
def pair_weights(encoder: str) -> PairWeights:
    """Return the weights fitted for the vectors of an encoder."""
    text = files("bot.understanding").joinpath("data", "pairs.toml").read_text("utf-8")
    return PairWeights(**tomllib.loads(text)[encoder])


def shared_names(
    one: frozenset[str], other: frozenset[str], rarity: Callable[[str], float]
) -> float:
    """Return 0..1: the rare names in common over all names of both (a weighted cosine)."""
    if not one or not other or one.isdisjoint(other):
        return 0.0
    of_one, of_other = sum(map(rarity, one)) + 1.0, sum(map(rarity, other)) + 1.0
    return sum(map(rarity, one & other)) / math.sqrt(of_one * of_other)


def shared_numbers(one: frozenset[str], other: frozenset[str]) -> float:
    """Return 0..1: the numbers in common over all numbers of both."""
    return len(one & other) / math.sqrt((len(one) + 1) * (len(other) + 1))


def shared_words(one: frozenset[int], other: frozenset[int]) -> float:
    """Return 0..1: the part of the shorter text's shingles that the longer one has."""
    return len(one & other) / max(1, min(len(one), len(other)))


def signals(
    one: Item, other: Item, cosine: float, rarity: Callable[[str], float]
) -> tuple[float, ...]:
    """Return the signals of a pair, in the order of the fields of ``PairWeights``."""
    same = one.language == other.language
    hours = abs((one.at - other.at).total_seconds()) / SECONDS_PER_HOUR
    return (
        cosine,
        float(same),
        shared_names(one.names, other.names, rarity),
        shared_numbers(one.numbers, other.numbers),
        shared_words(one.shingles, other.shingles) if same else 0.0,
        math.log1p(hours),
    )


def log_odds(weights: PairWeights, values: tuple[float, ...]) -> float:
    """Return the log-odds that a pair with these signals reports one event."""
    by = (
        weights.cosine,
        weights.same_language,
        weights.names,
        weights.numbers,
        weights.words,
        weights.hours,
    )
    return weights.bias + sum(weight * value for weight, value in zip(by, values, strict=True))
