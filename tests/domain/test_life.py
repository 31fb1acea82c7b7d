from datetime import timedelta

import pytest

from bot.domain.life import status_of
from bot.domain.model import StoryStatus
from tests.builders import NOW, entry, story


@pytest.mark.parametrize(
    ("hours_ago", "status"),
    [
        ((1, 5), StoryStatus.DEVELOPING),
        ((1, 7), StoryStatus.TODAY),
        ((1,), StoryStatus.TODAY),
        ((24, 25), StoryStatus.TODAY),
        ((25, 26), StoryStatus.QUIET),
        ((71,), StoryStatus.QUIET),
        ((72, 73), StoryStatus.SETTLED),
    ],
)
def test_the_newest_reports_say_how_alive_a_story_is(
    hours_ago: tuple[int, ...], status: StoryStatus
) -> None:
    """Two within six hours: developing; one within a day: today; none for three days: settled."""
    moments = [NOW - timedelta(hours=hours) for hours in hours_ago]
    entries = tuple(entry(id=n, published_at=at, seen_at=at) for n, at in enumerate(moments, 1))
    assert status_of(story(entries=entries), now=NOW) is status


def test_a_date_in_the_future_does_not_keep_a_story_alive() -> None:
    """A feed's wrong clock counts no later than when it was read."""
    wrong = entry(published_at=NOW + timedelta(days=300), seen_at=NOW - timedelta(days=4))
    assert status_of(story(entries=(wrong,)), now=NOW) is StoryStatus.SETTLED
