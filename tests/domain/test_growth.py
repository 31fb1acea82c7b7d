from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.growth import grow, merge
from bot.domain.model import Issue
from tests.builders import NOW, entry, reading, story


def test_a_first_entry_begins_a_story() -> None:
    """Its title is the headline, its time the story's."""
    begun = grow(None, 5, [(entry(1), reading(1))])
    assert (begun.id, begun.version, begun.headline) == (5, 1, entry(1).title)
    assert begun.first_seen_at == begun.last_seen_at == entry(1).published_at


def test_a_copy_is_no_news() -> None:
    """A republished text changes neither version nor times."""
    before = story()
    copy = (entry(2, published_at=NOW), reading(2, duplicate_of=1))
    assert grow(before, 1, [copy]) == before


def test_an_entry_dated_ahead_counts_from_when_it_was_seen() -> None:
    """A wrong clock at the publisher's must not keep a story on top."""
    ahead = entry(1, published_at=NOW + timedelta(days=3))
    assert grow(None, 1, [(ahead, reading(1))]).last_seen_at == ahead.seen_at


def test_the_issue_is_that_of_most_reports() -> None:
    """One report read wrongly does not label the story; an unnamed issue does not count."""
    court = [(entry(n), reading(n, issue=Issue.COURTS)) for n in (2, 3)]
    before = [Issue.SUMMIT_DIPLOMACY, Issue.OTHER, Issue.OTHER, Issue.OTHER]
    assert grow(story(), 1, court, before).issue is Issue.COURTS
    assert grow(story(), 1, court[:1], before).issue is Issue.SUMMIT_DIPLOMACY


@given(split=st.integers(1, 5))
def test_growing_in_steps_is_growing_at_once(split: int) -> None:
    """However entries are batched, the story is the same."""
    joined = [(entry(number), reading(number)) for number in range(1, 7)]
    at_once = grow(None, 1, joined)
    assert grow(grow(None, 1, joined[:split]), 1, joined[split:]) == at_once


def test_merging_keeps_both_spans_and_versions() -> None:
    """Whoever was told one of them is told that it has grown."""
    early = story(1, first_seen_at=NOW - timedelta(days=2), version=2)
    late = story(2, last_seen_at=NOW, version=3)
    merged = merge(early, late)
    assert (merged.id, merged.version) == (1, 5)
    assert (merged.first_seen_at, merged.last_seen_at) == (early.first_seen_at, NOW)
