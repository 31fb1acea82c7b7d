"""Clustering, with vectors made for it."""

from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest

from bot.understanding.pairs import Item, PairWeights, pair_weights, shared_names, shared_numbers
from bot.understanding.stories import WINDOW, Placed, Stories

START = datetime(2025, 8, 23, tzinfo=UTC)
# Only the vectors speak: together from a cosine of 0.5 on.
BY_VECTOR = PairWeights(
    bias=-5, cosine=10, same_language=0, names=0, numbers=0, words=0, hours=0, join=0
)


def item(id_: int, angle: float, *, hours: float = 0, names: frozenset[str] = frozenset()) -> Item:
    """An entry whose vector points at ``angle`` degrees."""
    at = START + timedelta(hours=hours)
    turn = np.deg2rad(angle)
    return Item(
        entry_id=id_,
        at=at,
        seen_at=at,
        language="en",
        names=names,
        numbers=frozenset(),
        shingles=frozenset(),
        vector=np.array([np.cos(turn), np.sin(turn)], dtype=np.float32),
    )


def test_like_items_share_a_story_and_others_do_not() -> None:
    """Ids are given in order, from the one asked for."""
    stories, angles = Stories(BY_VECTOR, new_id=count(7).__next__), (0, 10, 120, 5, 130)
    placed = [stories.place(item(at, angle)).story_id for at, angle in enumerate(angles)]
    assert placed == [7, 7, 8, 7, 8]


def test_one_look_alike_does_not_chain_two_events() -> None:
    """An item at 90° is near the last member (40°) but not the story as a whole."""
    stories, angles = Stories(BY_VECTOR, new_id=count(1).__next__), (0, 10, 20, 40, 90)
    placed = [stories.place(item(at, angle)).story_id for at, angle in enumerate(angles)]
    assert placed == [1, 1, 1, 1, 2]


def test_a_story_ends_with_its_window() -> None:
    """The same words a week later are another event."""
    stories = Stories(BY_VECTOR, new_id=count(1).__next__)
    hours = WINDOW / timedelta(hours=1)
    assert stories.place(item(1, 0)).story_id == 1
    assert stories.place(item(2, 0, hours=hours)).story_id == 1
    assert stories.place(item(3, 0, hours=2 * hours + 1)).story_id == 2


def test_an_item_that_bridges_two_stories_merges_them() -> None:
    """The older id stays, and later items find the members of both."""
    stories = Stories(BY_VECTOR, new_id=count(1).__next__)
    assert [stories.place(item(at, angle)).story_id for at, angle in enumerate((0, 65))] == [1, 2]
    assert stories.place(item(3, 33)) == Placed(story_id=1, merged=2)
    assert stories.place(item(4, 65)).story_id == 1


def test_two_stories_with_one_item_between_stay_two() -> None:
    """Fitting both is not enough: their other members must be alike too."""
    stories = Stories(BY_VECTOR, new_id=count(1).__next__)
    placed = [stories.place(item(at, angle)) for at, angle in enumerate((0, 100, 48))]
    assert [place.merged for place in placed] == [None, None, None]


def test_what_was_remembered_decides_like_what_was_placed() -> None:
    """A restart changes nothing."""
    angles = [0, 100, 15, 95, 50, 60, 200]
    whole = Stories(BY_VECTOR, new_id=count(1).__next__)
    items = [item(at, angle, hours=at) for at, angle in enumerate(angles)]
    placed = [whole.place(one).story_id for one in items]
    again = Stories(BY_VECTOR, new_id=count(max(placed[:4]) + 1).__next__)
    for one, story in zip(items[:4], placed[:4], strict=True):
        again.remember(one, story)
    assert [again.place(one).story_id for one in items[4:]] == placed[4:]


def test_rare_names_say_more_than_common_ones() -> None:
    """A court both name is worth more than a president everyone names."""
    rarity = {"president": 0.5, "court": 3.0}.__getitem__
    one, other = frozenset({"president", "court"}), frozenset({"president"})
    assert shared_names(one, one, rarity) > shared_names(one, other, rarity) > 0
    assert shared_names(one, frozenset(), rarity) == 0


def test_shared_numbers_are_a_share() -> None:
    """Two texts with many numbers share more than one by chance."""
    assert shared_numbers(frozenset({"17"}), frozenset({"17"})) == 0.5
    assert shared_numbers(frozenset({"17"}), frozenset({"18"})) == 0


@pytest.mark.parametrize("encoder", ["e5", "use"])
def test_fitted_weights_point_the_right_way(encoder: str) -> None:
    """Likeness speaks for one event, time between against it."""
    weights = pair_weights(encoder)
    assert min(weights.cosine, weights.names, weights.words) > 0 > weights.hours
