"""Clustering, with vectors and weights made for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest

from bot.understanding.pairs import SIGNALS, Item, Linear, StoryWeights, story_weights
from bot.understanding.stories import WINDOW, Placed, Stories
from bot.understanding.vectors import prior_centre, unit
from bot.understanding.window import TermIndex, Window

START = datetime(2025, 8, 23, tzinfo=UTC)
# Only the vectors speak: together from a mean cosine of 0.5 on, linked from one of 0 on.
BY_VECTOR = StoryWeights(
    pair=Linear(weights=(10.0, 0, 0, 0, 0, 0, 0, 0), bias=-5.0),
    story=Linear(weights=(1.0, 0, 0, 0), bias=0.0),
    join=0.0,
    follow=-5.0,
)


def item(id_: int, angle: float, *, hours: float = 0, names: frozenset[str] = frozenset()) -> Item:
    """An entry whose vector points at ``angle`` degrees; no encoder has fitted means for it."""
    at = START + timedelta(hours=hours)
    turn = np.deg2rad(angle)
    return Item(
        entry_id=id_,
        at=at,
        seen_at=at,
        language="en",
        names=names,
        numbers=frozenset(),
        terms={},
        vector=np.array([np.cos(turn), np.sin(turn)], dtype=np.float32),
    )


class Uncentred(Stories):
    """Stories whose vectors are compared as they are."""

    def __init__(self, first: int = 1, weights: StoryWeights = BY_VECTOR) -> None:
        super().__init__(weights, encoder="none", new_id=count(first).__next__)
        self._window = Plain("none")


class Plain(Window):
    def _centre(self, language: str) -> np.ndarray:
        return np.zeros(2, dtype=np.float32)


def test_like_items_share_a_story_and_others_do_not() -> None:
    """Ids are given in order, from the one asked for."""
    stories, angles = Uncentred(7), (0, 10, 120, 5, 130)
    placed = [stories.place(item(at, angle)).story_id for at, angle in enumerate(angles)]
    assert placed == [7, 7, 8, 7, 8]


def test_one_look_alike_does_not_chain_two_events() -> None:
    """An item at 90° is near the last member (40°) but not the story as a whole."""
    stories, angles = Uncentred(), (0, 10, 20, 40, 90)
    placed = [stories.place(item(at, angle)).story_id for at, angle in enumerate(angles)]
    assert placed == [1, 1, 1, 1, 2]


def test_a_story_ends_with_its_window() -> None:
    """The same words a week later are another event."""
    stories = Uncentred()
    hours = WINDOW / timedelta(hours=1)
    assert stories.place(item(1, 0)).story_id == 1
    assert stories.place(item(2, 0, hours=hours)).story_id == 1
    assert stories.place(item(3, 0, hours=2 * hours + 1)).story_id == 2


def test_an_item_that_bridges_two_stories_merges_them() -> None:
    """The older id stays, and later items find the members of both."""
    stories = Uncentred()
    assert [stories.place(item(at, angle)).story_id for at, angle in enumerate((0, 65))] == [1, 2]
    assert stories.place(item(3, 33)) == Placed(story_id=1, merged=2)
    assert stories.place(item(4, 65)).story_id == 1


def test_two_stories_with_one_item_between_stay_two() -> None:
    """Fitting both is not enough: the members of one must fit the other too."""
    stories = Uncentred()
    placed = [stories.place(item(at, angle)) for at, angle in enumerate((0, 10, 100, 110, 57))]
    assert [place.merged for place in placed] == [None] * 5


def test_a_story_that_is_near_another_follows_it() -> None:
    """Too far to join, near enough to be told as earlier; what is like nothing follows none."""
    stories = Uncentred()
    assert stories.place(item(1, 0)) == Placed(story_id=1)
    assert stories.place(item(2, 80)) == Placed(story_id=2, follows=1)
    assert stories.place(item(3, 220)) == Placed(story_id=3)


def test_candidates_say_what_was_weighed() -> None:
    """The best first, the runner-up behind it; a member is weighed without itself."""
    stories = Uncentred()
    for at, angle in enumerate((0, 10, 120)):
        stories.place(item(at, angle))
    best, runner_up = stories.candidates(item(9, 5))
    assert (best.story_id, runner_up.story_id) == (1, 2)
    assert best.fit == pytest.approx(best.odds)
    assert best.odds == pytest.approx(10 * np.cos(np.deg2rad(5)) - 5, abs=1e-3)
    assert [one.story_id for one in stories.candidates(item(2, 120))] == [1]
    assert Uncentred().candidates(item(1, 0)) == []


def test_what_was_remembered_decides_like_what_was_placed() -> None:
    """A restart changes nothing, with the rarities and the means of the window."""
    angles = [0, 100, 15, 95, 50, 60, 200]
    weights = replace(BY_VECTOR, pair=Linear(weights=(10.0, 0, 3.0, 0, 0, 0, -0.1, 0), bias=-5.0))

    def stories(first: int) -> Stories:
        return Stories(weights, encoder="none", new_id=count(first).__next__)

    whole = stories(1)
    items = [
        item(at, angle, hours=at, names=frozenset({f"n{at % 3}"}))
        for at, angle in enumerate(angles)
    ]
    placed = [whole.place(one).story_id for one in items]
    again = stories(max(placed[:4]) + 1)
    for one, story in zip(items[:4], placed[:4], strict=True):
        again.remember(one, story)
    assert [again.place(one).story_id for one in items[4:]] == placed[4:]


def test_rare_terms_say_more_than_common_ones() -> None:
    """A court that one other names is worth more than a president whom all name."""
    index = TermIndex(power=0.5, smoothing=1.0)
    for names in ({"president", "court"}, {"president"}, {"president"}, {"president"}, set()):
        index.add(dict.fromkeys(names, 1.0))
    found = index.cosines({"president": 1.0, "court": 1.0})
    assert found[0] > found[1] == found[2] > found[4] == 0
    assert index.cosines({"unheard": 1.0}).tolist() == [0.0] * 5


def test_what_is_dropped_from_an_index_is_as_if_it_had_never_been() -> None:
    """Rarities are those of the rows that are left."""
    index, fresh = (TermIndex(power=1.0, smoothing=0.0) for _ in range(2))
    rows = [{"a": 1.0}, {"a": 1.5, "b": 1.0}, {"b": 1.0, "c": 2.0}]
    for terms in rows:
        index.add(terms)
    index.drop(0)
    for terms in rows[1:]:
        fresh.add(terms)
    assert np.allclose(index.cosines({"a": 1.0, "c": 1.0}), fresh.cosines({"a": 1.0, "c": 1.0}))


def test_dead_terms_are_cleared_away() -> None:
    """A window that moves over years of words does not grow, and its answers stay."""
    index = TermIndex(power=1.0, smoothing=0.0)
    for at in range(90):
        index.add({f"{at}-{term}": 1.0 for term in range(500)} | {"common": 1.0})
        if at >= 3:
            index.drop(0)
    assert len(index._ids) < 30_000
    assert index.cosines({"89-1": 1.0}).tolist()[-1] > 0
    assert index.cosines({"0-1": 1.0}).tolist() == [0.0] * 3


def test_means_of_the_window_tell_one_subject_apart() -> None:
    """Vectors that share a large part are compared by the rest."""
    window = Window("none")
    for at, angle in enumerate((80, 85, 95)):
        window.add(item(at, angle))
    cosines = window.compare(item(9, 82)).signals[:, SIGNALS.index("cosine")]
    assert cosines[0] > 0.9
    assert cosines[2] < 0


def test_an_event_that_fills_the_window_is_not_taken_out_of_its_own_story() -> None:
    """Stories are compared without the fitted mean alone: the window's mean is the event."""
    centre = prior_centre("use", "en")
    assert centre is not None
    event = np.zeros_like(centre)
    event[0] = 1.0
    window = Window("use")
    for at in range(60):
        rest = np.zeros_like(centre)
        rest[at + 1] = 0.5
        window.add(replace(item(at, 0), vector=unit((centre + event + rest)[None, :])[0]))
    asked = replace(item(99, 0), vector=unit((centre + event)[None, :])[0])
    compared = window.compare(asked)
    assert np.all(compared.cosines > 0.8)
    assert np.all(compared.signals[:, SIGNALS.index("cosine")] < 0.6)


@pytest.mark.parametrize("encoder", ["e5", "use"])
def test_fitted_weights_point_the_right_way(encoder: str) -> None:
    """Likeness speaks for one event, time between against it; links are looser than joins."""
    weights = story_weights(encoder)
    pair = dict(zip(SIGNALS, weights.pair.weights, strict=True))
    assert min(pair["cosine"], pair["names"]) > 0 > pair["days"]
    odds, _, hours, cosine = weights.story.weights
    assert min(odds, cosine) > 0 > hours
    assert weights.follow < weights.join
