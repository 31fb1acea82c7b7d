"""Whether two entries report one event: signals and their weights, learned from pairs."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bot.domain.model import Entry
from bot.domain.topic import Name
from bot.understanding.text import bare_title, lead, numbers, terms

# What is compared of two entries, in the order of the fitted weights: the cosine of their
# centred vectors, whether they share a language, rare names, rare numbers, rare words within
# a language and across languages (each a weighted cosine), the root of the days between (a
# logarithm makes much of minutes, which outlets that stamp only the day do not know), and the
# product of the cosines of vectors and names: either may suffice, both add less than each.
SIGNALS = (
    "cosine",
    "same_language",
    "names",
    "numbers",
    "words",
    "foreign_words",
    "days",
    "sense_and_names",
)
# What is compared of an entry and a story: the mean pair log-odds with its members, the log
# of their number, log(1 + hours from the nearest end), the cosine with their mean vector.
STORY_SIGNALS = ("odds", "size", "hours", "cosine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What is known of an entry when stories are compared.

    ``terms`` are its words with their frequencies' weights; ``vector`` has length 1.
    """

    entry_id: int
    at: datetime
    seen_at: datetime
    language: str
    names: frozenset[str]
    numbers: frozenset[str]
    terms: Mapping[str, float]
    vector: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """A logistic regression: the weight of each signal, in their order, and the bias."""

    weights: tuple[float, ...]
    bias: float

    def log_odds(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of each row of signals, shape ``(rows,)``."""
        return np.asarray(signals @ np.array(self.weights) + self.bias)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryWeights:
    """What was fitted for the vectors of one encoder (see ``benchmarks.fit_stories``).

    ``join`` are the log-odds from which an entry joins a story and two stories become one,
    ``follow`` those from which a new story is told as following an earlier one.
    """

    pair: Linear
    story: Linear
    join: float
    follow: float


def telling(ids: Iterable[str], names: Mapping[str, Name]) -> frozenset[str]:
    """Return the names that tell events apart: not countries, which all have in common."""
    return frozenset(name for name in ids if names[name].kind != "country")


def shared_words(names: Iterable[Name], sides: Collection[str]) -> frozenset[str]:
    """Return the terms that tell no events of a topic apart: the names of its two countries."""
    forms = [form for name in names if _is_country(name, sides) for form in name.forms]
    return frozenset(term for form in forms for term in terms(form))


def _is_country(name: Name, sides: Collection[str]) -> bool:
    return name.kind == "country" and name.country in sides


def item_of(
    entry: Entry,
    *,
    language: str,
    names: frozenset[str],
    vector: NDArray[np.float32],
    shared: Collection[str] = (),
) -> Item:
    """Return an entry as stories compare it; ``vector`` has length 1, shape ``(dim,)``.

    ``shared`` are terms to leave out (see ``shared_words``).
    """
    said = terms(lead(bare_title(entry.title), entry.text))
    return Item(
        entry_id=entry.id,
        at=min(entry.published_at, entry.seen_at),
        seen_at=entry.seen_at,
        language=language,
        names=names,
        numbers=numbers(lead(entry.title, entry.text)),
        terms={term: weight for term, weight in said.items() if term not in shared},
        vector=vector,
    )


@cache
def story_weights(encoder: str) -> StoryWeights:
    """Return the weights fitted for the vectors of an encoder."""
    text = files("bot.understanding").joinpath("data", "stories.toml").read_text("utf-8")
    table = tomllib.loads(text)[encoder]
    return StoryWeights(
        pair=_linear(table["pair"], SIGNALS),
        story=_linear(table["story"], STORY_SIGNALS),
        join=table["join"],
        follow=table["follow"],
    )


def _linear(table: Mapping[str, float], signals: Iterable[str]) -> Linear:
    return Linear(weights=tuple(table[name] for name in signals), bias=table["bias"])
