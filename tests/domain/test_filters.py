"""What a subscription's filters let through, and the reason for what they do not."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.filters import LEAD_CHARACTERS, LeftOut, Rule, reason_left_out
from bot.domain.model import NO_FILTERS, Expression, Filters, Issue, Story
from tests.builders import entry, story

KR = entry(1, title="한일 정상회담", outlet="hanbit", country="KR", language="ko", text="")
JP = entry(2, title="Leaders ban trade", outlet="morning", country="JP", language="en", text="")
BOTH = story(entries=(KR, JP))


def reason(told: Story = BOTH, owners: dict[str, str] | None = None, **filters: Any) -> Any:
    left = reason_left_out(
        told, Filters(**filters), owners=owners, finds=lambda p, text: bool(re.search(p, text))
    )
    return left and left.rule


def word(*texts: str) -> tuple[Expression, ...]:
    return tuple(Expression(text=text) for text in texts)


def test_without_filters_everything_fits() -> None:
    """But not what only touches the topic, nor what was told."""
    assert reason() is None
    assert reason(story(peripheral=True)) is Rule.LEVEL
    assert reason(story(peripheral=True), peripheral=True) is None
    assert reason_left_out(BOTH, NO_FILTERS, told={1: 1}) == LeftOut(rule=Rule.TOLD)
    assert reason_left_out(BOTH, NO_FILTERS, told={1: 0}) is None


@pytest.mark.parametrize(
    ("filters", "rule"),
    [
        ({"issues": (Issue.COURTS,)}, Rule.ISSUE),
        ({"issues": (Issue.COURTS, Issue.SUMMIT_DIPLOMACY)}, None),
        ({"prefer": (Issue.COURTS,)}, None),
        ({"outlets": ("hanbit",)}, None),
        ({"outlets": ("Hanbit Ilbo",)}, None),
        ({"outlets": ("nhk",)}, Rule.OUTLET),
        ({"countries": ("JP",)}, None),
        ({"countries": ("CN",)}, Rule.COUNTRY),
        ({"languages": ("ja",)}, Rule.LANGUAGE),
        ({"min_outlets": 2}, None),
        ({"min_outlets": 3}, Rule.PUBLISHERS),
    ],
)
def test_each_filter_names_itself(filters: dict[str, Any], rule: Rule | None) -> None:
    """So that whoever misses a story is told which demand left it out."""
    assert reason(**filters) is rule


def test_one_report_must_fit_outlets_countries_and_languages_together() -> None:
    """Korean-language reports from Japan are not made of one of each."""
    assert reason(countries=("JP",), languages=("ko",)) is Rule.LANGUAGE
    assert reason(countries=("KR",), languages=("ko",)) is None


def test_the_reason_says_what_was_wanted_and_what_there_was() -> None:
    """In the values that the subscription holds."""
    left = reason_left_out(BOTH, Filters(countries=("CN",)))
    assert left == LeftOut(rule=Rule.COUNTRY, wanted=("CN",), found=("JP", "KR"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BAN", True),
        ("ba", False),
        ("leaders ban", True),
        ("an trade", False),
        ("정상", True),
        ("한일", True),
        ("ＬＥＡＤＥＲＳ", True),
        ("Leaders.ban", False),
    ],
)
def test_words_are_looked_for_as_they_are_written(text: str, found: bool) -> None:
    """Whole where a script writes spaces, anywhere in Japanese and Korean; a dot is a dot."""
    assert reason(include=word(text)) is (None if found else Rule.INCLUDE)
    assert reason(exclude=word(text)) is (Rule.EXCLUDE if found else None)


def test_one_of_the_included_words_is_enough_and_one_of_the_excluded_too() -> None:
    """Included ones are alternatives; any excluded one leaves out."""
    assert reason(include=word("nothing", "trade")) is None
    assert reason(exclude=word("nothing", "trade")) is Rule.EXCLUDE


def test_words_are_looked_for_in_the_beginning_of_the_text() -> None:
    """A passing mention at the end of an article is not what it is about."""
    near = story(entries=(entry(1, text="x" * (LEAD_CHARACTERS - 7) + " sumo"),))
    far = story(entries=(entry(1, text="x" * LEAD_CHARACTERS + " sumo"),))
    assert reason(near, include=word("sumo")) is None
    assert reason(far, include=word("sumo")) is Rule.INCLUDE


def test_patterns_are_given_to_the_engine() -> None:
    """And never ignored where there is none."""
    pattern = (Expression(text="tr(a|o)de", is_pattern=True),)
    assert reason(include=pattern) is None
    with pytest.raises(LookupError):
        reason_left_out(BOTH, Filters(include=pattern))


def test_outlets_of_one_owner_are_one_publisher() -> None:
    """Two papers of a house do not confirm each other."""
    assert reason(owners={"hanbit": "house", "morning": "house"}, min_outlets=2) is Rule.PUBLISHERS


@given(st.text(min_size=1, max_size=20), st.text(max_size=40))
def test_no_text_breaks_the_search_for_a_word(text: str, title: str) -> None:
    """Whatever a chat user writes is looked for literally, never read as a pattern."""
    reason(story(entries=(entry(1, title=title),)), include=word(text))
