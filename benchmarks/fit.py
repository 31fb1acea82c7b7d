"""Refits every weight from the development data and writes it to small files for review.

``python -m benchmarks.fit`` writes the ``[weights]`` of ``config/topics/japan-korea.toml``,
and what ``benchmarks.fit_stories`` does: ``centres.npz`` and ``stories.toml`` of
``bot/understanding/data``. Nothing but weights and mean vectors is written: no text leaves
the data.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import ROOT, Record, names, records, topic
from benchmarks.fit_stories import fit_stories
from benchmarks.metrics import average_precision, decisions
from benchmarks.report import Row, print_table
from bot.understanding.language import language_of
from bot.understanding.relevance import OPENS, Judge, matcher_for, sighted
from bot.understanding.text import lead

TOPIC_FILE = ROOT / "config" / "topics" / "japan-korea.toml"
RELEVANCE_SETS = ("jk_gold_dev.jsonl", "trilingual_dev.jsonl")
CORE = 2
RIDGE = 1.0
FOLDS = 5

Matrix = NDArray[np.float64]


def logistic(rows: Matrix, labels: Matrix, ridge: float = RIDGE) -> Matrix:
    """Return the weights of a logistic regression, the bias last (Newton's method, L2)."""
    design = np.hstack([rows, np.ones((len(rows), 1))])
    weights = np.zeros(design.shape[1])
    penalty = np.eye(len(weights)) * ridge
    penalty[-1, -1] = 1e-6
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (chance - labels) + penalty @ weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def text_of(record: Record) -> str:
    return str(record.get("text") or record.get("summary") or "")


def language(record: Record) -> str:
    return language_of(lead(record["title"], text_of(record)), record.get("lang"))


def relevance_signals(rows: Sequence[Record]) -> list[dict[str, float]]:
    matcher = matcher_for(topic(), names())
    judge = Judge(topic(), matcher.names)
    return [
        judge.signals(
            sighted(
                matcher,
                title=row["title"],
                text=text_of(row),
                language=language(row),
                country=row.get("country"),
            )
        )
        for row in rows
    ]


def as_matrix(rows: Sequence[Mapping[str, float]], keys: Sequence[str]) -> Matrix:
    return np.array([[row.get(key, 0.0) for key in keys] for row in rows])


def relevance_weights(given: Sequence[Mapping[str, float]], labels: Matrix) -> dict[str, float]:
    """Fit the weights of the signals on the items that pass the cheap first pass."""
    passed = [at for at, row in enumerate(given) if not OPENS.isdisjoint(row)]
    keys = sorted({key for at in passed for key in given[at]})
    weights = logistic(as_matrix([given[at] for at in passed], keys), labels[passed])
    return dict(zip([*keys, "bias"], weights.tolist(), strict=True))


def fit_relevance() -> dict[str, float]:
    """Fit the weights of the relevance signals on every labelled item."""
    rows = [row for name in RELEVANCE_SETS for row in records(name)]
    labels = np.array([float(row["relevance"] == CORE) for row in rows])
    return relevance_weights(relevance_signals(rows), labels)


def fold_of(rows: Sequence[Record]) -> list[int]:
    """Return folds in time: by day in a stream, by event where items were written as events."""
    stream = [row["id"].startswith("jk") for row in rows]
    keys = [
        (at, row["published"][:10] if at else row["event"])
        for at, row in zip(stream, rows, strict=True)
    ]
    fold: dict[tuple[bool, str], int] = {}
    for part in (True, False):
        every = list(dict.fromkeys(key for key in keys if key[0] == part))
        fold |= {key: at * FOLDS // len(every) for at, key in enumerate(every)}
    return [fold[key] for key in keys]


def out_of_fold() -> Iterator[Row]:
    """Score relevance on items that the weights were not fitted on."""
    rows = [row for name in RELEVANCE_SETS for row in records(name)]
    given, folds = relevance_signals(rows), np.array(fold_of(rows))
    labels = np.array([float(row["relevance"] == CORE) for row in rows])
    chance = np.zeros(len(rows))
    for fold in range(FOLDS):
        rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights = relevance_weights([given[at] for at in rest], labels[rest])
        judge = Judge(replace(topic(), weights=weights), {})
        chance[held] = [judge.weighed(given[at]).relevance for at in held]
    for name in RELEVANCE_SETS:
        stream = name.startswith("jk")
        part = [at for at, row in enumerate(rows) if row["id"].startswith("jk") == stream]
        true = [bool(labels[at]) for at in part]
        found = decisions([chance[at] >= topic().threshold for at in part], true)
        note = f"P {found.precision:.3f} R {found.recall:.3f}"
        yield Row(measure=f"out of fold, {name}: F", value=found.f, note=note)
        ranked = average_precision([chance[at] for at in part], true)
        yield Row(measure=f"out of fold, {name}: AP", value=ranked)


def write_weights(path: Path, weights: Mapping[str, float]) -> None:
    """Replace the ``[weights]`` table, the last one of a topic file."""
    head = path.read_text("utf-8").partition("\n# Fitted by benchmarks.fit")[0].rstrip()
    lines = [f"{key} = {value:.2f}" for key, value in weights.items()]
    table = ["", "# Fitted by benchmarks.fit, not by hand: log-odds of each signal.", "[weights]"]
    path.write_text("\n".join([head, *table, *lines, ""]), encoding="utf-8")


def main() -> None:
    """Refit everything; with ``--folds``, only score the relevance out of fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", action="store_true", help="score out of fold, write nothing")
    parser.add_argument("--relevance", action="store_true", help="refit the relevance alone")
    asked = parser.parse_args()
    if asked.folds:
        print_table(out_of_fold(), title="Relevance out of fold")
        return
    write_weights(TOPIC_FILE, fit_relevance())
    if not asked.relevance:
        fit_stories()


if __name__ == "__main__":
    main()
