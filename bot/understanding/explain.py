"""Reads one entry again to tell how it was decided: signals, names, issue, nearest stories."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from bot.domain.account import Account, Candidate, IssueSigns, Moved, Named
from bot.domain.growth import Joined
from bot.domain.model import Entry, Reading
from bot.domain.topic import Name, Topic
from bot.understanding.issues import issue_of, score, signs_of
from bot.understanding.language import language_of
from bot.understanding.meaning import direction_of, meaning
from bot.understanding.reader import Reader
from bot.understanding.reasons import said_for
from bot.understanding.relevance import Judge, Sighting, matcher_for, sighted
from bot.understanding.text import lead
from bot.understanding.vectors import Encoder, pack, unpack

# Issues and stories beyond these were never near.
ISSUES_TOLD, CANDIDATES_TOLD = 3, 5

# What moved the log-odds by less is no signal that anybody would ask about.
LEAST_MOVED = 0.005


class Explainer:
    """Tells how entries are read for one topic. It decides nothing and saves nothing."""

    def __init__(self, topic: Topic, names: Sequence[Name], encoder: Encoder) -> None:
        self._topic = topic
        self._names = names
        self._encoder = encoder
        self._matcher = matcher_for(topic, names)
        self._judge = Judge(topic, self._matcher.names)

    def account(self, entry: Entry, reading: Reading | None, before: Sequence[Joined]) -> Account:
        """Read an entry again, against the entries that came ``before`` it.

        ``reading`` is what was made of it then: its vector is used where it is still kept.
        What was decided for a copy was its original's.
        """
        seen = self._sighted(entry)
        row = self._vector(entry, reading, seen)
        added = 0.0 if row is None else meaning(row, self._direction)
        verdict = self._judge.verdict(seen, added)
        reader = self._reader(before)
        compared: tuple[Candidate, ...] = ()
        if row is not None and reading is not None and reading.story_id is not None:
            compared = reader.candidates(entry, reading, row)
        return Account(
            relevance=verdict.relevance,
            level=self._topic.level(verdict.relevance),
            bias=self._topic.weights.get("bias", 0.0),
            moved=tuple(_moved(verdict.moved)),
            names=tuple(self._named(seen, entry)),
            sides=tuple(side for side in self._topic.sides if side in self._sides(seen)),
            issue=issue_of(seen, self._matcher.names, self._topic),
            issues=tuple(self._issues(seen)),
            candidates=compared[:CANDIDATES_TOLD],
            join=reader.joins_from if compared else None,
        )

    @property
    def _direction(self) -> NDArray[np.float32] | None:
        return direction_of(self._topic.id, self._encoder.name)

    def _sighted(self, entry: Entry) -> Sighting:
        return sighted(
            self._matcher,
            title=entry.title,
            text=entry.text,
            language=language_of(lead(entry.title, entry.text), entry.language),
            country=entry.country,
        )

    def _vector(
        self, entry: Entry, reading: Reading | None, seen: Sighting
    ) -> NDArray[np.float32] | None:
        """Return the vector of an entry that could matter, as it was when it was read."""
        kept = unpack(reading.vector) if reading is not None and reading.vector else None
        if kept is not None and len(kept) == self._encoder.dim:
            return kept
        if not self._judge.opens(seen) and (reading is None or reading.story_id is None):
            return None
        return unpack(pack(self._encoder.encode([lead(entry.title, entry.text)])[0]))

    def _reader(self, before: Sequence[Joined]) -> Reader:
        return Reader(
            topic=self._topic,
            names=self._names,
            encoder=self._encoder,
            new_story_id=_never,
            remembered=before,
        )

    def _named(self, seen: Sighting, entry: Entry) -> Iterator[Named]:
        day = entry.published_at.astimezone(UTC).date()
        for id_, form in {**seen.title.names, **seen.body.names, **seen.title.names}.items():
            name = self._matcher.names[id_]
            yield Named(
                form=form,
                id=id_,
                kind=name.kind,
                countries=tuple(sorted(name.countries)),
                role=name.role_on(day),
            )

    def _sides(self, seen: Sighting) -> frozenset[str]:
        """Return the countries that an entry names, in full, by a name or abbreviated."""
        named = (self._matcher.names[id_].countries for id_ in seen.names)
        return frozenset().union(*named, *seen.title.runs, *seen.body.runs)

    def _issues(self, seen: Sighting) -> Iterator[IssueSigns]:
        signs = signs_of(seen, self._matcher.names, self._topic)
        weighed = [
            IssueSigns(
                issue=issue,
                score=score(issue, given, self._topic.issue_weights),
                signs=tuple(sorted(given)),
            )
            for issue, given in signs.items()
            if given
        ]
        yield from sorted(weighed, key=lambda one: (-one.score, one.issue))[:ISSUES_TOLD]


def _moved(moved: Mapping[str, float]) -> Iterator[Moved]:
    for signal, by in sorted(moved.items(), key=lambda one: (-abs(one[1]), one[0])):
        if abs(by) >= LEAST_MOVED:
            yield Moved(signal=signal, words=said_for(signal), by=by)


def _never() -> int:
    raise AssertionError("an explanation opens no story")
