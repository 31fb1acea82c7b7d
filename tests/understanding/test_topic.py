"""What a name and a topic may say, and how a mistake is told."""

from datetime import date
from typing import Any

import pytest

from bot.domain.errors import ConfigError
from bot.domain.topic import Level, Name, Office, Topic, repeated_ids
from bot.settings.content_files import NamesFile
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
        ({"since": "2025-01-01", "until": "20250104"}, "until is"),
        ({"since": "2025-01-01", "until": "2025-W01-1"}, "until is"),
        ({"since": "2025-02-30"}, "since is"),
        ({"since": "2025-01-02", "until": "2025-01-02"}, "is not after since"),
    ],
)
def test_dates_of_a_name_have_one_shape(dates: dict[str, Any], said: str) -> None:
    """They are days, the end after the beginning."""
    with pytest.raises(ValueError, match=said):
        Office(role="envoy", **dates)


def test_settings_can_report_the_mistakes() -> None:
    """The configuration is read through these types: what they refuse is a mistake there."""
    row = {"id": "n", "kind": "planet"}
    with pytest.raises(ValueError, match="'person', 'institution'"):
        NamesFile.model_validate({"name": [row]})
    with pytest.raises(ValueError, match="write the date as YYYY-MM-DD"):
        NamesFile.model_validate(
            {"name": [row | {"kind": "person", "offices": [{"role": "envoy", "since": "May"}]}]}
        )


def test_two_names_cannot_share_an_id() -> None:
    """One would be taken for the other."""
    names = [Name(id=id_, kind="term", en=(id_.upper(),)) for id_ in ("a", "b", "a")]
    assert repeated_ids(names) == ("a",)
    with pytest.raises(ConfigError, match='two names have the id "a"'):
        matcher_for(topic_with(0.5), names)


def test_a_role_is_that_of_the_day() -> None:
    """An office may be held twice; who has left it is told as its former holder."""
    twice = (
        Office(role="prime minister", since="2006-09-26", until="2007-09-26"),
        Office(role="prime minister", since="2012-12-26", until="2020-09-16"),
    )
    name = Name(id="n", kind="person", role="politician", offices=twice)
    days = [date(2000, 1, 1), date(2006, 9, 26), date(2010, 1, 1), date(2020, 9, 16)]
    told = [name.role_on(day) for day in days]
    former = "former prime minister"
    assert told == ["politician", "prime minister", former, former]


def test_levels_lie_between_the_thresholds() -> None:
    """Core from the threshold on, peripheral from the lower one on."""
    topic = Topic(id="t", title={}, sides=("KR", "JP"), threshold=0.5, peripheral=0.1)
    assert [topic.level(by) for by in (0.5, 0.49, 0.1, 0.09)] == [
        Level.CORE,
        Level.PERIPHERAL,
        Level.PERIPHERAL,
        Level.NO,
    ]
    assert topic_with(0.5).level(0.49) is Level.NO


def test_a_peripheral_threshold_is_below_the_other() -> None:
    """Else nothing could be peripheral."""
    with pytest.raises(ValueError, match="at most the threshold"):
        Topic(id="t", title={}, sides=("KR", "JP"), threshold=0.5, peripheral=0.6)
