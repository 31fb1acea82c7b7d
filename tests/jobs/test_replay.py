"""The replay command's use case, file to file."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import InputError
from bot.domain.model import Entry
from bot.jobs.replay import ReplayLine, read_all, replay_file
from bot.settings import bundled_config, load_names, load_topics
from bot.understanding.reader import ReadBatch, Reader
from bot.understanding.vectors import Encoder, load_encoder

LINES: list[dict[str, Any]] = [
    {
        "url": "https://a.example/1",
        "source": "Example",
        "published": "2025-08-23T09:00:00+09:00",
        "title": "日韓首脳が東京で会談、シャトル外交の継続で一致",
        "feed": "jp",
    },
    {
        "id": "second",
        "url": "https://b.example/1",
        "source": "예시",
        "published": "2025-08-23T01:00:00Z",
        "title": "한일 정상, 도쿄서 회담…셔틀외교 이어가기로",
        "summary": "두 정상은 두 시간 동안 만났다.",
        "lang": "ko",
        "country": "KR",
    },
    {
        "id": "copy",
        "source": "예시2",
        "published": "2025-08-23T02:00:00",
        "title": "한일 정상, 도쿄서 회담…셔틀외교 이어가기로 - 예시2",
        "text": "두 정상은 두 시간 동안 만났다.",
    },
    {
        "id": "weather",
        "source": "Example",
        "published": "2025-08-23T03:00:00Z",
        "title": "Rain expected in the north",
    },
]

Replay = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The encoder that every machine has."""
    return load_encoder("use")


@pytest.fixture
def replay(tmp_path: Path, encoder: Encoder) -> Replay:
    """Replays text and returns the lines written."""

    def run(text: str, **options: Any) -> list[dict[str, Any]]:
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_text(text, encoding="utf-8")
        replay_file(
            source,
            out,
            topic=load_topics(bundled_config())["japan-korea"],
            names=load_names(bundled_config()),
            encoder=encoder,
            **options,
        )
        return [json.loads(line) for line in out.read_text("utf-8").splitlines()]

    return run


def text_of(lines: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def test_each_line_gets_its_decision(replay: Replay) -> None:
    """Ids default to the address; the copy names its original; the weather has no story."""
    first, second, copy, weather = replay(text_of(LINES) + "\n\n")
    assert first["id"] == "https://a.example/1"
    assert (first["lang"], second["lang"]) == ("ja", "ko")
    assert first["story"] == second["story"] == copy["story"]
    assert copy["duplicate_of"] == "second"
    assert first["issue"] == "summit-diplomacy"
    assert (weather["relevant"], weather["story"], weather["issue"]) == (False, None, None)
    assert 0 <= weather["relevance"] < first["relevance"] <= 1
    assert set(first) == {
        "id", "lang", "relevance", "relevant", "reasons", "issue", "duplicate_of", "story"
    }  # fmt: skip


def test_the_same_file_gives_the_same_decisions(replay: Replay) -> None:
    """Nothing depends on the clock or on chance."""
    assert replay(text_of(LINES)) == replay(text_of(LINES))


def test_assuming_relevance_places_every_line(replay: Replay) -> None:
    """So that clustering can be judged alone."""
    assert all(line["story"] for line in replay(text_of(LINES), assume_relevant=True))


def test_progress_is_told(replay: Replay) -> None:
    """A long file shows how far it is, and of how many."""
    begun: list[int] = []
    told: list[int] = []
    replay(text_of(LINES) + "\n\n", on_start=begun.append, on_progress=told.append)
    assert begun == [len(LINES)]
    assert told[-1] == len(LINES)


def test_a_byte_order_mark_is_passed_over(replay: Replay) -> None:
    """Editors on Windows write one."""
    assert replay("\ufeff" + text_of(LINES)) == replay(text_of(LINES))


def test_as_many_are_read_at_once_as_by_the_running_bot(replay: Replay) -> None:
    """What is held in memory at once is the same."""
    told: list[int] = []
    lines = [LINES[-1] | {"id": str(at)} for at in range(150)]
    replay(text_of(lines), on_progress=told.append)
    assert told == [100, 150]


def test_a_merge_moves_all_of_a_story(encoder: Encoder) -> None:
    """As in the database, also the entries that the reader itself has forgotten."""

    class Merging(Reader):
        """Finds in its second batch that both stories are one; remembers one entry of three."""

        def read(self, entries: Sequence[Entry]) -> ReadBatch:
            read = super().read(entries)
            if entries[0].id == 1:
                return read
            return ReadBatch(readings=read.readings, moved={100: 1})

    topic = load_topics(bundled_config())["japan-korea"]
    reader = Merging(
        topic=topic, names=(), encoder=encoder, new_story_id=lambda: 2, assume_relevant=True
    )
    lines = [ReplayLine.model_validate(LINES[-1] | {"id": str(at)}) for at in range(101)]
    readings = read_all(reader, lines, lambda _: None)
    assert {reading.story_id for reading in readings[:100]} == {1}


def test_an_empty_file_gives_an_empty_one(replay: Replay) -> None:
    """Nothing in, nothing out."""
    assert replay("") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", "Line 2.*JSON"),
        ('{"url": "u", "source": "s", "title": "t"}', "Line 2: published"),
        (
            '{"url": "u", "published": "0001-01-01T00:00:00+09:00", "title": "t"}',
            "Line 2: published: the year must be from 1800",
        ),
        (
            '{"url": "u", "published": "9999-12-31T23:59:59-09:00", "title": "t"}',
            "Line 2: published: the year must be from 1800",
        ),
        ('{"url": "u", "published": "yesterday", "title": "t"}', "Line 2: published"),
        (
            '{"source": "s", "published": "2025-08-23T09:00:00Z", "title": "t"}',
            "neither id nor url",
        ),
        ('{"url": "u", "published": "2025-08-23T09:00:00Z", "title": " "}', "Line 2: title"),
        ("[]", "Line 2"),
    ],
)
def test_a_bad_line_is_named_with_its_mend(replay: Replay, line: str, said: str) -> None:
    """The whole file is refused: half a replay would be mistaken for a whole one."""
    with pytest.raises(InputError, match=said):
        replay(f"{text_of(LINES[:1])}\n{line}")


def test_a_failed_replay_leaves_the_old_result(replay: Replay, tmp_path: Path) -> None:
    """The result appears whole or not at all."""
    replay(text_of(LINES))
    before = (tmp_path / "out.jsonl").read_text("utf-8")
    with pytest.raises(InputError):
        replay("{")
    assert (tmp_path / "out.jsonl").read_text("utf-8") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_missing_file_says_so(tmp_path: Path, encoder: Encoder) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(InputError, match="cannot be read"):
        replay_file(
            tmp_path / "none.jsonl",
            tmp_path / "out.jsonl",
            topic=load_topics(bundled_config())["japan-korea"],
            names=(),
            encoder=encoder,
        )


def test_a_file_that_is_no_text_says_so(tmp_path: Path, encoder: Encoder) -> None:
    """Another encoding is named as the trouble."""
    (tmp_path / "in.bin").write_bytes("日韓".encode("euc-jp"))
    with pytest.raises(InputError, match="UTF-8"):
        replay_file(
            tmp_path / "in.bin",
            tmp_path / "out.jsonl",
            topic=load_topics(bundled_config())["japan-korea"],
            names=(),
            encoder=encoder,
        )
