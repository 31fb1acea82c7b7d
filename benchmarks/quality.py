"""Quality of the reading and the summaries on the evaluation data, beside the floors.

``python -m benchmarks.quality`` takes a small slice, ``--full`` everything. Where weights
were fitted on a set, it is scored out of fold: by weights that had not seen the items (see
``benchmarks.score_relevance`` and ``benchmarks.fit_stories``). Later data is kept apart for
checking.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any

from benchmarks import data, fit_stories, metrics, plain, score_relevance, summaries
from benchmarks.report import Row, print_table
from bot.jobs.replay import ReplayLine, decisions, read_all
from bot.understanding.reader import Reader
from bot.understanding.vectors import Encoder, load_encoder

# A slice that is read in seconds and still holds a few days of news.
SLICE = 2500
OG_SLICE = 600

Decision = Mapping[str, Any]


@cache
def encoder() -> Encoder:
    return load_encoder()


def replayed(rows: Sequence[data.Record], *, assume_relevant: bool = False) -> list[Decision]:
    """Decide rows in their order with the real reader."""
    reader = Reader(
        topic=data.topic(),
        names=data.names(),
        encoder=encoder(),
        new_story_id=count(1).__next__,
        assume_relevant=assume_relevant,
    )
    lines = [ReplayLine.model_validate(row) for row in rows]
    return list(decisions(lines, read_all(reader, lines, lambda _: None)))


def in_order(rows: Sequence[data.Record]) -> list[data.Record]:
    lines = [(ReplayLine.model_validate(row).published, row) for row in rows]
    return [row for _, row in sorted(lines, key=lambda pair: pair[0])]


def clustering(
    name: str, rows: Sequence[data.Record], *, floor: float | None = None, must: float | None = None
) -> Iterator[Row]:
    """Score stories of a set that nothing was fitted on."""
    rows = in_order(rows)
    said = [one["story"] for one in replayed(rows, assume_relevant=True)]
    true = [row["event"] for row in rows]
    alone = metrics.b_cubed(range(len(true)), true).f
    b_cubed, pair = metrics.b_cubed(said, true), metrics.pairs(said, true)
    note = f"P {pair.precision:.3f} R {pair.recall:.3f}"
    yield Row(
        measure=f"stories B³ F, {name}", value=b_cubed.f, floor=alone, note="floor: singletons"
    )
    yield Row(measure=f"stories pair F, {name}", value=pair.f, floor=floor, must=must, note=note)
    yield Row(measure=f"stories said / true, {name}", value=len(set(said)) / len(set(true)))


def duplicates() -> Iterator[Row]:
    rows = in_order(data.records("trilingual_dev_dense.jsonl"))
    said = {one["id"]: one["duplicate_of"] for one in replayed(rows, assume_relevant=True)}
    event = {row["id"]: row["event"] for row in rows}
    originals = {row["id"]: row.get("duplicate_of") for row in rows}
    family = {id_: original or id_ for id_, original in originals.items()}
    found = [(id_, original) for id_, original in said.items() if original]
    right = sum(family[id_] == family[original] for id_, original in found)
    true = sum(count - 1 for count in Counter(family.values()).values())
    score = metrics.of_counts(right, len(found), true)
    yield Row(
        measure="duplicates precision, dense",
        value=score.precision,
        must=0.97,
        note=f"{len(found)} found",
    )
    yield Row(measure="duplicates recall, dense", value=score.recall, must=0.85, note=f"of {true}")
    within = sum(event[id_] == event[original] for id_, original in found)
    yield Row(measure="duplicates within their event", value=within / max(1, len(found)))


def stream(*, full: bool) -> Iterator[Row]:
    rows = data.records("stream_dev.jsonl")
    rows = rows if full else rows[-SLICE:]
    started = time.perf_counter()
    said = replayed(rows)
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{len(rows)} entries in {took:.0f} s"
    yield _core_a_day(rows, said)
    yield Row(measure="stream: entries a second", value=len(rows) / took, note=note)
    yield Row(measure="peak memory so far, MB", value=peak, note="of this process, fits included")
    copies = sum(one["duplicate_of"] is not None for one in said)
    yield Row(measure="stream: duplicates, share", value=copies / len(rows))


def _core_a_day(rows: Sequence[data.Record], said: Sequence[Decision]) -> Row:
    """Count what is called core; an item that the weights were fitted on, by the fit without it."""
    held_out = score_relevance.core_by_url()
    core = sum(
        held_out[row["url"]] if row["url"] in held_out else bool(one["relevant"])
        for row, one in zip(rows, said, strict=True)
    )
    shipped = sum(one["relevant"] for one in said)
    days = len({row["published"][:10] for row in rows})
    note = f"{core} in {days} days, jk_gold_dev's by the fits without their days"
    note += f" (in-sample: {shipped})"
    return Row(measure="stream: called core a day", value=core / days, note=note)


def og2021(*, full: bool) -> Iterator[Row]:
    rows = data.records("og2021_dev.jsonl")
    rows = [{**row, "url": row["id"]} for row in (rows if full else rows[:OG_SLICE])]
    yield from clustering("og2021", rows, floor=0.264, must=0.45)
    english = [row for row in rows if row["lang"] == "eng"]
    yield from clustering("og2021 English", english, floor=0.443, must=0.60)


def other_news() -> Iterator[Row]:
    """Stories of news about Japan that is not about Korea: mostly single reports."""
    rows = [{**row, "event": row["event"] or row["url"]} for row in data.labelled("stories")]
    yield from clustering("other news about Japan", rows)


def reading(*, full: bool) -> Iterator[Row]:
    """Measure relevance, duplicates and stories."""
    yield from score_relevance.out_of_fold_rows()
    yield from fit_stories.out_of_fold(encoder())
    yield from plain.rows(encoder())
    yield from duplicates()
    yield from og2021(full=full)
    yield from other_news()
    yield from stream(full=full)


def main() -> int:
    """Print the table; 1 where the data is absent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="everything, not a slice")
    full = parser.parse_args().full
    if data.folder() is None:
        print(data.ABSENT, file=sys.stderr)
        return 1
    print_table([*reading(full=full), *summaries.rows(full)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
