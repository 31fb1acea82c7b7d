"""Which sentences together tell what the reports agree on: a search over small sets."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.model import Document
from bot.summarize.candidates import Candidate
from bot.summarize.terms import TERMS_FROM, terms_of, tfidf, unit

Floats = NDArray[np.float32]
Valued = tuple[tuple[int, ...], float]

# Weights of a set's qualities. Coverage is the measure (weight 1); the others were chosen on
# NeuS, on its training and validation splits together: around these values little changes.
PRECISION_WEIGHT = 0.5
# NeuS has three reports a story; with fewer in the reader's language, what only one says counts
# less against it, and with a single report not at all: it has nobody to agree with.
REPORTS_FITTED = 3
TITLE_WEIGHT = 0.2
CENTRALITY_WEIGHT = 0.01
# A sentence that leans on one left out ("He added that …") must be worth this much more.
LEANING_PENALTY = 0.05
# A "he" whom nobody names is hardly understood: told only where nothing near it in worth can be.
# On NeuS no more than this leaves out all that can be; above, whole outcomes go untold.
DANGLING_PENALTY = 0.1
QUESTION_PENALTY = 0.1
EARLINESS_WEIGHT = 0.02
# Telling the same twice in other words, and leaving room unused that the reader gave.
REPETITION_PENALTY = 0.1
FULLNESS_WEIGHT = 0.3
FULL = 0.6  # of the limit: from here on, another sentence must earn its place
SMALLEST_DEVIATION = 1e-6  # below it all sentences are equally central
# Sentences considered, best alone first, and sets kept at each size: at three sentences the
# search sees nearly every set of the pool.
POOL = 16
BEAM = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """What the search knows of n candidates and m terms.

    ``present`` is (n × m); ``shared`` (m) how many more sources than one carry a term;
    ``rows`` (n × k) TF-IDF; ``titles`` (k) their titles' direction; ``merit`` (n) what each
    sentence brings by itself; ``lengths`` (n) in the unit of the ``limit``; ``strictness`` how
    much it counts that nothing is told which one report alone says.
    """

    present: NDArray[np.bool_]
    shared: Floats
    rows: Floats
    titles: Floats
    merit: Floats
    lengths: Floats
    limit: float
    strictness: float


def choose(found: Sequence[Candidate], weighed: Weighed, *, most: int) -> tuple[int, ...]:
    """Return the indices of the best set of at most ``most`` sentences within the limit.

    Where no sentence is that short, the shortest is taken whole: none is ever cut.
    """
    fitting = [i for i in range(len(found)) if weighed.lengths[i] <= weighed.limit]
    if not fitting:
        return (int(np.argmin(weighed.lengths)),) if found else ()
    alone = {i: _value((i,), found, weighed) for i in fitting}
    pool = sorted(fitting, key=lambda i: -alone[i])[:POOL]
    beam: list[Valued] = [((i,), alone[i]) for i in pool]
    best = beam[0]
    for _ in range(most - 1):
        beam = _grown(beam, pool, found, weighed)
        best = max([best, *beam], key=lambda entry: entry[1])
    return best[0]


def _grown(
    beam: Sequence[Valued],
    pool: Sequence[int],
    found: Sequence[Candidate],
    weighed: Weighed,
) -> list[Valued]:
    """Add one sentence to each set in every way that keeps the limit; keep the best sets."""
    sets = {
        tuple(sorted((*chosen, i)))
        for chosen, _ in beam
        for i in pool
        if i not in chosen and float(weighed.lengths[[*chosen, i]].sum()) <= weighed.limit
    }
    valued = [(chosen, _value(chosen, found, weighed)) for chosen in sorted(sets)]
    return sorted(valued, key=lambda entry: -entry[1])[:BEAM]


def _value(chosen: tuple[int, ...], found: Sequence[Candidate], weighed: Weighed) -> float:
    """Weigh a set: what it covers of the shared, how little else it says, how it reads."""
    index = list(chosen)
    covered = weighed.present[index].any(axis=0)
    coverage = float(weighed.shared[covered].sum()) / max(float(weighed.shared.sum()), 1.0)
    precision = float((weighed.shared[covered] > 0).sum()) / max(int(covered.sum()), 1)
    titles = float(unit(weighed.rows[index].sum(axis=0)) @ weighed.titles)
    merit = float(weighed.merit[index].mean())
    leaning = sum(_leaning_cost(found[i], [found[j] for j in chosen]) for i in chosen)
    fullness = min(float(weighed.lengths[index].sum()) / (FULL * weighed.limit), 1.0)
    return (
        coverage
        + weighed.strictness * precision
        + TITLE_WEIGHT * titles
        + merit
        + FULLNESS_WEIGHT * fullness
        - REPETITION_PENALTY * _repetition(weighed.rows[index])
        - leaning
    )


def _repetition(rows: Floats) -> float:
    """Return the highest cosine between two of the sentences, 0 for one alone."""
    return float(np.triu(rows @ rows.T, k=1).max())


def _leaning_cost(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    """Return what it costs that the sentence before, on which this one leans, is not chosen."""
    if not (candidate.leaning or candidate.dangling):
        return 0.0
    follows = any(
        other.document == candidate.document and other.position == candidate.position - 1
        for other in chosen
    )
    if follows:
        return 0.0
    return DANGLING_PENALTY if candidate.dangling else LEANING_PENALTY


def weigh(
    found: Sequence[Candidate],
    documents: Sequence[Document],
    titles: Sequence[str],
    lengths: Sequence[float],
    limit: float,
    centrality: Floats | None,
) -> Weighed:
    """Prepare the search; ``lengths`` (n) and ``limit`` are in words as ``measure`` counts.

    ``centrality`` (n) is any measure of closeness to the whole story; without one, closeness to
    the middle of the TF-IDF rows serves.
    """
    rows = tfidf([*(candidate.text for candidate in found), *titles])
    sentences = rows[: len(found)]
    if centrality is None:
        centrality = sentences @ unit(_middle(sentences, found))
    terms = [set(terms_of(candidate.text)) for candidate in found]
    vocabulary = sorted(set().union(*terms))
    return Weighed(
        present=np.array([[term in own for term in vocabulary] for own in terms], dtype=np.bool_),
        shared=_shared(vocabulary, documents, titles),
        rows=sentences,
        titles=unit(rows[len(found) :].sum(axis=0)),
        merit=_merit(found, centrality),
        lengths=np.array(lengths, dtype=np.float32),
        limit=limit,
        strictness=_strictness(len({candidate.document for candidate in found})),
    )


def _strictness(reports: int) -> float:
    """Return the weight of precision: all of it from ``REPORTS_FITTED`` reports on, 0 for one."""
    return PRECISION_WEIGHT * min((reports - 1) / (REPORTS_FITTED - 1), 1.0)


def _middle(rows: Floats, found: Sequence[Candidate]) -> Floats:
    """Return the mean of the documents' means, so that a long report weighs no more."""
    groups: dict[int, list[int]] = {}
    for i, candidate in enumerate(found):
        groups.setdefault(candidate.document, []).append(i)
    middle: Floats = np.mean([rows[group].mean(axis=0) for group in groups.values()], axis=0)
    return middle


def _shared(
    vocabulary: Sequence[str], documents: Sequence[Document], titles: Sequence[str]
) -> Floats:
    """Return in how many sources besides one each term stands; a title is a source of its own."""
    texts = [document.text[:TERMS_FROM] for document in documents]
    sources = Counter(term for text in [*texts, *titles] for term in set(terms_of(text)))
    return np.array([max(sources[term] - 1, 0) for term in vocabulary], dtype=np.float32)


def _merit(found: Sequence[Candidate], centrality: Floats) -> Floats:
    """Return what each sentence brings by itself: centrality, earliness, being no question."""
    early = np.array([1 / (1 + candidate.position) for candidate in found], dtype=np.float32)
    question = np.array(
        [candidate.text.rstrip("\"'”’」』").endswith(("?", "？")) for candidate in found],
        dtype=np.float32,
    )
    merit: Floats = (
        CENTRALITY_WEIGHT * _standardized(centrality)
        + EARLINESS_WEIGHT * early
        - QUESTION_PENALTY * question
    )
    return merit


def _standardized(values: Floats) -> Floats:
    """Scale to mean 0 and deviation 1: encoders differ in how narrow their cosines are."""
    centred = values - values.mean()
    scaled: Floats = centred / max(float(values.std()), SMALLEST_DEVIATION)
    return scaled
