"""The commands over files, as a user of the shell sees them."""

import json
from pathlib import Path

import pytest

from tests.processes import Bot

CLUSTER = {
    "id": "c1",
    "lang": "en",
    "docs": [
        {
            "id": "d1",
            "title": "Ministers meet again",
            "text": "The ministers met in Seoul on Monday. They agreed to meet again in Tokyo.",
            "lang": "en",
            "source": "Harbour Wire",
        }
    ],
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "clusters.jsonl"
    path.write_text(json.dumps(CLUSTER) + "\n", encoding="utf-8")
    return path


async def test_a_path_is_text_and_stays_whole(bot: Bot, source: Path) -> None:
    """Brackets are no markup, colons no emoji, and a long path is not broken."""
    folder = source.parent / "[" / ("b]" + "long" * 30)
    folder.mkdir(parents=True)
    out = folder / "[bold]:bomb:.jsonl"
    ended = await bot.run("summarize", str(source), "--out", str(out))
    assert (ended.code, ended.err) == (0, f"{out}: 1 summaries.\n")


async def test_a_sentence_of_an_error_is_one_line(bot: Bot, source: Path) -> None:
    """The path in it can be copied, whatever its length and its brackets."""
    out = source.parent / "[" / ("b]" + "long" * 30) / "out.jsonl"
    ended = await bot.run("summarize", str(source), "--out", str(out))
    assert ended.code == 1
    assert str(out.parent) in ended.err
    assert len(ended.err.splitlines()) == 1
