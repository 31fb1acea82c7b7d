"""What a name and a topic may say, and how a mistake is told."""

from typing import Any

import pytest

from bot.domain.errors import ConfigError
from bot.domain.topic import Name, Topic, repeated_ids
from bot.settings.files import NamesFile
from bot.understanding.relevance import matcher_for


def topic_with(threshold: float) -> Topic:
    return Topic(id="t", title={"en": "T"}, sides=("KR", "JP"), threshold=threshold)


@pytest.mark.parametrize("threshold", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    """Another would keep everything or nothing, without a word."""
    with pytest.raises(ValueError, match="give a number from 0 to 1"):
        topic_with(threshold)


@pytest.mark.parametrize("threshold", [0, 0.5, 1])
def test_the_ends_of_the_scale_are_allowed(threshold: float) -> None:
    """Everything, and only what is certain."""
    assert topic_with(threshold).threshold == threshold


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"since": "2025"}, 'since is "2025": write the date as YYYY-MM-DD'),
        ({"until": "20250104"}, "until is"),
        ({"until": "2025-W01-1"}, "until is"),
        ({"since": "2025-02-30"}, "since is"),
        ({"since": "2025-01-02", "until": "2025-01-02"}, "is not after since"),
    ],
)
def test_dates_of_a_name_have_one_shape(dates: dict[str, Any], said: str) -> None:
    """They are days, the end after the beginning."""
    with pytest.raises(ValueError, match=said):
        Name(id="n", kind="person", **dates)


def test_settings_can_report_the_mistakes() -> None:
    """The configuration is read through these types: what they refuse is a mistake there."""
    row = {"id": "n", "kind": "planet"}
    with pytest.raises(ValueError, match="'person', 'institution'"):
        NamesFile.model_validate({"name": [row]})
    with pytest.raises(ValueError, match="write the date as YYYY-MM-DD"):
        NamesFile.model_validate({"name": [row | {"kind": "person", "since": "May"}]})


def test_two_names_cannot_share_an_id() -> None:
    """One would be taken for the other."""
    names = [Name(id=id_, kind="term", en=(id_.upper(),)) for id_ in ("a", "b", "a")]
    assert repeated_ids(names) == ("a",)
    with pytest.raises(ConfigError, match='two names have the id "a"'):
        matcher_for(topic_with(0.5), names)
