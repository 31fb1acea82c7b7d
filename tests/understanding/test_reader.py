"""The reader as the jobs use it, with a real encoder."""

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.domain.model import Entry, Issue, Reading
from bot.domain.topic import Name, Topic
from bot.understanding.reader import Reader
from bot.understanding.vectors import Encoder, unpack

MakeReader = Callable[..., Reader]

TALKS = (
    ("Lee and Ishiba agree in Tokyo to keep shuttle diplomacy going", "en"),
    ("石破首相と李大統領が東京で会談、シャトル外交の継続で一致", "ja"),
    ("이재명 대통령·이시바 총리, 도쿄서 정상회담…셔틀외교 이어가기로", "ko"),
)
PROTEST = "외교부, 日 방위백서 독도 영유권 주장에 총괄공사 초치해 항의"
WEATHER = "전국 흐리고 곳곳에 비, 낮 기온 30도"


@pytest.fixture
def make_reader(topic: Topic, names: tuple[Name, ...], encoder: Encoder) -> MakeReader:
    def make(
        remembered: Sequence[tuple[Entry, Reading]] = (),
        *,
        next_story_id: int = 1,
        assume_relevant: bool = False,
    ) -> Reader:
        return Reader(
            topic=topic,
            names=names,
            encoder=encoder,
            new_story_id=count(next_story_id).__next__,
            remembered=remembered,
            assume_relevant=assume_relevant,
        )

    return make


@pytest.fixture(scope="session")
def day(make_entry: Callable[..., Entry]) -> list[Entry]:
    """A small day: one summit in three languages, a copy, a protest, the weather."""
    talks = [make_entry(at, title, hours=at / 4) for at, (title, _) in enumerate(TALKS, start=1)]
    return [
        *talks,
        make_entry(4, WEATHER, "비는 밤까지 이어진다.", hours=1.5),
        make_entry(5, TALKS[0][0] + " - Other Times", hours=2),
        make_entry(6, PROTEST, hours=3),
        make_entry(7, WEATHER, "비는 새벽에 그친다.", hours=20),
    ]


def test_one_event_in_three_languages_is_one_story(
    make_reader: MakeReader, day: list[Entry]
) -> None:
    """The protest is another story, the weather none."""
    readings = make_reader().read(day).readings
    assert [reading.language for reading in readings[:3]] == ["en", "ja", "ko"]
    assert {reading.story_id for reading in readings[:3]} == {1}
    assert readings[5].story_id == 2
    assert [reading.relevant for reading in readings] == [True] * 3 + [False, True, True, False]
    assert readings[3].story_id is None
    assert readings[3].vector is None


def test_a_copy_joins_its_original(make_reader: MakeReader, day: list[Entry]) -> None:
    """It needs no vector of its own, and is as relevant as what it repeats."""
    copy = make_reader().read(day).readings[4]
    assert (copy.duplicate_of, copy.story_id, copy.vector) == (1, 1, None)
    assert copy.issue is Issue.SUMMIT_DIPLOMACY


def test_readings_say_why(make_reader: MakeReader, day: list[Entry]) -> None:
    """Reasons and names are kept with the reading."""
    reading = make_reader().read(day).readings[0]
    assert any(reason.startswith("+ ") for reason in reading.reasons)
    assert {"ishiba-shigeru", "shuttle-diplomacy"} <= set(reading.entities)
    assert reading.vector is not None
    assert len(unpack(reading.vector)) == 512


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_restart_anywhere_gives_the_same_stories(
    make_reader: MakeReader, day: list[Entry], cut: int
) -> None:
    """What was read before is remembered, not read again."""
    whole = make_reader().read(day).readings
    first = make_reader().read(day[:cut]).readings
    next_id = max((r.story_id or 0 for r in first), default=0) + 1
    again = make_reader(list(zip(day, first, strict=False)), next_story_id=next_id)
    rest = again.read(day[cut:]).readings
    decided = [(r.story_id, r.duplicate_of, r.relevant, r.issue) for r in (*first, *rest)]
    assert decided == [(r.story_id, r.duplicate_of, r.relevant, r.issue) for r in whole]


def test_batches_do_not_matter(make_reader: MakeReader, day: list[Entry]) -> None:
    """One by one or all at once, each is decided by what came before it."""
    reader = make_reader()
    single = [reader.read([entry]).readings[0] for entry in day]
    whole = make_reader().read(day).readings
    assert [r.story_id for r in single] == [r.story_id for r in whole]


def test_assuming_relevance_gives_every_entry_a_story(
    make_reader: MakeReader, day: list[Entry]
) -> None:
    """Clustering can be judged alone; the relevance itself is still told."""
    readings = make_reader(assume_relevant=True).read(day).readings
    assert all(reading.story_id for reading in readings)
    assert readings[3].relevance < readings[0].relevance


def test_hostile_text_is_only_text(
    make_reader: MakeReader, make_entry: Callable[..., Entry]
) -> None:
    """Markup, control characters, patterns and very long lines are read like any other."""
    texts = [
        "<script>日韓</script>",
        "\x00\u202e한일",
        "(" * 5000 + "日" * 50_000,
        "%s {0} \\",
        "😀",
    ]
    entries = [make_entry(at, text, text * 3) for at, text in enumerate(texts, start=1)]
    assert len(make_reader().read(entries).readings) == len(texts)


class Angles:
    """An encoder whose vectors point where the title says, in degrees."""

    name, dim = "use", 512

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with files("bot.understanding").joinpath("data", "centres.npz").open("rb") as file:
            centre = np.load(file)["use_en"].astype(np.float32)
        turns = np.deg2rad([float(text.split()[-1]) for text in texts])
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows[:, 0], rows[:, 1] = np.cos(turns), np.sin(turns)
        pointed: NDArray[np.float32] = rows + centre
        return pointed


def test_a_merge_moves_earlier_entries(
    topic: Topic, names: tuple[Name, ...], make_entry: Callable[..., Entry]
) -> None:
    """Entries of earlier batches are named in ``moved``, those of this batch decided anew."""
    reader = Reader(
        topic=topic,
        names=names,
        encoder=Angles(),
        new_story_id=count(1).__next__,
        assume_relevant=True,
    )
    titles = ("Quiet rivers flow past 0", "Seven hills lie behind 80", "Dogs bark at night 40")
    entries = [make_entry(at, title, language="en") for at, title in enumerate(titles, start=1)]
    first = reader.read(entries[:2])
    assert [reading.story_id for reading in first.readings] == [1, 2]
    second = reader.read(entries[2:])
    assert second.readings[0].story_id == 1
    assert second.moved == {2: 1}


@pytest.mark.evaluation
def test_a_real_summit_report_is_relevant(
    make_reader: MakeReader, make_entry: Callable[..., Entry], evaluation_data: Path
) -> None:
    """The report of the Tokyo summit of March 2023 is about the summit."""
    path = evaluation_data / "articles" / "japan-korea-summit-2023-03-16.txt"
    title, _, text = path.read_text("utf-8").partition("\n")
    reading = make_reader().read([make_entry(1, title, text)]).readings[0]
    assert reading.relevant
    assert reading.issue is Issue.SUMMIT_DIPLOMACY


@pytest.mark.evaluation
def test_translations_are_near(encoder: Encoder, evaluation_data: Path) -> None:
    """A gate for the vectors: parallel news sentences find each other among fifty."""
    lines = (evaluation_data / "ntrex.jsonl").read_text("utf-8").splitlines()[:50]
    rows = [json.loads(line) for line in lines]
    english, japanese = (encoder.encode([row[code] for row in rows]) for code in ("en", "ja"))
    nearest = (japanese @ english.T).argmax(axis=1)
    assert sum(at == one for at, one in enumerate(nearest)) >= 45
