"""Refits the decisions that make stories and scores them on events they were not fitted on.

``python -m benchmarks.fit_stories`` writes ``centres.npz`` and ``stories.toml`` of
``bot/understanding/data``; ``--folds`` only prints the scores. Signals are gathered by the
reader's own window, entry by entry, so that nothing knows what comes later.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.clusters import Outcome, rows_of
from benchmarks.data import ROOT, Record
from benchmarks.report import Row, print_table
from bot.jobs.replay import ReplayLine, entry_of
from bot.understanding.language import language_of
from bot.understanding.pairs import (
    SIGNALS,
    STORY_SIGNALS,
    Item,
    Linear,
    StoryWeights,
    item_of,
    shared_words,
    telling,
)
from bot.understanding.relevance import matcher_for
from bot.understanding.stories import WINDOW, Stories, story_signals
from bot.understanding.text import lead
from bot.understanding.vectors import Encoder, forget_centres, installed_encoders, load_encoder
from bot.understanding.window import Comparison, Window

DATA = ROOT / "bot" / "understanding" / "data"
SETS = ("jk_gold_dev", "trilingual_dev_dense")
CORE = 2
FOLDS = 5
RIDGE = 1.0
# Pairs of an event weigh less the larger it is: one summit is not the whole of the news.
PAIR_WEIGHT, EVENT_POWER = 2.0, -0.5
# Joining is decided where it is more likely than not.
JOIN = 0.0
# The log-odds tried for telling a new story as a follow-up.
FOLLOWS = np.arange(-6.0, 0.0, 0.25)

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An item as it arrived: what it was compared with (positions of items), and how."""

    at: int
    others: NDArray[np.int64]
    compared: Comparison


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A set in order of arrival. ``folds`` are those of the items' events."""

    name: str
    records: tuple[Record, ...]
    items: tuple[Item, ...]
    seen: tuple[Seen, ...]
    folds: NDArray[np.int64]

    @property
    def events(self) -> NDArray[np.str_]:
        """The event of each item."""
        return np.array([record["event"] for record in self.records])


def text_of(record: Record) -> str:
    return str(record.get("text") or record.get("summary") or "")


def core(name: str) -> list[Record]:
    """Return a set's core items in order of publication."""
    found = [
        row for row in data.records(f"{name}.jsonl") if row["relevance"] == CORE and row["event"]
    ]
    return sorted(found, key=lambda row: ReplayLine.model_validate(row).published)


def language(record: Record) -> str:
    return language_of(lead(record["title"], text_of(record)), record.get("lang"))


@cache
def _encoded(encoder: str, name: str) -> NDArray[np.float32]:
    rows = load_encoder(encoder).encode([lead(row["title"], text_of(row)) for row in core(name)])
    return rows.astype("<f2").astype(np.float32)


def vectors(encoder: Encoder, name: str) -> NDArray[np.float32]:
    """Return the vectors of a set's core items, rounded as they are stored."""
    return _encoded(encoder.name, name)


def centres(encoder: Encoder) -> dict[str, NDArray[np.float16]]:
    """Mean vector of the topic's news by language, and of all for other languages."""
    rows = np.vstack([vectors(encoder, name) for name in SETS])
    spoken = np.array([language(row) for name in SETS for row in core(name)])
    means = {code: rows[spoken == code].mean(axis=0) for code in ("en", "ja", "ko")}
    means["other"] = np.mean(list(means.values()), axis=0)
    return {f"{encoder.name}_{code}": mean.astype(np.float16) for code, mean in means.items()}


def replayed(name: str, encoder: Encoder) -> Replayed:
    """Return a set as a window of stories sees it arrive."""
    rows = core(name)
    items = _items(rows, vectors(encoder, name))
    return Replayed(
        name=name,
        records=tuple(rows),
        items=items,
        seen=tuple(_arrivals(items, encoder.name)),
        folds=np.array(folds_of(rows)),
    )


def _items(rows: Sequence[Record], encoded: NDArray[np.float32]) -> tuple[Item, ...]:
    matcher = matcher_for(data.topic(), data.names())
    shared = shared_words(matcher.names.values(), data.topic().sides)
    found = []
    for at, (row, vector) in enumerate(zip(rows, encoded, strict=True), start=1):
        entry, spoken = entry_of(at, ReplayLine.model_validate(row)), language(row)
        named = matcher.find(lead(entry.title, entry.text), spoken).names
        names = telling(named, matcher.names)
        found.append(item_of(entry, language=spoken, names=names, vector=vector, shared=shared))
    return tuple(found)


def _arrivals(items: Sequence[Item], encoder: str) -> Iterator[Seen]:
    window, oldest = Window(encoder), 0
    for at, item in enumerate(items):
        while window.items and window.items[0].seen_at < item.seen_at - WINDOW:
            window.drop(0)
            oldest += 1
        if window.items:
            yield Seen(at=at, others=np.arange(oldest, at), compared=window.compare(item))
        window.add(item)


def folds_of(rows: Sequence[Record]) -> list[int]:
    """Return folds of whole events; the events of one chain share a fold."""
    chain = {event: name for name, events in data.chains().items() for event in events}
    groups = [chain.get(row["event"], row["event"]) for row in rows]
    order = {group: at for at, group in enumerate(dict.fromkeys(groups))}
    return [order[group] % FOLDS for group in groups]


def logistic(rows: Floats, labels: Floats, weights: Floats) -> Linear:
    """Return a weighted logistic regression (Newton's method, L2 on standardized signals)."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    design = np.hstack([(rows - mean) / spread, np.ones((len(rows), 1))])
    fitted, penalty = np.zeros(design.shape[1]), np.eye(design.shape[1]) * RIDGE
    penalty[-1, -1] = 1e-6
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ fitted))
        slope = design.T @ (weights * (chance - labels)) + penalty @ fitted
        bend = (design * (weights * chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(bend, slope)
        fitted -= step
        if np.abs(step).max() < 1e-8:
            break
    scaled = fitted[:-1] / spread
    return Linear(weights=tuple(scaled.tolist()), bias=float(fitted[-1] - scaled @ mean))


def fit_pairs(sets: Sequence[Replayed], held: Sequence[int] = ()) -> Linear:
    """Fit the decision on pairs, without the events of the folds held."""
    parts = [part for one in sets for part in _pairs(one, held)]
    rows, labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return logistic(rows, labels, weights)


def _pairs(one: Replayed, held: Sequence[int]) -> Iterator[tuple[Floats, Floats, Floats]]:
    events, sizes = one.events, Counter(one.events.tolist())
    for seen in one.seen:
        others = seen.others[~np.isin(one.folds[seen.others], held)]
        if one.folds[seen.at] in held or not len(others):
            continue
        same = events[others] == events[seen.at]
        weight = PAIR_WEIGHT * max(1, sizes[events[seen.at]] - 1) ** EVENT_POWER
        rows = seen.compared.signals[others - seen.others[0]]
        yield rows, same.astype(float), np.where(same, weight, 1.0)


def fit_join(sets: Sequence[Replayed], held: Sequence[int] = ()) -> Linear:
    """Fit the decision on stories, with pair odds of models that knew neither event."""
    inner = [fold for fold in range(FOLDS) if fold not in held]
    models = {fold: fit_pairs(sets, (*held, fold)) for fold in inner}
    parts = [part for one in sets for part in _joins(one, models, held)]
    rows, labels = np.array([row for row, _ in parts]), np.array([label for _, label in parts])
    return logistic(rows, labels, np.ones(len(labels)))


def _joins(
    one: Replayed, models: Mapping[int, Linear], held: Sequence[int]
) -> Iterator[tuple[tuple[float, ...], float]]:
    events = one.events
    for seen in one.seen:
        if one.folds[seen.at] in held:
            continue
        odds = _cross_fitted(one, seen, models)
        rows = np.flatnonzero(~np.isin(one.folds[seen.others], held))
        if len(rows):
            told, signals = story_signals(seen.compared, odds, rows, events[seen.others[rows]])
            yield from zip(
                map(tuple, signals), (told == events[seen.at]).astype(float), strict=True
            )


def _cross_fitted(one: Replayed, seen: Seen, models: Mapping[int, Linear]) -> Floats:
    """Return the odds of each pair by the models that held one of its events out."""
    total, times = np.zeros(len(seen.others)), np.zeros(len(seen.others))
    for fold, model in models.items():
        out = (one.folds[seen.others] == fold) | (one.folds[seen.at] == fold)
        total += out * model.log_odds(seen.compared.signals)
        times += out
    return total / np.maximum(times, 1)


def fit(sets: Sequence[Replayed], held: Sequence[int] = (), follow: float = 0.0) -> StoryWeights:
    """Fit both decisions, without the events of the folds held."""
    return StoryWeights(
        pair=fit_pairs(sets, held), story=fit_join(sets, held), join=JOIN, follow=follow
    )


def clustered(one: Replayed, weights: StoryWeights, encoder: str) -> list[int]:
    """Return the final story of each item, placed one by one."""
    stories, final = Stories(weights, encoder=encoder, new_id=count(1).__next__), list[int]()
    for item in one.items:
        placed = stories.place(item)
        final = [placed.story_id if story == placed.merged else story for story in final]
        final.append(placed.story_id)
    return final


def outcomes(encoder: Encoder) -> list[Outcome]:
    """Cluster each set once for each fold, by weights that never saw the fold's events."""
    sets = [replayed(name, encoder) for name in SETS]
    weights = [fit(sets, (fold,)) for fold in range(FOLDS)]
    return [
        Outcome(
            name=one.name,
            events=tuple(one.events.tolist()),
            languages=tuple(record["lang"] for record in one.records),
            folds=tuple(one.folds.tolist()),
            said=tuple(tuple(clustered(one, each, encoder.name)) for each in weights),
        )
        for one in sets
    ]


def out_of_fold(encoder: Encoder) -> Iterator[Row]:
    """Score stories on events that the weights were not fitted on, with 95 % intervals."""
    for outcome in outcomes(encoder):
        yield from rows_of(outcome, chains=list(data.chains().values()), encoder=encoder.name)
    yield from _follow_rows(encoder)


def _follow_rows(encoder: Encoder) -> Iterator[Row]:
    one = replayed("trilingual_dev_dense", encoder)
    found = [guess for fold in range(FOLDS) for guess in _guesses(one, encoder, fold)]
    best = best_follow(found)
    said = [right for fit_, right in found if fit_ >= best]
    true = _followable(one)
    note = f"{sum(said)} of {len(said)} right, {true} follow-ups"
    yield Row(
        measure=f"follow-ups linked, precision ({encoder.name})", value=np.mean(said), note=note
    )
    yield Row(measure=f"follow-ups linked, recall ({encoder.name})", value=sum(said) / true)


def _guesses(one: Replayed, encoder: Encoder, fold: int) -> list[tuple[float, bool]]:
    sets = [replayed(name, encoder) for name in SETS]
    return follow_guesses(one, fit(sets, (fold,)), fold=fold)


def follow_guesses(
    one: Replayed, weights: StoryWeights, *, fold: int | None = None
) -> list[tuple[float, bool]]:
    """Return, for each event's first item, its best story's fit and whether they share a chain."""
    chain = {event: name for name, events in data.chains().items() for event in events}
    events, found = one.events, list[tuple[float, bool]]()
    for seen in one.seen:
        event = events[seen.at]
        if event in events[: seen.at] or fold not in (None, one.folds[seen.at]):
            continue
        odds = weights.pair.log_odds(seen.compared.signals)
        rows = np.arange(len(seen.others))
        stories, signals = story_signals(seen.compared, odds, rows, events[seen.others])
        fits = weights.story.log_odds(signals)
        best = str(stories[int(np.argmax(fits))])
        found.append((float(np.max(fits)), chain.get(best, "") == chain.get(event, event)))
    return found


def _followable(one: Replayed) -> int:
    """Return how many events of the set follow another of their chain."""
    there = set(one.events.tolist())
    return sum(max(0, len(there & set(events)) - 1) for events in data.chains().values())


def best_follow(guesses: Sequence[tuple[float, bool]]) -> float:
    """Return the log-odds from which the links told are best (F1)."""
    true = sum(right for _, right in guesses)

    def f1(least: float) -> float:
        said = [right for fit_, right in guesses if fit_ >= least]
        return 2 * sum(said) / max(1, len(said) + true)

    return float(max(FOLLOWS, key=f1))


def write(path: Path, tables: Mapping[str, StoryWeights]) -> None:
    """Write the weights of each encoder as TOML."""
    lines = ["# Fitted by benchmarks.fit_stories, not by hand: log-odds of each signal."]
    for encoder, weights in tables.items():
        lines += ["", f"[{encoder}]"]
        lines += [f"join = {weights.join:.2f}", f"follow = {weights.follow:.2f}"]
        for part, names in (("pair", SIGNALS), ("story", STORY_SIGNALS)):
            linear: Linear = getattr(weights, part)
            lines += ["", f"[{encoder}.{part}]"]
            lines += [f"{n} = {w:.4f}" for n, w in zip(names, linear.weights, strict=True)]
            lines += [f"bias = {linear.bias:.4f}"]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def fit_stories() -> None:
    """Refit the mean vectors and the decisions for each encoder that is installed."""
    encoders = [load_encoder(name) for name in installed_encoders()]
    means = {key: mean for encoder in encoders for key, mean in centres(encoder).items()}
    np.savez_compressed(DATA / "centres.npz", allow_pickle=False, **means)
    forget_centres()
    tables = {}
    for encoder in encoders:
        sets = [replayed(name, encoder) for name in SETS]
        guesses = [guess for fold in range(FOLDS) for guess in _guesses(sets[1], encoder, fold)]
        tables[encoder.name] = fit(sets, follow=best_follow(guesses))
    write(DATA / "stories.toml", tables)


def main() -> None:
    """Refit and write; with ``--folds``, only score out of fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", action="store_true", help="score out of fold, write nothing")
    if parser.parse_args().folds:
        found = [row for name in installed_encoders() for row in out_of_fold(load_encoder(name))]
        print_table(found, title="Stories out of fold")
    else:
        fit_stories()


if __name__ == "__main__":
    main()
