"""The week's arc: counts, temperature and the main story of each issue."""

from datetime import timedelta

import pytest

from bot.domain.arc import is_weekly, week_arc
from bot.domain.model import Issue, IssueWeek, Story
from bot.domain.schedule import parse_schedule
from tests.builders import NOW, entry, story

DAY = timedelta(days=1)


def words(title: str, language: str) -> frozenset[str]:
    return frozenset({"cooperation"} if "agree" in title else {"friction"} & set(title.split()))


def arc(*stories: Story, language: str = "en") -> tuple[IssueWeek, ...]:
    return week_arc(
        stories, until=NOW, zone="UTC", language=language, words=words, sides=("JP", "KR")
    )


def test_each_issue_has_its_week() -> None:
    """The one with the most reports first; older reports of a story do not count."""
    courts = story(
        1,
        issue=Issue.COURTS,
        entries=(
            entry(1, title="friction in court", published_at=NOW - 8 * DAY),
            entry(2, title="friction in court", published_at=NOW - 2 * DAY, country="JP"),
            entry(3, title="friction again", published_at=NOW - timedelta(minutes=5)),
        ),
    )
    trade = story(
        4, issue=Issue.TRADE, entries=(entry(4, title="They agree", published_at=NOW - DAY),)
    )
    [first, second] = arc(trade, courts)
    assert (first.issue, first.stories, first.reports) == (Issue.COURTS, 1, 2)
    assert first.by_day == (0, 0, 0, 0, 1, 0, 1)
    assert (first.friction, first.cooperation, first.temperature) == (1, 0, -1.0)
    assert (second.issue, second.temperature) == (Issue.TRADE, 1.0)


def test_the_main_story_is_told_by_its_title_in_the_readers_language() -> None:
    """Or by its leading report's, where there is none."""
    weightier = story(
        1,
        entries=(
            entry(1, title="Leaders meet", country="KR", outlet="a"),
            entry(2, title="首脳会談", country="JP", outlet="b", language="ja"),
        ),
    )
    other = story(3, entries=(entry(3, title="Aside"),))
    [week] = arc(other, weightier, language="ja")
    assert (week.main_story_id, week.headline, week.language) == (1, "首脳会談", "ja")
    [week] = arc(other, weightier, language="ko")
    assert (week.headline, week.stories) == ("Leaders meet", 2)


def test_a_week_of_eight_local_days_loses_no_report() -> None:
    """A digest at noon looks back to noon a week before."""
    early = entry(1, published_at=NOW - 7 * DAY + timedelta(minutes=1))
    [week] = arc(story(1, entries=(early,)))
    assert week.by_day == (1, 0, 0, 0, 0, 0, 0)
    assert week.temperature is None


def test_nothing_of_the_week_is_no_issue() -> None:
    """Nor what only touches the topic."""
    old = story(1, entries=(entry(1, published_at=NOW - 9 * DAY),))
    assert arc(old, story(2, peripheral=True)) == ()


@pytest.mark.parametrize(
    ("schedule", "weekly"),
    [
        ("weekly monday 08:00", True),
        ("weekly monday,friday 08:00", False),
        ("weekly monday 08:00,18:00", False),
        ("daily 08:00", False),
        ("every 6 hours", False),
    ],
)
def test_weekly_digests(schedule: str, weekly: bool) -> None:
    """Those that come once a week."""
    assert is_weekly(parse_schedule(schedule, "UTC")) is weekly
