"""Normal forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.text import bare_title, lower, match_form, numbers, shingles, terms


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("[속보] 한일 정상회담 종료", "한일 정상회담 종료"),
        ("한일 정상회담 종료(종합2보)", "한일 정상회담 종료"),
        ("(2nd LD) Leaders meet in Tokyo", "Leaders meet in Tokyo"),
        ("UPDATE 2-Leaders meet in Tokyo", "Leaders meet in Tokyo"),
        ("Leaders meet in Tokyo - Example Times", "Leaders meet in Tokyo"),
        ("【速報】首脳会談が終了", "首脳会談が終了"),
    ],
)
def test_agency_marks_and_outlets_are_no_part_of_a_title(title: str, bare: str) -> None:
    """Copies differ in marks and suffixes alone."""
    assert bare_title(title) == bare


def test_a_title_that_is_all_mark_stays() -> None:
    """Nothing is compared by an empty title."""
    assert bare_title("[속보]") != ""


def test_dots_between_countries_and_datelines_go() -> None:
    """한·미·일 is 한미일; where an agency's reporter sits is not what the text is about."""
    assert match_form("한·미·일 회의") == "한미일 회의"
    assert match_form("(도쿄=연합뉴스) 홍길동 특파원 = 총리는") == "총리는"
    assert match_form("과징금 부과·일본 기업") == "과징금 부과·일본 기업"


def test_numbers_lose_their_separators() -> None:
    """1,000 and １０００ are one number."""
    assert numbers("1,000 and １０００ of 3.5") == {"1000", "3.5"}


@given(st.text())
def test_lower_keeps_every_place(text: str) -> None:
    """Offsets found in the lower-case text hold in the text itself."""
    assert len(lower(text)) == len(text)


@given(st.text(min_size=1))
def test_shingles_of_like_texts_are_like(text: str) -> None:
    """Spaces, case and marks do not count."""
    assert shingles(text).tolist() == shingles(f"  {text} !").tolist()


def test_shingles_are_the_runs_of_letters() -> None:
    """Each once, sorted; a text that is shorter than a run is one."""
    assert len(shingles("abcabcab", 3)) == 3
    assert len(shingles("ab", 3)) == 1
    assert len(shingles(" -- ")) == 0
    assert shingles("weather in Tokyo", 3).tolist() == sorted(shingles("weather in Tokyo", 3))
    assert len(shingles("\ud800" * 9, 2)) <= 1


def test_terms_join_forms_of_a_word_across_scripts_and_accents() -> None:
    """Dončić is Doncic; CJK runs are pairs; the same word twice says more, but not double."""
    assert set(terms("Dončić")) == set(terms("doncic"))
    assert set(terms("석열 首脳会談")) == {"석열", "首脳", "脳会", "会談"}
    assert set(terms("Olympic olympics")) == {"olympi"}
    assert 1 < terms("summit summit")["summit"] < 2
    assert not terms("2025 !!")
