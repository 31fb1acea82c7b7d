"""Which stories of many a digest tells: caps, diversity, tastes."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.compose import choose
from bot.domain.filters import Rule
from bot.domain.model import Filters, Issue, Story
from bot.domain.ranking import House, rank, score
from tests.builders import NOW, entry, story, topic

SIDES = ("JP", "KR")

STORIES = st.lists(
    st.builds(
        lambda number, issue, outlet: story(
            number, issue=issue, entries=(entry(number, outlet=outlet),)
        ),
        st.integers(1, 1000),
        st.sampled_from(Issue),
        st.sampled_from("abcde"),
    ),
    unique_by=lambda s: s.id,
    max_size=30,
)


def stories(count: int, of: Callable[[int], Story]) -> list[Story]:
    return [of(number) for number in range(1, count + 1)]


def told(found: Sequence[Story], **options: Any) -> list[Story]:
    chosen = choose(found, told={}, topic=topic(), limit=10, now=NOW, **options)
    return [s for s, _ in chosen.stories]


def one(number: int, issue: Issue, outlet: str = "", **changes: Any) -> Story:
    report = entry(number, outlet=outlet or f"outlet {number}")
    return story(number, issue=issue, entries=(report,), **changes)


def test_an_issue_takes_three_places_of_ten() -> None:
    """Where there is enough else to tell."""
    found = stories(12, lambda n: one(n, Issue.TERRITORY))
    found += [one(n, Issue.OTHER) for n in range(13, 16)]
    found += [one(n, Issue.CULTURE) for n in range(16, 19)]
    found += [one(n, Issue.TRADE) for n in range(19, 22)]
    chosen = choose(found, told={}, topic=topic(), limit=9, now=NOW)
    issues = [s.issue for s, _ in chosen.stories]
    assert issues.count(Issue.TERRITORY) == 3
    assert chosen.left_out == 12
    assert {why.rule for s, why in chosen.passed_over if s.issue is Issue.TERRITORY} <= {
        Rule.ISSUE_CAP,
        Rule.ROOM,
    }


def test_an_outlet_leads_three_stories_and_its_owners_other_papers_count_as_it() -> None:
    """However prolific it is."""
    issues = list(Issue)
    found = stories(9, lambda n: one(n, issues[n], "busy" if n % 2 else "sister"))
    older = NOW - timedelta(hours=12)
    found += [one(n, issues[n - 9], f"o{n}", last_seen_at=older) for n in range(10, 20)]
    house = House(owners={"busy": "house", "sister": "house"})
    led = [s.entries[0].outlet for s in told(found, house=house)]
    assert sum(outlet in {"busy", "sister"} for outlet in led) == 3


def test_caps_give_way_where_the_digest_would_be_short() -> None:
    """A quiet day with five stories of one issue tells all five."""
    assert len(told(stories(5, lambda n: one(n, Issue.TERRITORY)))) == 5


@given(STORIES, st.integers(1, 12))
def test_a_digest_is_as_full_as_it_can_be(found: list[Story], limit: int) -> None:
    """Caps and filters neither repeat nor lose a story: each is told, or has its reason."""
    chosen = choose(found, told={}, topic=topic(), limit=limit, now=NOW)
    assert len(chosen.stories) == min(limit, len(found))
    ids = [s.id for s, _ in chosen.stories] + [s.id for s, _ in chosen.passed_over]
    assert sorted(ids) == sorted(s.id for s in found)


def test_what_is_there_already_gives_way() -> None:
    """Of two that weigh nearly the same, the one of another issue comes next."""
    near = timedelta(minutes=30)
    first, second = one(1, Issue.COURTS), one(2, Issue.COURTS, last_seen_at=NOW - near * 3)
    other = one(3, Issue.TRADE, last_seen_at=NOW - near * 4)
    assert [s.id for s in told([first, second, other])] == [1, 3, 2]


def test_issues_that_a_reader_names_first_come_first() -> None:
    """The first named before the second, both before the rest, and none is left out."""
    found = [one(1, Issue.TRADE), one(2, Issue.COURTS), one(3, Issue.SECURITY)]
    liked = Filters(prefer=(Issue.COURTS, Issue.TRADE))
    assert [s.id for s in told(found, filters=liked)] == [2, 1, 3]
    named = Filters(issues=(Issue.TRADE, Issue.COURTS))
    assert [s.id for s in told(found, filters=named)] == [1, 2]


def test_what_only_touches_the_topic_comes_last() -> None:
    """Even where more outlets of both sides could not have reported it."""
    core = one(1, Issue.OTHER, last_seen_at=NOW - timedelta(hours=20))
    margin = one(2, Issue.OTHER, peripheral=True)
    assert [s.id for s in told([margin, core], filters=Filters(peripheral=True))] == [1, 2]


def test_outlets_of_one_owner_weigh_as_one() -> None:
    """Coverage is what independent newsrooms reported."""
    both = story(entries=(entry(1, outlet="a"), entry(2, outlet="b")))
    alone = story(entries=(entry(1, outlet="a"),))
    owners = {"a": "house", "b": "house"}
    assert score(both, sides=SIDES, now=NOW, owners=owners) == score(alone, sides=SIDES, now=NOW)
    assert score(both, sides=SIDES, now=NOW) > score(alone, sides=SIDES, now=NOW)
    assert rank([both], sides=SIDES, now=NOW) == [both]


def test_what_the_filters_leave_out_is_counted_apart() -> None:
    """A digest can say that there was news outside of them; what was told is not among it."""
    found = [one(1, Issue.TRADE), one(2, Issue.COURTS), one(3, Issue.COURTS)]
    only = Filters(issues=(Issue.TRADE,))
    chosen = choose(found, told={3: 1}, topic=topic(), limit=5, now=NOW, filters=only)
    assert (len(chosen.stories), chosen.left_out, chosen.outside) == (1, 0, 1)
