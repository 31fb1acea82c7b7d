"""Lines fit the terminal in every script."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.rendering.safe import clean
from bot.rendering.wrap import wrap

ALPHABET = st.one_of(st.sampled_from("ab 한국 日本、。「」()· ー"), st.characters())


@given(st.text(alphabet=ALPHABET).map(clean), st.integers(min_value=12, max_value=60))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    """Wrapping only moves white space."""
    lines = list(wrap(text, width, first="1. ", rest="   "))
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(f"1. {text}".split())


def test_japanese_keeps_its_stops_and_brackets() -> None:
    """A line begins with no stop and ends with no opening bracket (JIS X 4051)."""
    for width in range(8, 40):
        lines = list(
            wrap("首相は「東京で会う」と述べ、帰国した。会談は三度目(今年)となる。", width)
        )
        assert not any(line[0] in "、。」)" for line in lines), width
        assert not any(line[-1] in "「(" for line in lines), width


def test_korean_breaks_between_words() -> None:
    """Korean is written with spaces, and a word is not torn."""
    text = "두 정상은 월요일 회담에서 서로의 나라를 방문하기로 합의했다"
    for line in wrap(text, 24):
        assert set(line.split()) <= set(text.split())


def test_a_word_wider_than_the_line_is_cut() -> None:
    """Rather than overflow."""
    assert list(wrap("a" * 25, 10)) == ["a" * 10, "a" * 10, "a" * 5]


def test_an_empty_text_is_one_empty_line() -> None:
    """So that a prefix is still shown."""
    assert list(wrap("", 20, first="1. ")) == ["1."]
