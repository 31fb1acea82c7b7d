"""The words by which texts are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.words import LONGEST_WORD, script_language, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("岸田首相", ["岸田", "田首", "首相"]),
        ("岸田首相が訪韓", ["岸田", "田首", "首相", "訪韓"]),
        ("기시다는", ["기시", "시다", "다는"]),
        ("한·일 韓・日", ["한일", "韓日"]),
        ("日총리", ["日", "총리"]),
        ("23日", ["23"]),
        ("ﾀｹｼﾏ", ["タケ", "ケシ", "シマ"]),
        ("Ｄｏｋｄō", ["dokdo"]),
        ("policies, courts, Japan's, ties", ["policy", "court", "japan", "tie"]),
        ("the U.S. and us", ["the", "us", "and", "us"]),
        ("Seoul–Tokyo", ["seoul", "tokyo"]),
        ("!?… \x00 \u200b", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Pairs of characters for scripts without spaces, folded singulars for Latin."""
    assert words(text) == expected


@given(st.text())
def test_words_need_no_quoting(text: str) -> None:
    """Whatever is typed, a word holds nothing that a database would read as syntax."""
    for word in words(text):
        assert word
        assert len(word) <= LONGEST_WORD
        assert not set(word) & set("'\"\\ \x00\n*:|&!()<>_")


@pytest.mark.parametrize(
    ("text", "language"),
    [("岸田氏の訪韓", "ja"), ("日총리", "ko"), ("首脳会談", None), ("x", None)],
)
def test_a_script_tells_its_language(text: str, language: str | None) -> None:
    """Han alone could be Japanese or Chinese."""
    assert script_language(text) == language
