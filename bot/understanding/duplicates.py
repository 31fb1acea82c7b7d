"""The same text again: republished, syndicated, re-addressed. Precision first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bot.domain.model import Entry
from bot.understanding.text import bare_title, has_cjk, letters, numbers, shingles, without_dateline

# Copies come within days; templates (weather, horoscopes, market tables) come back daily.
WINDOW = timedelta(days=3)
BODY_CHARACTERS = 600
# Letters below which a title or body is shared by chance ("World News", "사진").
LONG_TITLE, LONG_BODY = 10, 24
# Share of common shingles (Jaccard) from which bodies are one text; and where the titles
# are the same too. Fitted on development data: benchmarks/quality.py shows both errors.
SAME_BODY, SAME_BODY_AND_TITLE = 0.8, 0.5
# Advertisements and series begin with the same lead under titles that share nothing.
# Pairs of letters of an alphabet recur by chance more often than those of CJK scripts.
RELATED_TITLES, RELATED_ALPHABETIC_TITLES = 0.22, 0.35
# A headline without a text is repeated within hours; a column's name comes back daily.
BARE_WINDOW = timedelta(hours=12)
# A text gets another title within the day; series come back with another part.
RETITLED_WINDOW = timedelta(hours=20)
# An outlet's report that was lengthened holds this share of its earlier text's shingles.
LENGTHENED = 0.95
# The smallest hashes of a body, by which candidates are looked up.
SKETCH = 12

Shingles = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What is kept of an entry to recognise its copies. Shingles are sorted 64-bit hashes."""

    entry_id: int
    seen_at: datetime
    url: str
    outlet: str
    title: str
    title_numbers: frozenset[str]
    body_numbers: frozenset[str]
    title_shingles: Shingles
    body_shingles: Shingles
    body_length: int


def signature(entry: Entry) -> Signature:
    """Return the signature of an entry."""
    title, body = bare_title(entry.title), without_dateline(entry.text[:BODY_CHARACTERS])
    if letters(body) == letters(entry.title):
        body = ""
    return Signature(
        entry_id=entry.id,
        seen_at=entry.seen_at,
        url=entry.url,
        outlet=entry.outlet,
        title=letters(title),
        title_numbers=numbers(title),
        body_numbers=numbers(body),
        title_shingles=shingles(title, 2),
        body_shingles=shingles(body),
        body_length=len(letters(body)),
    )


def similarity(one: Shingles, other: Shingles) -> float:
    """Return the share of common shingles (Jaccard), 0..1; 0 where either has none."""
    if not len(one) or not len(other):
        return 0.0
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def held(one: Shingles, other: Shingles) -> float:
    """Return the share of the shingles of ``one`` that ``other`` has too, 0..1."""
    if not len(one):
        return 0.0
    return len(np.intersect1d(one, other, assume_unique=True)) / len(one)


def same_text(old: Signature, new: Signature) -> bool:
    """Whether ``new`` is the text of ``old``, published again.

    A report that grows is not: one with a text is no copy of its bare headline.
    """
    same_title = old.title == new.title and old.title_numbers == new.title_numbers
    alike = similarity(old.body_shingles, new.body_shingles)
    if old.url == new.url:
        return same_title or alike >= SAME_BODY_AND_TITLE
    if not new.body_length:
        long_enough = len(new.title) >= LONG_TITLE
        return same_title and long_enough and new.seen_at - old.seen_at <= BARE_WINDOW
    if _lengthened(old, new):
        return True
    if old.body_numbers != new.body_numbers:
        return False
    if same_title:
        return alike >= SAME_BODY_AND_TITLE
    return _can_be_one(old, new) and alike >= SAME_BODY


def _lengthened(old: Signature, new: Signature) -> bool:
    """Whether an outlet published its report again with something added at the end.

    A sentence added is no other report: the reader has seen the rest.
    """
    return (
        old.outlet == new.outlet
        and old.body_numbers <= new.body_numbers
        and _can_be_one(old, new)
        and held(old.body_shingles, new.body_shingles) >= LENGTHENED
    )


def _can_be_one(old: Signature, new: Signature) -> bool:
    """Whether like bodies under unlike titles can be one text, not a template's lead."""
    if not (old.title_numbers <= new.title_numbers or new.title_numbers <= old.title_numbers):
        return False
    if new.seen_at - old.seen_at > RETITLED_WINDOW:
        return False
    if min(old.body_length, new.body_length) < LONG_BODY:
        return False
    return _titles_relate(old, new)


def _titles_relate(old: Signature, new: Signature) -> bool:
    """Whether two titles share enough to be two titles of one text."""
    least = RELATED_TITLES if has_cjk(new.title) else RELATED_ALPHABETIC_TITLES
    return similarity(old.title_shingles, new.title_shingles) >= least


def _is_template(new: Signature, candidates: Sequence[Signature]) -> bool:
    """Whether the body of ``new`` has stood under a title that has nothing to do with its own."""
    return any(
        old.entry_id != new.entry_id
        and not _titles_relate(old, new)
        and similarity(old.body_shingles, new.body_shingles) >= SAME_BODY
        for old in candidates
    )


class Duplicates:
    """Remembers the entries of the last days and finds of which one a new entry is a copy.

    Looks up candidates by address, by title and by a sketch of the body's smallest hashes,
    so that the cost of an entry does not grow with the number remembered.
    """

    def __init__(self) -> None:
        """Begin with nothing remembered."""
        self._kept: dict[int, Signature] = {}
        self._by_key: defaultdict[str | int, list[int]] = defaultdict(list)
        self._origin: dict[int, int] = {}

    def copied(self, new: Signature) -> list[int]:
        """Return the ids of the entries whose text ``new`` repeats, in order of arrival."""
        before = new.seen_at - WINDOW
        self._forget(before)
        candidates = self._candidates(new)
        template = _is_template(new, candidates)
        return [
            old.entry_id
            for old in candidates
            # An entry that is read again is no copy of what it said before.
            if old.entry_id != new.entry_id
            and old.seen_at >= before
            and same_text(old, new)
            and (not template or old.title == new.title)
        ]

    def origin_of(self, entry_id: int) -> int:
        """Return the entry that a remembered one was found to repeat; itself where none."""
        return self._origin.get(entry_id, entry_id)

    def remember(self, new: Signature, origin: int | None) -> None:
        """Keep a signature; ``origin`` is the entry it was found to repeat.

        What was kept of the same entry, read before it changed, is dropped.
        """
        self._drop_keys(new.entry_id)
        self._kept[new.entry_id] = new
        if origin is not None:
            self._origin[new.entry_id] = origin
        for key in _keys(new):
            self._by_key[key].append(new.entry_id)

    def _candidates(self, new: Signature) -> list[Signature]:
        ids = {id_ for key in _keys(new) for id_ in self._by_key.get(key, ())}
        return (
            [self._kept[id_] for id_ in self._kept if id_ in ids]
            if len(ids) > 1
            else [self._kept[id_] for id_ in ids]
        )

    def _forget(self, before: datetime) -> None:
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.seen_at >= before:
                return
            self._drop_keys(oldest.entry_id)
            del self._kept[oldest.entry_id]

    def _drop_keys(self, entry_id: int) -> None:
        """Let nothing lead to an entry; its place in the order of arrival stays."""
        self._origin.pop(entry_id, None)
        if entry_id in self._kept:
            for key in _keys(self._kept[entry_id]):
                self._unlist(key, entry_id)

    def _unlist(self, key: str | int, entry_id: int) -> None:
        ids = self._by_key[key]
        ids.remove(entry_id)
        if not ids:
            del self._by_key[key]


def _keys(of: Signature) -> list[str | int]:
    """Under what a signature is looked up: address, title, smallest hashes of the body."""
    titles = ["t:" + of.title] if len(of.title) >= LONG_TITLE else []
    sketch = (
        [int(value) for value in of.body_shingles[:SKETCH]] if of.body_length >= LONG_BODY else []
    )
    return ["u:" + of.url, *titles, *sketch]
