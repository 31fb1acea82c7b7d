"""Fits relevance and issues: weights, calibration, thresholds, and the meaning's direction.

What is written is fitted on all items. ``benchmarks.score_relevance`` scores out of fold:
relevance in folds by time (by event where items were written as events), issues leaving out
one event at a time.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import ROOT, Record, labelled, names, records, topic
from benchmarks.learning import Matrix, chances, logistic, softmax_choice
from benchmarks.metrics import decisions
from bot.domain.model import Issue
from bot.domain.topic import Topic
from bot.understanding.issues import signs_of
from bot.understanding.language import language_of
from bot.understanding.relevance import OPENS, Judge, Sighting, matcher_for, sighted
from bot.understanding.text import lead
from bot.understanding.vectors import load_encoder

TOPICS = ROOT / "config" / "topics"
MORE_TOPICS = ROOT / "config" / "more" / "topics"
MEANINGS = ROOT / "bot" / "understanding" / "data" / "meaning"
STREAM_SET = "jk_gold_dev.jsonl"
ISSUE_SET = "trilingual_dev.jsonl"
FITTED_FOR = "japan-korea"
# The encoder that every machine has.
ENCODER = "use"
# Topics whose weights are those of the signals alone, carried over: they have no labels.
CARRIED_TO = ("japan-china",)
CORE, PERIPHERAL = 2, 1
FOLDS = 5
# Chosen out of fold, from 1 to 5 (ridge) and 2 to 5 (scale of a vector).
RIDGE, VECTOR_SCALE = 2.0, 2.5
ISSUE_RIDGE = 1.0


def text_of(record: Record) -> str:
    return str(record.get("text") or record.get("summary") or "")


def language(record: Record) -> str:
    return language_of(lead(record["title"], text_of(record)), record.get("lang"))


def sightings(rows: Sequence[Record], of: Topic) -> list[Sighting]:
    """Return what each record names, as the reader sees it."""
    matcher = matcher_for(of, names())
    return [
        sighted(
            matcher,
            title=row["title"],
            text=text_of(row),
            language=language(row),
            country=row.get("country"),
        )
        for row in rows
    ]


def relevance_signals(rows: Sequence[Record]) -> list[dict[str, float]]:
    judge = Judge(topic(), matcher_for(topic(), names()).names)
    return [judge.signals(seen) for seen in sightings(rows, topic())]


@dataclass(frozen=True, kw_only=True)
class Given:
    """Labelled items: their signals, their vectors (None to fit without) and levels."""

    rows: Sequence[Record]
    signals: Sequence[Mapping[str, float]]
    vectors: Matrix | None

    @property
    def core(self) -> Matrix:
        """1 where an item is core, else 0."""
        return np.array([float(row["relevance"] == CORE) for row in self.rows])

    @property
    def passed(self) -> NDArray[np.intp]:
        """Positions of what passes the cheap first pass."""
        return np.flatnonzero([not OPENS.isdisjoint(one) for one in self.signals])


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Weights of the signals with their bias, and the direction of the vectors."""

    weights: Mapping[str, float]
    direction: Matrix | None

    def scores(self, given: Given) -> Matrix:
        """Log-odds of each item, minus infinity where it does not pass the first pass."""
        judge = [
            sum(self.weights.get(key, 0.0) * by for key, by in one.items()) + self.weights["bias"]
            for one in given.signals
        ]
        found = np.array(judge)
        if self.direction is not None and given.vectors is not None:
            found = found + given.vectors @ self.direction
        open_ = np.full(len(found), -math.inf)
        open_[given.passed] = found[given.passed]
        return open_

    def scaled(self, slope: float, shift: float) -> "Fitted":
        """Platt's calibration: log-odds times ``slope`` plus ``shift``."""
        weights = {key: by * slope for key, by in self.weights.items()}
        weights["bias"] += shift
        direction = None if self.direction is None else self.direction * slope
        return Fitted(weights=weights, direction=direction)


def labelled_rows() -> list[Record]:
    """Return what the evaluation data labels, and what the project labelled in its stream.

    The latter are those outside of the former that once were given .1 or more, the hard ones.
    """
    own = [{**row, "relevance": int(row["relevance"])} for row in labelled("relevance")]
    return [*records(STREAM_SET), *own, *records(ISSUE_SET)]


def is_written(row: Record) -> bool:
    """Whether an item was written for an event, and is not of a stream."""
    return str(row["id"]).startswith("dev-")


def given_for(encoder: str | None) -> Given:
    """Return the labelled items, with the vectors of an encoder."""
    rows = labelled_rows()
    vectors = None
    if encoder is not None:
        texts = [lead(row["title"], text_of(row)) for row in rows]
        vectors = load_encoder(encoder).encode(texts).astype(np.float64)
    return Given(rows=rows, signals=relevance_signals(rows), vectors=vectors)


def fit(given: Given, among: NDArray[np.intp]) -> Fitted:
    """Fit on those items of ``among`` that pass the first pass."""
    among = np.intersect1d(among, given.passed)
    taken = [given.signals[at] for at in among.tolist()]
    keys = sorted({key for one in taken for key in one})
    design = np.array([[one.get(key, 0.0) for key in keys] for one in taken])
    if given.vectors is not None:
        design = np.hstack([design, given.vectors[among] * VECTOR_SCALE])
    found = logistic(design, given.core[among], RIDGE)
    weights = dict(zip(keys, found[: len(keys)].tolist(), strict=True)) | {"bias": float(found[-1])}
    direction = None if given.vectors is None else found[len(keys) : -1] * VECTOR_SCALE
    return Fitted(weights=weights, direction=direction)


def fold_of(rows: Sequence[Record]) -> Matrix:
    """Return folds in time: by day in a stream, by event where items were written as events."""
    keys = [
        (not is_written(row), row["event"] if is_written(row) else row["published"][:10])
        for row in rows
    ]
    fold: dict[tuple[bool, str], int] = {}
    for part in (True, False):
        every = list(dict.fromkeys(key for key in keys if key[0] == part))
        every = sorted(every) if part else every
        fold |= {key: at * FOLDS // len(every) for at, key in enumerate(every)}
    return np.array([fold[key] for key in keys])


def out_of_fold(given: Given) -> Matrix:
    """Return each item's log-odds by what was fitted without its fold, calibrated likewise.

    The calibration of a fold is fitted on the other folds' own scores out of fold.
    """
    folds = fold_of(given.rows)
    raw = _held_out(given, folds)
    found = raw.copy()
    for fold in range(FOLDS):
        rest = np.flatnonzero((folds != fold) & np.isfinite(raw))
        slope, shift = platt(raw[rest], given.core[rest])
        held = folds == fold
        found[held] = raw[held] * slope + shift
    return found


def _held_out(given: Given, folds: Matrix) -> Matrix:
    scores = np.zeros(len(given.rows))
    for fold in range(FOLDS):
        held = folds == fold
        scores[held] = fit(given, np.flatnonzero(~held)).scores(given)[held]
    return scores


def platt(scores: Matrix, labels: Matrix) -> tuple[float, float]:
    """Return slope and shift that make log-odds agree with how often labels are true.

    Platt 1999, by a logistic regression on the score alone.
    """
    slope, shift = logistic(scores[:, None], labels, ridge=1e-3)
    return float(slope), float(shift)


def calibrated(given: Given) -> Fitted:
    """Fit on everything, and calibrate by the scores out of fold."""
    raw = _held_out(given, fold_of(given.rows))
    finite = np.flatnonzero(np.isfinite(raw))
    slope, shift = platt(raw[finite], given.core[finite])
    return fit(given, np.arange(len(given.rows))).scaled(slope, shift)


def peripheral_threshold(given: Given, chance: Matrix) -> float:
    """Return the relevance out of fold from which items touch the topic most reliably (F)."""
    touches = [row["relevance"] >= PERIPHERAL for row in given.rows]
    steps = [step / 100 for step in range(2, 50)]
    return max(steps, key=lambda least: decisions([one >= least for one in chance], touches).f)


def issue_design() -> tuple[Matrix, NDArray[np.intp], list[str], list[Record]]:
    """Return signs by item and issue, the true issues, the signs' names, and the items."""
    rows = [row for row in records(ISSUE_SET) if row.get("issue")]
    table = matcher_for(topic(), names()).names
    signs = [signs_of(seen, table, topic()) for seen in sightings(rows, topic())]
    keys = sorted({key for one in signs for given in one.values() for key in given})
    every = list(Issue)
    design = np.array(
        [
            [[one[i].get(key, 0.0) for key in keys] + [float(i == j) for j in every] for i in every]
            for one in signs
        ]
    )
    labels = np.array([every.index(Issue(row["issue"])) for row in rows])
    return design, labels, [*keys, *(f"is_{issue}" for issue in every)], rows


def fit_issues() -> dict[str, float]:
    """Fit the weights of the kinds of signs on every labelled item."""
    design, labels, keys, _ = issue_design()
    weights = softmax_choice(design, labels, ISSUE_RIDGE)
    return dict(zip(keys, weights.tolist(), strict=True))


def write_topic(path: Path, weights: Mapping[str, float], issues: Mapping[str, float]) -> None:
    """Replace the fitted tables, the last ones of a topic file."""
    head = path.read_text("utf-8").partition("\n# Fitted by benchmarks.fit")[0].rstrip()
    lines = [head, "", "# Fitted by benchmarks.fit, not by hand: log-odds of each signal."]
    lines += ["[weights]", *(f"{key} = {value:.2f}" for key, value in weights.items())]
    lines += ["", "# What each kind of sign says for an issue.", "[issue_weights]"]
    lines += [f"{key} = {value:.2f}" for key, value in issues.items()]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def write_peripheral(path: Path, least: float) -> None:
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(?m)^peripheral = .*$", f"peripheral = {least:.2f}", text), "utf-8")


def write_direction(topic_id: str, encoder: str, direction: Matrix) -> None:
    """Write a direction as text, eight numbers a line."""
    MEANINGS.mkdir(exist_ok=True)
    head = f"Fitted by benchmarks.fit: log-odds of each component of {encoder}'s vectors."
    rows = direction.reshape(-1, 8)
    np.savetxt(MEANINGS / f"{topic_id}.{encoder}.txt", rows, fmt="%.3f", header=head)


def fit_and_write() -> None:
    """Refit relevance and issues on everything, and write the topics' files.

    The weights are fitted together with the vectors of the default encoder. A topic without
    labels of its own gets the weights of the signals alone.
    """
    issues = fit_issues()
    given = given_for(ENCODER)
    fitted = calibrated(given)
    path = TOPICS / f"{FITTED_FOR}.toml"
    write_peripheral(path, peripheral_threshold(given, chances(out_of_fold(given))))
    write_topic(path, fitted.weights, issues)
    if fitted.direction is not None:
        write_direction(FITTED_FOR, ENCODER, fitted.direction)
    alone = calibrated(replace(given, vectors=None))
    for carried in CARRIED_TO:
        write_topic(MORE_TOPICS / f"{carried}.toml", alone.weights, issues)
