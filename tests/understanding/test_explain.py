"""An entry read again: the signals add up, and the stories are those it was compared with."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import pytest

from bot.domain.growth import Joined
from bot.domain.model import Entry, Issue
from bot.domain.topic import Level, Name, Topic
from bot.understanding.explain import Explainer
from bot.understanding.reader import Reader
from bot.understanding.vectors import Encoder

PROTEST = "외교부, 日 방위백서 독도 영유권 주장에 총괄공사 초치해 항의"
TALKS = (
    "Lee and Ishiba agree in Tokyo to keep shuttle diplomacy going",
    "石破首相と李大統領が東京で会談、シャトル外交の継続で一致",
)
WEATHER = "전국 흐리고 곳곳에 비, 낮 기온 30도"


@pytest.fixture(scope="session")
def explainer(topic: Topic, names: tuple[Name, ...], encoder: Encoder) -> Explainer:
    return Explainer(topic, names, encoder)


@pytest.fixture(scope="session")
def read(
    topic: Topic,
    names: tuple[Name, ...],
    encoder: Encoder,
    make_entry: Callable[..., Entry],
) -> Sequence[Joined]:
    """A protest, the weather, and two reports of a meeting, as they were read."""
    titles = (PROTEST, WEATHER, *TALKS)
    entries = [make_entry(at, title, hours=at) for at, title in enumerate(titles, start=1)]
    new_id = count(1).__next__
    reader = Reader(topic=topic, names=names, encoder=encoder, new_story_id=new_id)
    return list(zip(entries, reader.read(entries).readings, strict=True))


def test_what_moved_it_adds_up_to_the_relevance(
    explainer: Explainer, read: Sequence[Joined]
) -> None:
    """Read again from what is stored, an entry comes to what it came to then."""
    for entry, reading in read:
        account = explainer.account(entry, reading, ())
        assert account.relevance == pytest.approx(reading.relevance, abs=1e-3)
        assert account.issue is reading.issue
        if account.moved:
            total = account.bias + sum(one.by for one in account.moved)
            # Signals too small to be told are left out.
            assert 1 / (1 + math.exp(-total)) == pytest.approx(account.relevance, abs=0.01)
            weights = [abs(one.by) for one in account.moved]
            assert weights == sorted(weights, reverse=True)


def test_names_are_told_as_they_are_written(explainer: Explainer, read: Sequence[Joined]) -> None:
    """With whose they are, and the role that a person had on the day."""
    account = explainer.account(*read[0], ())
    named = {one.id: one for one in account.names}
    assert any(one.form == "독도" and one.countries == ("JP", "KR") for one in named.values())
    assert set(account.sides) == {"JP", "KR"}
    assert account.issue is Issue.TERRITORY
    assert account.issues[0].issue is Issue.TERRITORY
    talks = explainer.account(*read[2], ())
    assert any(one.kind == "person" and one.role for one in talks.names)


def test_the_story_joined_and_the_runner_up_are_found_again(
    explainer: Explainer, read: Sequence[Joined]
) -> None:
    """The second report of the meeting joined the first's story; the protest is far behind."""
    entry, reading = read[3]
    account = explainer.account(entry, reading, [one for one in read[:3] if one[1].story_id])
    stories = [one.story_id for one in account.candidates]
    assert stories == [read[2][1].story_id, read[0][1].story_id]
    assert account.join is not None
    assert account.candidates[0].odds >= account.join > account.candidates[1].odds


def test_what_does_not_matter_was_compared_with_nothing(
    explainer: Explainer, read: Sequence[Joined]
) -> None:
    """The weather names nothing: no signal moved anything."""
    entry, reading = read[1]
    account = explainer.account(entry, reading, read[:1])
    assert (account.relevance, account.level) == (0.0, Level.NO)
    assert (account.moved, account.candidates, account.join) == ((), (), None)


def test_an_entry_that_is_yet_to_be_read_gets_its_relevance_now(
    explainer: Explainer, read: Sequence[Joined]
) -> None:
    """It has no story, and is not put into one by asking."""
    account = explainer.account(read[0][0], None, ())
    assert account.level is Level.CORE
    assert account.candidates == ()


def test_a_vector_that_was_dropped_is_made_again(
    explainer: Explainer, read: Sequence[Joined]
) -> None:
    """Vectors go after a month; the text says the same for longer."""
    entry, reading = read[0]
    account = explainer.account(entry, replace(reading, vector=None), ())
    assert account.relevance == pytest.approx(reading.relevance, abs=1e-3)
