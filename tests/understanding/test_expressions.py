"""Chat users' expressions: read by RE2, whose time grows with the text alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.understanding.expressions import LONGEST_PATTERN, check_pattern, finds


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("tak(e|a)shima", "Row over TAKESHIMA", True),
        ("^Row", "Row over", True),
        ("독도|竹島", "竹島の日", True),
        (r"\bban\b", "bank", False),
        ("ｔｒａｄｅ", "trade", True),
    ],
)
def test_expressions_are_found(pattern: str, text: str, found: bool) -> None:
    """In any case and width."""
    assert finds(check_pattern(pattern), text) is found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(b", r"at character 1: missing \)"),
        ("x[a", r"at character 2: missing \]"),
        ("(?<=x)y", "cannot be read"),
        (r"(a)\1", "cannot be read"),
        ("((a{100}){100}){100}", "cannot be read"),
        ("x*", "matches everything"),
        ("a" * (LONGEST_PATTERN + 1), "200 at most"),
    ],
)
def test_what_cannot_be_used_is_told_with_the_place(pattern: str, why: str) -> None:
    """Look-behinds, back references and explosions are not RE2's; what fits all fits nothing."""
    with pytest.raises(InputError, match=why):
        check_pattern(pattern)


def test_what_makes_other_engines_hang_is_read_at_once() -> None:
    """Nested repetitions over a text that almost fits: 2^800 ways for a backtracking engine."""
    pattern = check_pattern(r"^(a|aa|a?a)+b$")
    assert not finds(pattern, "a" * 800)


@given(st.text(max_size=60), st.text(max_size=100))
def test_no_expression_brings_anything_down(pattern: str, text: str) -> None:
    """It is refused in words, or it works."""
    try:
        check_pattern(pattern)
    except InputError:
        return
    finds(pattern, text)
