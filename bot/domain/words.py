"""The words by which texts are found: one tokeniser for the index and for what people type.

Latin words are folded and lose their plural; runs of Han, hangul, katakana and hiragana become
overlapping pairs (岸田首相 → 岸田 田首 首相), for these scripts write no spaces between words
or hang particles on them. A text is found by a word of two characters as by a longer one.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

# Stored indexes were written with these rules: raise it when they change, and the index is
# built anew.
VERSION = 1

# Feeds that carry whole articles are searched by their beginning: this is some 700 words.
MOST_CHARACTERS = 4_000

_HAN = "々〆\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\uac00-\ud7a3"
_KATAKANA = "\u30a1-\u30faー"
_HIRAGANA = "\u3041-\u3096"
CJK = f"{_HAN}{_HANGUL}{_KATAKANA}{_HIRAGANA}"

_TOKEN = re.compile(
    r"(?P<latin>[0-9a-z\u00df-\u00f6\u00f8-\u024f\u0300-\u036f\u1e00-\u1eff]+)"
    rf"|(?P<run>[{_HAN}]+|[{_HANGUL}]+|[{_KATAKANA}]+)"
    rf"|(?P<hiragana>[{_HIRAGANA}]+)"
    rf"|(?P<other>(?:(?![{CJK}])[^\W_])+)"
)
# 한·일 is 한일; NFKC turns the Korean dot ㆍ into a vowel of old Korean.
_DOT = re.compile(rf"(?<=[{CJK}])[·・‧\u119e](?=[{CJK}])")
_POSSESSIVE = re.compile(r"(?<=[a-z])['’]s?(?![a-z])")
_ACRONYM = re.compile(r"(?<![a-z0-9])(?:[a-z]\.){2,}[a-z]?(?![a-z0-9])")

# Addresses and nonsense: no database takes a word of thousands of characters.
LONGEST_WORD = 64

# Shorter words lose no plural (gas, bus, has), and only longer ones end in y (ties is tie).
_SHORTEST_PLURAL = 4
_SHORTEST_IES = 5


def words(text: str) -> list[str]:
    """Return the words of a text in order; the same text always gives the same words.

    Width, case and accents do not count (Ｄｏｋｄō is dokdo); a plural is its singular. A
    character that stands alone between other scripts is a word (日 of 日총리), except
    hiragana, which are particles there, and what counts after a number (23日).
    """
    return list(_words(fold(text)))


def fold(text: str) -> str:
    """Return a text as it is compared: NFKC, no case, 한·일 as 한일, U.S. as us."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _DOT.sub("", folded)
    if "'" in folded or "’" in folded:
        folded = _POSSESSIVE.sub("", folded)
    if "." in folded:
        folded = _ACRONYM.sub(lambda match: match.group().replace(".", ""), folded)
    return folded


def script_language(text: str) -> str | None:
    """Return the language that a text's script alone tells: ``ko``, ``ja`` or None."""
    if re.search(f"[{_HANGUL}]", text):
        return "ko"
    return "ja" if re.search(f"[{_HIRAGANA}{_KATAKANA}]", text) else None


def _words(folded: str) -> Iterator[str]:
    counted_to = -1
    for match in _TOKEN.finditer(folded):
        kind, token = match.lastgroup, match.group()
        if kind == "latin":
            yield stem(token if token.isascii() else _plain(token))[:LONGEST_WORD]
            counted_to = match.end() if token[-1].isdigit() else -1
        elif kind == "other":
            yield _plain(token)[:LONGEST_WORD]
        elif len(token) > 1:
            yield from map("".join, pairwise(token))
        elif kind == "run" and match.start() != counted_to:
            yield token


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word)
    return "".join(c for c in apart if not unicodedata.combining(c)) or word


def stem(word: str) -> str:
    """Return a Latin word without its plural: the S stemmer of D. Harman (JASIS 42, 1991)."""
    if len(word) < _SHORTEST_PLURAL or word[-1] != "s":
        return word
    if len(word) >= _SHORTEST_IES and word.endswith("ies") and not word.endswith(("aies", "eies")):
        return f"{word[:-3]}y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss", "is")) else word[:-1]
