"""The text of an entry as the reading compares it: normal forms, marks, numbers, shingles."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

# Titles and leads say what an article is about; the rest costs time and adds other subjects.
LEAD_CHARACTERS = 400
SHINGLE_CHARACTERS = 5

_DATELINE = re.compile(
    r"^\s*[(\[【（][^()\[\]]{0,30}?[=＝][^()\[\]]{0,20}?[)\]】）][^=]{0,40}?=\s*"
)
_DOTS = re.compile(
    r"(?<=[한일미중러북韓日美中米朝北露])[·ㆍ・‧･‑–\u119e-](?=[한일미중러북韓日美中米朝北露])"
)
# What an agency adds to a title while a report grows: [속보], (종합2보), UPDATE 2-, (2nd LD).
_MARKS = re.compile(
    r"^\s*(?:[\[【(<]\s*(?:속보|단독|긴급|速報|独自|詳報|更新|URGENT|BREAKING|\d?(?:st|nd|rd|th)?\s*LD|"
    r"LEAD|UPDATE\d?)\s*[\]】)>]|UPDATE\s*\d*\s*[-–:]|BREAKING\s*:|速報\s*[:：])\s*|"
    r"\s*[(\[]\s*(?:종합\d?보?|\d보|상보|LEAD|URGENT|updated?)\s*[)\]]\s*$",
    re.IGNORECASE,
)
_OUTLET_SUFFIX = re.compile(r"\s+[-–—|｜]\s+[^-–—|｜]{2,30}$|\s*\|\s*[^|]{2,30}$")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NOT_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d_]+")
# Scripts that write no spaces between words, or inflect by what is written after them.
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
# Words of an alphabet are compared by their first letters, which stay when they are inflected.
STEM_LETTERS = 6
# The golden ratio in 64 bits: odd, and without a pattern.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def normal(text: str) -> str:
    """Return ``text`` in NFKC without control characters, spaces made single."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def without_dateline(text: str) -> str:
    """Return ``text`` without an agency's place and byline, which many texts share."""
    return _DATELINE.sub("", text)


def match_form(text: str) -> str:
    """Return ``text`` as names are matched in it: normal, without dateline, 한·일 as 한일."""
    return _DOTS.sub("", normal(_DATELINE.sub("", text)))


def lower(text: str) -> str:
    """Return ``text`` in lower case with every character at its old place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(one if len(one := character.lower()) == 1 else character for character in text)


def bare_title(title: str) -> str:
    """Return a title without agency marks and outlet suffix: what copies of it share."""
    bare = normal(title)
    while (shorter := _MARKS.sub("", bare)) != bare:
        bare = shorter
    return _OUTLET_SUFFIX.sub("", bare) or bare or normal(title)


def letters(text: str) -> str:
    """Return the letters and digits of ``text`` alone, in lower case."""
    return _NOT_WORD.sub("", lower(normal(text)))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers that ``text`` names, without thousands separators."""
    return frozenset(match.replace(",", "") for match in _NUMBER.findall(normal(text)))


def shingles(text: str, size: int = SHINGLE_CHARACTERS) -> NDArray[np.uint64]:
    """Return sorted 64-bit hashes of every run of ``size`` letters in ``text``, each once.

    A shorter text is one run. The hash is a polynomial of the code points, mixed by
    splitmix64's last steps (Steele et al. 2014) so that the smallest are a fair sample.
    """
    run = letters(text)
    points = np.frombuffer(run.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    if not len(points):
        return points
    size = min(size, len(points))
    hashes = np.zeros(len(points) - size + 1, dtype=np.uint64)
    for at in range(size):
        hashes = hashes * _FACTOR + points[at : at + len(hashes)]
    return np.unique(_mixed(hashes))


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def lead(title: str, text: str, limit: int = LEAD_CHARACTERS) -> str:
    """Return title and the beginning of the text, cut to ``limit`` characters."""
    return f"{normal(title)}\n{normal(_DATELINE.sub('', text))}"[:limit]


def terms(text: str) -> Mapping[str, float]:
    """Return what ``text`` says, term by term, each with 1 + log of its frequency.

    Terms are pairs of CJK characters and the first letters of alphabetic words without
    accents, so that Dončić and Doncic are one in any language.
    """
    counts = Counter(term for word in _WORD.findall(_plain(text)) for term in _terms_of(word))
    return {term: 1.0 + math.log(count) for term, count in counts.items()}


def has_cjk(text: str) -> bool:
    """Whether ``text`` has kana, Han characters or hangul."""
    return _CJK.search(text) is not None


def _plain(text: str) -> str:
    """Return ``text`` in lower case, without the accents of alphabets."""
    return "".join(_base(character) for character in lower(normal(text)))


def _base(character: str) -> str:
    if character.isascii() or _CJK.match(character):
        return character
    pieces = unicodedata.normalize("NFKD", character)
    return "".join(piece for piece in pieces if not unicodedata.combining(piece))


def _terms_of(word: str) -> Iterator[str]:
    for run in _CJK.findall(word):
        yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
    yield from (part[:STEM_LETTERS] for part in _CJK.sub(" ", word).split() if len(part) > 1)
