"""Summarizing the clusters of a file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import InputError
from bot.domain.model import Document, Summary
from bot.jobs.summarize_file import summarize_file
from bot.summarize.extractive import ExtractiveSummarizer

CLUSTER: dict[str, Any] = {
    "id": "c1",
    "lang": "en",
    "docs": [
        {
            "id": "d1",
            "title": "Ferry sails again",
            "text": "The night ferry to Fukuoka sailed again. Fog had delayed it by an hour.",
            "lang": "en",
            "source": "Harbour Wire",
            "country": "KR",
        }
    ],
}


def run(tmp_path: Path, *lines: str, max_words: int = 60) -> list[dict[str, Any]]:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines), encoding="utf-8")
    summarize_file(
        source,
        out,
        summarizer=ExtractiveSummarizer(),
        max_words=max_words,
        on_progress=lambda _: None,
    )
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def changed(**changes: Any) -> str:
    return json.dumps(CLUSTER | changes)


def with_document(**changes: Any) -> str:
    return changed(docs=[CLUSTER["docs"][0] | changes])


def test_each_cluster_becomes_one_line_of_the_documented_shape(tmp_path: Path) -> None:
    """The output names the cluster, its headline, cited sentences and the method."""
    assert run(tmp_path, changed(), "", changed(id="c2")) == [
        {
            "id": cluster,
            "headline": "Ferry sails again",
            "sentences": [
                {"text": "The night ferry to Fukuoka sailed again.", "cites": ["d1"]},
                {"text": "Fog had delayed it by an hour.", "cites": ["d1"]},
            ],
            "method": "extractive",
        }
        for cluster in ("c1", "c2")
    ]


def test_the_number_of_words_reaches_the_summarizer(tmp_path: Path) -> None:
    """With eight words there is room for one sentence only."""
    assert len(run(tmp_path, changed(), max_words=8)[0]["sentences"]) == 1


def test_progress_and_count_are_told(tmp_path: Path) -> None:
    """How many there are is told first, then each that is done; their number is returned."""
    source = tmp_path / "in.jsonl"
    source.write_text(f"{changed()}\n\n{changed()}\n", encoding="utf-8")
    begun: list[int] = []
    seen: list[int] = []
    count = summarize_file(
        source,
        tmp_path / "out",
        summarizer=ExtractiveSummarizer(),
        max_words=60,
        on_start=begun.append,
        on_progress=seen.append,
    )
    assert (count, begun, seen) == (2, [2], [1, 2])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "Line 2 of in.jsonl is not JSON"),
        ("[" * 100_000, "Line 2 of in.jsonl is not JSON"),
        ("[]", "is not an object"),
        (changed(docs=[]), "has no documents"),
        (changed(docs="d1"), "has no documents"),
        (changed(docs=["d1"]), "document 1 is not an object"),
        (changed(id=None), 'has no "id"'),
        (changed(lang=3), 'has no "lang"'),
        (with_document(text=None), 'document 1 has no "text"'),
        (changed(docs=CLUSTER["docs"] * 2), 'two documents "d1"'),
    ],
)
def test_a_bad_line_is_named_with_its_mend(tmp_path: Path, line: str, said: str) -> None:
    """The error names the line; nothing at all is written, nor is a file left beside."""
    with pytest.raises(InputError, match=r"Line 2") as caught:
        run(tmp_path, changed(), line)
    assert said in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_an_older_output_survives_a_failure(tmp_path: Path) -> None:
    """What was written before stays as it was when a line is bad."""
    (tmp_path / "out.jsonl").write_text("old", encoding="utf-8")
    with pytest.raises(InputError):
        run(tmp_path, changed(), "{broken")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "old"


def test_a_failing_summarizer_leaves_nothing_behind(tmp_path: Path) -> None:
    """An error from within the summarizer passes through and no half file remains."""

    class Failing:
        def summarize(
            self, documents: Sequence[Document], *, language: str, max_words: int
        ) -> Summary:
            raise RuntimeError(language)

    source = tmp_path / "in.jsonl"
    source.write_text(changed(), encoding="utf-8")
    with pytest.raises(RuntimeError):
        summarize_file(
            source,
            tmp_path / "out",
            summarizer=Failing(),
            max_words=60,
            on_progress=lambda _: None,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_half_a_character_does_not_break_the_output(tmp_path: Path) -> None:
    """JSON can name a lone surrogate, which UTF-8 cannot hold: it becomes a question mark."""
    line = with_document(title="Ferry \ud800 sails")
    assert run(tmp_path, line)[0]["headline"] == "Ferry ? sails"


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """No such file, bytes that are no text, a folder that is not there: each says the mend."""
    ready, garbled = tmp_path / "ready.jsonl", tmp_path / "garbled.jsonl"
    ready.write_text(changed(), encoding="utf-8")
    garbled.write_bytes(b"\xff\xfe\x00broken")
    cases = [
        (tmp_path / "absent", tmp_path / "out", "cannot be read"),
        (garbled, tmp_path / "out", "not UTF-8"),
        (ready, tmp_path / "absent" / "out", "cannot be written"),
        (ready, tmp_path, "cannot be written"),
    ]
    for source, out, said in cases:
        with pytest.raises(InputError, match=said):
            summarize_file(
                source,
                out,
                summarizer=ExtractiveSummarizer(),
                max_words=60,
                on_progress=lambda _: None,
            )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["garbled.jsonl", "ready.jsonl"]
