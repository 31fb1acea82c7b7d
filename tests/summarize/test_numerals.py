"""Quantities in three languages as values that can be compared."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summarize.numerals import Quantity, quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("some 7,000 people marched", 7000, "people"),
        ("約30万人が乗った", 300_000, "people"),
        ("30만 명이 탔다", 300_000, "people"),
        ("2億5000万ウォン", 250_000_000, "won"),
        ("2억5천만 원", 250_000_000, "won"),
        ("1.2 trillion won", 1_200_000_000_000, "won"),
        ("three million yen", 3_000_000, "yen"),
        ("客室の3割", 30, "%"),
        ("30 percent of rooms", 30, "%"),
        ("25分間の電話", 25, "minute"),
        ("25분간 통화", 25, "minute"),
        ("a 25-minute call", 25, "minute"),
        ("닷새간 열린다", 5, "day"),
        ("열네 살이었다", 14, "age"),
        ("97歳だった", 97, "age"),
        ("on November 3", 11, "date-month"),
        ("11月3日に", 11, "date-month"),
        ("세 번째 회의", 3, "time"),
        ("二人が署名した", 2, "people"),
        ("３５０㎞を飛んだ", 350, "distance"),
    ],
)
def test_a_quantity_is_read_in_each_language(text: str, value: int, unit: str) -> None:
    """Digits, powers of ten, number words and what they count."""
    assert Quantity(Decimal(value), unit) in quantities(text)


def test_one_and_first_and_the_verb_may_count_nothing() -> None:
    """They are pronouns, order and verbs more often than numbers."""
    assert quantities("This may be the first one to march") == frozenset()


def test_a_value_is_no_evidence_for_another_unit() -> None:
    """34 metres say nothing of 34 people; a number without a unit may be either."""
    people, metres, bare = (Quantity(Decimal(34), unit) for unit in ("people", "metre", ""))
    assert not people.told_by(metres)
    assert people.told_by(bare)
    assert bare.told_by(metres)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Whatever a feed or a model writes is no error, and no value is below nothing."""
    assert all(quantity.value >= 0 for quantity in quantities(text))


@given(st.integers(2, 10**15))
def test_separators_change_nothing(number: int) -> None:
    """1,234,567 is 1234567."""
    assert quantities(f"{number:,}") == quantities(str(number))
