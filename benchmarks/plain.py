"""What one cosine alone makes of the story sets: the baseline beside the learned decisions.

``python -m benchmarks.plain``. Items join the story whose mean cosine with them is highest, from a
threshold on that is chosen in hindsight, on the very items that are scored: that flatters it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks import fit_stories, metrics
from benchmarks.report import Row, print_table
from bot.jobs.replay import ReplayLine
from bot.understanding.stories import WINDOW
from bot.understanding.vectors import Encoder, installed_encoders, load_encoder, prior_centre, unit

THRESHOLDS = np.arange(0.05, 0.95, 0.025)


def joined(vectors: NDArray[np.float32], times: Sequence[datetime], least: float) -> list[int]:
    """Return the story of each item, in order of arrival; ``vectors`` are unit rows."""
    cosines = vectors @ vectors.T
    stories: list[list[int]] = []
    said: list[int] = []
    for at, now in enumerate(times):
        near = [[row for row in held if times[row] >= now - WINDOW] for held in stories]
        means = [float(cosines[at, rows].mean()) if rows else -1.0 for rows in near]
        best = int(np.argmax(means)) if means else -1
        if best < 0 or means[best] < least:
            best = len(stories)
            stories.append([])
        stories[best].append(at)
        said.append(best)
    return said


def rows(encoder: Encoder) -> Iterator[Row]:
    """Score the best threshold on each set by pair F, and the same clusters by B³."""
    for name in fit_stories.SETS:
        found = fit_stories.core(name)
        events = [record["event"] for record in found]
        times = [ReplayLine.model_validate(record).published for record in found]
        vectors = _centred(encoder, name)
        tried = [joined(vectors, times, least) for least in THRESHOLDS]
        best = max(tried, key=lambda said: metrics.pairs(said, events).f)
        alone = metrics.b_cubed(range(len(events)), events).f
        pair, b_cubed = metrics.pairs(best, events).f, metrics.b_cubed(best, events).f
        note = f"{encoder.name}; in hindsight"
        yield Row(measure=f"one cosine: pair F, {name}", value=pair, note=note)
        note += f"; singletons {alone:.3f}"
        yield Row(measure=f"one cosine: B³ F, {name}", value=b_cubed, note=note)


def _centred(encoder: Encoder, name: str) -> NDArray[np.float32]:
    spoken = [fit_stories.language(record) for record in fit_stories.core(name)]
    means = np.array([prior_centre(encoder.name, one) for one in spoken], np.float32)
    return unit(fit_stories.vectors(encoder, name) - means)


def main() -> None:
    """Print the baseline of each encoder that is installed."""
    found = [row for name in installed_encoders() for row in rows(load_encoder(name))]
    print_table(found, title="One cosine, its threshold chosen in hindsight")


if __name__ == "__main__":
    main()
