"""Refits every weight from the development data and writes it to small files for review.

``python -m benchmarks.fit`` writes the fitted tables of ``config/topics/``, the ``meaning``
and ``centres.npz`` and ``pairs.toml`` of ``bot/understanding/data``. Nothing but weights and
mean vectors is written: no text leaves the data.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import fit_relevance
from benchmarks.data import ROOT, Record, names, records, topic
from benchmarks.fit_relevance import language, text_of
from benchmarks.learning import logistic
from benchmarks.report import print_table
from bot.jobs.replay import ReplayLine, entry_of
from bot.understanding.pairs import Item, item_of, signals, telling
from bot.understanding.relevance import matcher_for
from bot.understanding.stories import PRIOR_ENTRIES, WINDOW
from bot.understanding.text import lead
from bot.understanding.vectors import NAMES, Encoder, load_encoder, unit

DATA = ROOT / "bot" / "understanding" / "data"
STORY_SETS = ("jk_gold_dev.jsonl", "trilingual_dev_dense.jsonl")
CORE = 2
RIDGE = 1.0
# The mean log-odds from which an entry joins a story: from 0.1 steps around 0 (more likely than
# not), that of the best pair F on the two development sets.
JOIN = -0.1
SIGNALS = ("cosine", "same_language", "names", "numbers", "words", "hours")

Centres = dict[str, NDArray[np.float16]]


def core(name: str) -> list[Record]:
    return [row for row in records(name) if row["relevance"] == CORE and row.get("event")]


def centres(encoder: Encoder, rows: Sequence[Record]) -> Centres:
    """Mean vector of the topic's news by language, and of all for other languages."""
    vectors = encoder.encode([lead(row["title"], text_of(row)) for row in rows])
    spoken = [language(row) for row in rows]
    means = {
        code: vectors[[at for at, one in enumerate(spoken) if one == code]].mean(axis=0)
        for code in ("en", "ja", "ko")
    }
    means["other"] = np.mean(list(means.values()), axis=0)
    return {f"{encoder.name}_{code}": mean.astype(np.float16) for code, mean in means.items()}


def items(rows: Sequence[Record], encoder: Encoder, means: Centres) -> list[Item]:
    """Core items as the stories see them."""
    matcher = matcher_for(topic(), names())
    found = []
    for at, row in enumerate(rows, start=1):
        entry, spoken = entry_of(at, ReplayLine.model_validate(row)), language(row)
        text = lead(entry.title, entry.text)
        mean = means[f"{encoder.name}_{spoken}"].astype(np.float32)
        vector = unit(encoder.encode([text]) - mean)[0]
        ids = telling(matcher.find(text, spoken).names, matcher.names)
        found.append(item_of(entry, language=spoken, names=ids, vector=vector))
    return found


def pair_rows(
    rows: Sequence[Record], encoder: Encoder, means: Centres
) -> Iterator[tuple[tuple[float, ...], float]]:
    """Signals of every pair of core items that may meet in the window, and whether it is one."""
    every = items(rows, encoder, means)
    named = Counter(name for item in every for name in item.names)

    def rarity(name: str) -> float:
        return math.log((len(every) + PRIOR_ENTRIES) / (named[name] + 0.5))

    for one, other in combinations(range(len(every)), 2):
        if abs(every[one].at - every[other].at) <= WINDOW:
            cosine = float(every[one].vector @ every[other].vector)
            same = rows[one]["event"] == rows[other]["event"]
            yield signals(every[one], every[other], cosine, rarity), float(same)


def fit_pairs(encoder: Encoder, means: Centres) -> dict[str, float]:
    """Fit the pair weights on both story sets, each set with equal weight in all."""
    given = [pair for name in STORY_SETS for pair in pair_rows(core(name), encoder, means)]
    rows = np.array([values for values, _ in given])
    labels = np.array([same for _, same in given])
    fitted = logistic(rows, labels, RIDGE).tolist()
    return dict(zip([*SIGNALS, "bias"], fitted, strict=True)) | {"join": JOIN}


def write_pairs(path: Path, tables: Mapping[str, Mapping[str, float]]) -> None:
    """Write the pair weights of each encoder as a TOML table."""
    lines = ["# Fitted by benchmarks.fit, not by hand: log-odds that two entries report one event."]
    for encoder, weights in tables.items():
        lines += ["", f"[{encoder}]", *(f"{key} = {value:.3f}" for key, value in weights.items())]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def main() -> None:
    """Refit everything; with ``--folds``, only score the relevance out of fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", action="store_true", help="score out of fold, write nothing")
    parser.add_argument("--relevance", action="store_true", help="refit the relevance alone")
    asked = parser.parse_args()
    if asked.folds:
        print_table(fit_relevance.relevance_rows(), title="Relevance out of fold")
        print_table(fit_relevance.issue_rows(), title="Issues, leaving out each event")
        return
    fit_relevance.fit_and_write()
    if not asked.relevance:
        fit_stories()


def fit_stories() -> None:
    """Refit the centres of the vectors and the pair weights of each encoder."""
    means: Centres = {}
    tables = {}
    for encoder in map(load_encoder, NAMES):
        means |= centres(encoder, [row for name in STORY_SETS for row in core(name)])
        tables[encoder.name] = fit_pairs(encoder, means)
    np.savez_compressed(DATA / "centres.npz", allow_pickle=False, **means)
    write_pairs(DATA / "pairs.toml", tables)


if __name__ == "__main__":
    main()
