"""Splitting text into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summarize.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The U.S. Senate met. Mr. Mori of Inc. Magazine spoke. Prices rose 3.5 percent.",
            [
                "The U.S. Senate met.",
                "Mr. Mori of Inc. Magazine spoke.",
                "Prices rose 3.5 percent.",
            ],
        ),
        ("They sailed at 5 p.m. The sea was calm.", ["They sailed at 5 p.m.", "The sea was calm."]),
        (
            'He said: "I like it. I do." Then he left.',
            ['He said: "I like it. I do."', "Then he left."],
        ),
        (
            "George W. Brown spoke. Why? No one knew!",
            ["George W. Brown spoke.", "Why?", "No one knew!"],
        ),
        ("It failed... and then rose. So it went.", ["It failed... and then rose.", "So it went."]),
    ],
)
def test_english_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    """Abbreviations, decimals, initials and quotations do not tear a sentence apart."""
    assert split_sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "首相は「歓迎する。続けたい。」と述べた。会談は終わった！次は？",
            ["首相は「歓迎する。続けたい。」と述べた。", "会談は終わった！", "次は？"],
        ),
        (
            "参加者（約300人。家族を含む）が集まった。式は続く。",
            ["参加者（約300人。家族を含む）が集まった。", "式は続く。"],
        ),
    ],
)
def test_japanese_quotations_stay_whole(text: str, expected: list[str]) -> None:
    """A mark within 「…」 or brackets ends nothing; no gap is needed after one outside."""
    assert split_sentences(text) == expected


def test_korean_sentences_split_even_where_the_space_is_lost() -> None:
    """Feeds join paragraphs without a space: "했다.이어" is two sentences, "3.5%" none."""
    text = '두 정상이 만났다.이어 대통령은 "기쁘다. 또 보자"고 말했다. 물가는 3.5% 올랐다.'
    assert split_sentences(text) == [
        "두 정상이 만났다.",
        '이어 대통령은 "기쁘다. 또 보자"고 말했다.',
        "물가는 3.5% 올랐다.",
    ]


def test_a_line_break_ends_a_sentence() -> None:
    """A heading has no mark at its end and yet belongs to no sentence."""
    assert split_sentences("A new chapter\nThey met.\r\nThey left.") == [
        "A new chapter",
        "They met.",
        "They left.",
    ]


def test_an_unclosed_quotation_holds_nothing_together() -> None:
    """A quotation mark that is never closed must not swallow the rest of the report."""
    assert split_sentences("“Never closed. It goes on.") == ["“Never closed.", "It goes on."]


@given(st.text(alphabet="aB .!?…。！「」“”\"'()한다は1\n", max_size=120))
def test_nothing_is_lost_and_nothing_added(text: str) -> None:
    """Sentences are pieces of the text, in order; only white space falls away between them."""
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
    position = 0
    for sentence in split_sentences(text):
        position = text.index(sentence, position) + len(sentence)
