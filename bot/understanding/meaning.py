"""What a text means for a topic: a fitted direction in the space of its sentence vectors.

Names and cue words decide most; the vector tells apart what they cannot (a pardon at home
that mentions the comfort women, a visit that happens to pass through Tokyo).
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

# Log-odds by component; a unit vector's components are small.
Direction = NDArray[np.float32]


@cache
def direction_of(topic: str, encoder: str) -> Direction | None:
    """Return the direction fitted for a topic and an encoder, None where there is none.

    Written by ``benchmarks.fit`` as text, one number for each component, shape ``(dim,)``.
    A topic without one is judged by names and words alone.
    """
    file = files("bot.understanding").joinpath("data", "meaning", f"{topic}.{encoder}.txt")
    if not file.is_file():
        return None
    with file.open(encoding="utf-8") as lines:
        return np.loadtxt(lines, dtype=np.float32).ravel()


def meaning(vector: NDArray[np.float32], direction: Direction | None) -> float:
    """Return the log-odds by which a text's vector speaks for the topic; 0 where unknown."""
    if direction is None or direction.shape != vector.shape:
        return 0.0
    return float(vector @ direction)
