"""A story's headline: the report's title that says most purely what the reports share."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.summarize.terms import TERMS_FROM, measure, terms_of

# Both chosen on NeuS, on its training and validation splits together (headline ROUGE-1).
LOADED_PENALTY = 0.1
LENGTH_PENALTY = 0.01
# The words of a usual headline; in Japanese and Korean the characters that say as much.
USUAL_WORDS = 10
# A headline that asks, cries, counts or opens with somebody's words is not neutral.
_LOADED = re.compile(
    r"[?？!！]|^(?:\d+|why|how|what|who|watch|opinion)\b|^[\"“‘'「『]", re.IGNORECASE
)


def choose_headline(titles: Sequence[str], sources: Sequence[str], *, language: str) -> str:
    """Return the title whose terms stand in most of ``sources`` (texts and titles) besides it.

    ``titles`` are in ``language`` and not empty; of equal ones the first is taken.
    """
    counts = Counter(term for text in sources for term in set(terms_of(text[:TERMS_FROM])))
    return max(titles, key=lambda title: _worth(title, counts, len(sources), language))


def _worth(title: str, counts: Mapping[str, int], sources: int, language: str) -> float:
    """Weigh a title: the mean share of other sources that have its terms, less what spoils it."""
    terms = set(terms_of(title))
    shared = sum(max(counts.get(term, 0) - 1, 0) for term in terms)
    agreement = shared / max(len(terms) * (sources - 1), 1)
    loaded = LOADED_PENALTY * bool(_LOADED.search(title))
    return agreement - loaded - LENGTH_PENALTY * abs(measure(title, language) - USUAL_WORDS)
