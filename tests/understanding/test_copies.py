"""Copies of what matters and of what does not, read in any order, with restarts and edits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.domain.model import Entry, Reading
from bot.domain.topic import Name, Topic
from bot.understanding.reader import REMEMBER, Reader

RELEVANT = "The foreign ministers of Japan and South Korea hold talks on bilateral ties, angle {}"
IRRELEVANT = "Rain is expected in the north, and snow in the hills tonight, angle {}"
OTHER_TITLE = "Ministers agree to see each other again next month"
ANGLES = (0, 33, 65)


@cache
def centre() -> NDArray[np.float32]:
    with files("bot.understanding").joinpath("data", "centres.npz").open("rb") as file:
        middle: NDArray[np.float32] = np.load(file)["use_en"].astype(np.float32)
        return middle


class Angles:
    """An encoder whose vectors point where the text's last word says, in degrees."""

    name, dim = "use", 512

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        turns = np.deg2rad([float(text.split()[-1]) for text in texts])
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows[:, 0], rows[:, 1] = np.cos(turns), np.sin(turns)
        pointed: NDArray[np.float32] = rows + centre()
        return pointed


def entry(id_: int, family: int, *, relevant: bool, hours: float) -> Entry:
    """Entries of a family are one text to the reader: they share address and title."""
    at = datetime(2025, 8, 23, tzinfo=UTC) + timedelta(hours=hours)
    return Entry(
        id=id_,
        feed_id=1,
        guid=str(id_),
        url=f"https://news.example/{family}",
        title="Ministers meet for two hours, all they said",
        text=(RELEVANT if relevant else IRRELEVANT).format(ANGLES[family]),
        language="en",
        outlet="example",
        outlet_name="Example",
        country=None,
        published_at=at,
        seen_at=at,
        content_hash=f"{family} {relevant}",
    )


class Archive:
    """Keeps readings as the database does, and restores a reader from them."""

    def __init__(self, topic: Topic, names: tuple[Name, ...]) -> None:
        self._topic, self._names = topic, names
        self._ids = count(1)
        self.entries: dict[int, Entry] = {}
        self.readings: dict[int, Reading] = {}
        self.reader = self.restored()

    def restored(self) -> Reader:
        known = sorted(self.entries.values(), key=lambda one: (one.seen_at, one.id))
        since = known[-1].seen_at - REMEMBER if known else None
        return Reader(
            topic=self._topic,
            names=self._names,
            encoder=Angles(),
            new_story_id=self._ids.__next__,
            remembered=[(e, self.readings[e.id]) for e in known if since and e.seen_at >= since],
        )

    def read(self, *batch: Entry) -> tuple[Reading, ...]:
        read = self.reader.read(batch)
        self.entries |= {one.id: one for one in batch}
        self.readings |= {reading.entry_id: reading for reading in read.readings}
        left = {self.readings[id_].story_id: story for id_, story in read.moved.items()}
        for id_, reading in self.readings.items():
            story = left.get(reading.story_id, reading.story_id)
            self.readings[id_] = replace(reading, story_id=story)
        return tuple(self.readings[one.id] for one in batch)

    def restart(self) -> None:
        self.reader = self.restored()


MakeArchive = Callable[[], Archive]


@pytest.fixture(scope="module")
def archive(topic: Topic, names: tuple[Name, ...]) -> MakeArchive:
    return lambda: Archive(topic, names)


def require_reports(readings: dict[int, Reading]) -> None:
    """Every story shows a report, and every relevant copy stands behind one of its story."""
    told = [one for one in readings.values() if one.story_id is not None]
    reported = {one.story_id for one in told if one.duplicate_of is None}
    assert {one.story_id for one in told} == reported
    for one in readings.values():
        assert one.duplicate_of != one.entry_id
        assert one.relevant == (one.story_id is not None)
        if one.relevant and one.duplicate_of is not None:
            original = readings[one.duplicate_of]
            assert (original.duplicate_of, original.story_id) == (None, one.story_id)


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "family": st.integers(0, 2),
            "relevant": st.booleans(),
            "after": st.sampled_from((0, 1, 30, 70, 100)),
            "then": st.sampled_from(("go on", "read", "restart", "edit")),
        }
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS)
def test_every_story_has_a_report(archive: MakeArchive, steps: list[dict[str, Any]]) -> None:
    """Whatever copies what, in whatever batches, with restarts and edits between them."""
    kept, hours, batch = archive(), 0.0, list[Entry]()
    for id_, step in enumerate(steps, start=1):
        hours += step["after"]
        batch.append(entry(id_, step["family"], relevant=step["relevant"], hours=hours))
        if step["then"] != "go on":
            kept.read(*batch)
            batch.clear()
        if step["then"] == "restart":
            kept.restart()
        if step["then"] == "edit":
            kept.read(*edited(kept, relevant=step["relevant"]))
    kept.read(*batch)
    require_reports(kept.readings)


def edited(kept: Archive, *, relevant: bool) -> list[Entry]:
    """The first entry that no story holds, and the latest whatever holds it, changed.

    What a story holds is read again only where it changed while it was read.
    """
    untold = [id_ for id_, one in kept.readings.items() if one.story_id is None]
    chosen = sorted({*untold[:1], max(kept.entries)})
    return [
        replace(kept.entries[id_], text=entry(id_, id_ % 3, relevant=not relevant, hours=0).text)
        for id_ in chosen
    ]


@pytest.mark.parametrize("restart", [False, True])
def test_the_first_relevant_report_is_no_duplicate(archive: MakeArchive, restart: bool) -> None:
    """It repeats what did not matter; the copies that follow stand behind it."""
    kept = archive()
    readings: list[Reading] = []
    for id_, relevant in enumerate((False, False, True, False, True), start=1):
        readings += kept.read(entry(id_, 0, relevant=relevant, hours=id_))
        if restart:
            kept.restart()
    assert [one.duplicate_of for one in readings] == [None, 1, None, 3, 3]
    assert [one.story_id for one in readings] == [None, None, 1, 1, 1]


def test_a_copy_of_what_is_forgotten_is_a_report(archive: MakeArchive) -> None:
    """The chain of copies outlasts its original, which is out of reach after a week."""
    kept = archive()
    days = (0, 2.5, 5, 7.4)
    ids = range(1, len(days) + 1)
    chain = [
        entry(id_, 0, relevant=True, hours=day * 24) for id_, day in zip(ids, days, strict=True)
    ]
    assert [one.duplicate_of for one in kept.read(*chain)] == [None, 1, 1, None]
    require_reports(kept.readings)


def test_a_long_batch_does_not_lose_its_originals(archive: MakeArchive) -> None:
    """What its first entries repeat is known until they are placed, however late its last is."""
    kept = archive()
    kept.read(entry(1, 0, relevant=True, hours=0))
    copy, _ = kept.read(
        entry(2, 0, relevant=True, hours=48), entry(3, 1, relevant=True, hours=8 * 24)
    )
    assert (copy.duplicate_of, copy.story_id) == (1, 1)


@pytest.mark.parametrize("restart", [False, True])
def test_an_edited_entry_gets_a_normal_reading(archive: MakeArchive, restart: bool) -> None:
    """Irrelevant at first, it opens a story; copies of its old text have no part in that."""
    kept = archive()
    kept.read(entry(1, 0, relevant=False, hours=0), entry(2, 0, relevant=False, hours=1))
    [again] = kept.read(replace(entry(1, 1, relevant=True, hours=0), title=OTHER_TITLE))
    assert (again.relevant, again.duplicate_of, again.story_id) == (True, None, 1)
    if restart:
        kept.restart()
    [third] = kept.read(entry(3, 0, relevant=False, hours=2))
    assert (third.relevant, third.duplicate_of, third.story_id) == (False, 2, None)
    [fourth] = kept.read(replace(entry(4, 1, relevant=False, hours=3), title=OTHER_TITLE))
    assert (fourth.relevant, fourth.duplicate_of, fourth.story_id) == (True, 1, 1)


def test_an_edit_that_changes_little_is_no_copy_of_its_copy(archive: MakeArchive) -> None:
    """Who repeated the entry before it was edited stays the one that repeats."""
    kept = archive()
    kept.read(entry(1, 0, relevant=False, hours=0), entry(2, 0, relevant=False, hours=1))
    [again] = kept.read(replace(entry(1, 0, relevant=False, hours=0), text=IRRELEVANT.format(1)))
    assert again.duplicate_of is None


def test_an_entry_that_a_story_holds_stays_there(archive: MakeArchive) -> None:
    """It changed while it was read: its story keeps its report, and later reading goes on."""
    kept = archive()
    kept.read(entry(1, 0, relevant=True, hours=0), entry(2, 0, relevant=True, hours=1))
    [again] = kept.read(entry(1, 2, relevant=False, hours=0))
    assert (again.relevant, again.duplicate_of, again.story_id) == (True, None, 1)
    assert again.vector is not None
    kept.read(entry(3, 2, relevant=True, hours=9 * 24), entry(4, 1, relevant=True, hours=9 * 24))
    require_reports(kept.readings)
