"""Reads entries in order of arrival: language, relevance, issue, duplicate, story."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bot.domain.account import Candidate
from bot.domain.model import Entry, Reading
from bot.domain.topic import Name, Topic
from bot.understanding.duplicates import WINDOW as DUPLICATE_WINDOW
from bot.understanding.duplicates import Duplicates, signature
from bot.understanding.issues import issue_of
from bot.understanding.language import language_of
from bot.understanding.meaning import direction_of, meaning
from bot.understanding.pairs import Item, item_of, shared_words, story_weights, telling
from bot.understanding.relevance import Judge, Sighting, matcher_for, sighted
from bot.understanding.stories import WINDOW as STORY_WINDOW
from bot.understanding.stories import Stories
from bot.understanding.text import lead
from bot.understanding.vectors import Encoder, pack, unpack

# How far back `remembered` must reach for decisions to be those of an unbroken run.
REMEMBER: timedelta = max(DUPLICATE_WINDOW, STORY_WINDOW)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadBatch:
    """The readings of a batch, in its order.

    ``moved`` maps ids of earlier entries to the story they belong to from now on;
    ``follows`` maps stories that were opened to the earlier story that they follow.
    """

    readings: tuple[Reading, ...]
    moved: Mapping[int, int] = field(default_factory=dict)
    follows: Mapping[int, int] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class _Changes:
    """What the entries of a batch did to stories, collected while it is read."""

    moved: dict[int, int] = field(default_factory=dict)
    follows: dict[int, int] = field(default_factory=dict)

    def merge(self, merged: int, moved: Mapping[int, int], *, into: int) -> None:
        """Note a merge: the merged story is no longer, and follows nothing."""
        self.moved.update(moved)
        followed = self.follows.pop(merged, None)
        if followed not in (None, into):
            self.follows.setdefault(into, followed)
        for story, earlier in list(self.follows.items()):
            if earlier == merged:
                self.follows[story] = into
            if self.follows[story] == story:
                del self.follows[story]


class Reader:
    """Decides each entry from that entry and earlier ones only; the same input, the same output.

    State is a sliding window of days and does not grow with what was read before it.
    """

    def __init__(
        self,
        *,
        topic: Topic,
        names: Sequence[Name],
        encoder: Encoder,
        new_story_id: Callable[[], int],
        remembered: Iterable[tuple[Entry, Reading]] = (),
        assume_relevant: bool = False,
    ) -> None:
        """Take up work where ``remembered`` (in order of arrival, ``REMEMBER`` long) left it.

        ``new_story_id`` gives an id that no story has; several readers may share one.
        ``assume_relevant`` skips the relevance filter, to judge clustering alone.
        """
        self._topic = topic
        self._matcher = matcher_for(topic, names)
        self._judge = Judge(topic, self._matcher.names)
        self._encoder = encoder
        self._direction = direction_of(topic.id, encoder.name)
        self._assume_relevant = assume_relevant
        self._shared = shared_words(self._matcher.names.values(), topic.sides)
        self._duplicates = Duplicates()
        self._stories = Stories(
            story_weights(encoder.name), encoder=encoder.name, new_id=new_story_id
        )
        self._kept: dict[int, tuple[datetime, Reading]] = {}
        for entry, reading in remembered:
            self._recall(entry, reading)

    def read(self, entries: Sequence[Entry]) -> ReadBatch:
        """Return a reading of each entry, given in order of arrival.

        Relevant entries get a story, a duplicate that of its original; others get none. An
        entry that is read again because it changed keeps the story that holds it.
        """
        self._forget(entries)
        seen = [self._sighted(entry) for entry in entries]
        rows = self._vectors(entries, seen)
        first = [
            (entry, self._first_pass(entry, sighting, rows.get(entry.id)))
            for entry, sighting in zip(entries, seen, strict=True)
        ]
        placed: dict[int, Reading] = {}
        changes = _Changes()
        for entry, reading in first:
            row = None if _is_copy(reading) else rows.get(entry.id)
            placed[entry.id] = self._placed(entry, reading, row, changes)
        moved = changes.moved
        for entry_id in moved.keys() & placed.keys():
            placed[entry_id] = replace(placed[entry_id], story_id=moved.pop(entry_id))
        return ReadBatch(readings=tuple(placed.values()), moved=moved, follows=changes.follows)

    def candidates(
        self, entry: Entry, reading: Reading, row: NDArray[np.float32]
    ) -> tuple[Candidate, ...]:
        """Return the stories that an entry is compared with, the likeliest first.

        ``row`` is its vector, as the encoder made it. Nothing is decided or remembered.
        """
        found = self._stories.candidates(self._item(entry, reading, row))
        return tuple(Candidate(story_id=one.story_id, odds=one.fit) for one in found)

    @property
    def joins_from(self) -> float:
        """The log-odds from which an entry joins a story."""
        return self._stories.joins_from

    def _forget(self, entries: Sequence[Entry]) -> None:
        """Drop what is too old for a batch. Not while it is read: its copies need originals."""
        while self._kept and entries:
            oldest = next(iter(self._kept))
            if self._kept[oldest][0] >= entries[0].seen_at - REMEMBER:
                break
            del self._kept[oldest]

    def _first_pass(self, entry: Entry, seen: Sighting, row: NDArray[np.float32] | None) -> Reading:
        """Return everything but the story, which depends on the readings before."""
        added = 0.0 if row is None else meaning(row, self._direction)
        verdict = self._judge.verdict(seen, added)
        reading = Reading(
            entry_id=entry.id,
            topic=self._topic.id,
            language=seen.language,
            relevance=verdict.relevance,
            relevant=self._assume_relevant or verdict.relevance >= self._topic.threshold,
            reasons=verdict.reasons,
            issue=issue_of(seen, self._matcher.names, self._topic),
            entities=tuple(sorted(seen.names)),
        )
        reading = self._compared(entry, reading)
        self._keep(entry, reading)
        return reading

    def _sighted(self, entry: Entry) -> Sighting:
        return sighted(
            self._matcher,
            title=entry.title,
            text=entry.text,
            language=language_of(lead(entry.title, entry.text), entry.language),
            country=entry.country,
        )

    def _compared(self, entry: Entry, reading: Reading) -> Reading:
        """Tell of what the entry is a copy, unless a story holds it already."""
        new = signature(entry)
        told = self._kept.get(entry.id)
        if told is not None and told[1].story_id is not None:
            reading = _like(reading, told[1], duplicate_of=told[1].duplicate_of)
            reading = replace(reading, story_id=told[1].story_id)
        else:
            reading = self._as_copy(entry, reading, self._duplicates.copied(new))
        self._duplicates.remember(new, reading.duplicate_of)
        return reading

    def _as_copy(self, entry: Entry, reading: Reading, copied: Sequence[int]) -> Reading:
        """Return the reading of an entry that repeats the texts of those ``copied``.

        The first relevant report is no duplicate, even of an entry that does not matter:
        a story shows only what is no duplicate.
        """
        originals = (self._original(id_, since=entry.seen_at - REMEMBER) for id_ in copied)
        original = next(filter(None, originals), None)
        if original is not None:
            return _like(reading, original, duplicate_of=original.entry_id)
        if reading.relevant or not copied:
            return reading
        origin = self._duplicates.origin_of(copied[0])
        if origin in self._kept:
            # It became relevant by a change, which what is copied here does not share.
            origin = copied[0]
        return replace(reading, duplicate_of=origin if origin != entry.id else None)

    def _original(self, copied: int, *, since: datetime) -> Reading | None:
        """Return the relevant first report of a text that was copied, where still known."""
        seen_at, reading = self._kept.get(copied, (since, None))
        if reading is not None and reading.duplicate_of is not None:
            seen_at, reading = self._kept.get(reading.duplicate_of, (since, None))
        return reading if seen_at >= since else None

    def _keep(self, entry: Entry, reading: Reading) -> None:
        """Remember what copies of a relevant entry will need."""
        if reading.relevant:
            self._kept[entry.id] = (entry.seen_at, replace(reading, vector=None))

    def _vectors(
        self, entries: Sequence[Entry], seen: Sequence[Sighting]
    ) -> Mapping[int, NDArray[np.float32]]:
        """Vectors of what could matter, as they will be remembered: in float16."""
        wanted = [
            entry
            for entry, sighting in zip(entries, seen, strict=True)
            if self._assume_relevant or entry.id in self._kept or self._judge.opens(sighting)
        ]
        rows = self._encoder.encode([lead(entry.title, entry.text) for entry in wanted])
        return {entry.id: unpack(pack(row)) for entry, row in zip(wanted, rows, strict=True)}

    def _placed(
        self,
        entry: Entry,
        reading: Reading,
        row: NDArray[np.float32] | None,
        changes: "_Changes",
    ) -> Reading:
        """Return the reading with its story; note in ``changes`` what that did to others."""
        if not reading.relevant:
            return reading
        if row is None:
            placed = replace(reading, story_id=self._story_told(reading))
        else:
            item = self._item(entry, reading, row)
            story = self._story_of(item, self._kept[entry.id][1].story_id, changes)
            placed = replace(reading, vector=pack(row), story_id=story)
        self._keep(entry, placed)
        return placed

    def _story_told(self, copy: Reading) -> int | None:
        """Return the story that holds a copy already, or its original's."""
        own = self._kept[copy.entry_id][1].story_id
        if own is None and copy.duplicate_of is not None:
            return self._kept[copy.duplicate_of][1].story_id
        return own

    def _story_of(self, item: Item, told: int | None, changes: "_Changes") -> int:
        """Return an item's story: ``told``, where one holds it already, or where it fits."""
        if told is not None:
            self._stories.remember(item, told)
            return told
        place = self._stories.place(item)
        if place.merged is not None:
            moved = self._move(place.merged, into=place.story_id)
            changes.merge(place.merged, moved, into=place.story_id)
        if place.follows is not None:
            changes.follows[place.story_id] = place.follows
        return place.story_id

    def _move(self, merged: int, *, into: int) -> dict[int, int]:
        """Give the entries of a merged story their new one; return the new story of each."""
        moved = {
            id_: into for id_, (_, reading) in self._kept.items() if reading.story_id == merged
        }
        for id_ in moved:
            seen_at, reading = self._kept[id_]
            self._kept[id_] = (seen_at, replace(reading, story_id=into))
        return moved

    def _item(self, entry: Entry, reading: Reading, row: NDArray[np.float32]) -> Item:
        return item_of(
            entry,
            language=reading.language,
            names=telling(reading.entities, self._matcher.names),
            vector=row,
            shared=self._shared,
        )

    def _recall(self, entry: Entry, reading: Reading) -> None:
        """Take up an entry that was read before a restart."""
        self._duplicates.remember(signature(entry), reading.duplicate_of)
        self._keep(entry, reading)
        if reading.story_id is not None and self._is_comparable(reading.vector):
            item = self._item(entry, reading, unpack(reading.vector or b""))
            self._stories.remember(item, reading.story_id)

    def _is_comparable(self, vector: bytes | None) -> bool:
        # Another encoder's vectors have another length; their stories take in nothing new.
        return vector is not None and len(unpack(vector)) == self._encoder.dim


def _like(reading: Reading, first: Reading, *, duplicate_of: int | None) -> Reading:
    """Give a reading the relevance and the issue of what was relevant first."""
    relevance = max(reading.relevance, first.relevance)
    return replace(
        reading, relevant=True, relevance=relevance, issue=first.issue, duplicate_of=duplicate_of
    )


def _is_copy(reading: Reading) -> bool:
    return reading.duplicate_of is not None
