"""The chronology, and the temperature that is read from it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import Issue, Story
from bot.domain.timeline import Happening, Point, Tone, chronicle, temperatures, tone_of
from tests.builders import entry, story

WORDS = {"agree": "cooperation", "合意": "cooperation", "protest": "friction", "抗議": "friction"}


def words(title: str, _language: str) -> frozenset[str]:
    return frozenset(kind for word, kind in WORDS.items() if word in title)


def lines(*stories: Story, language: str = "en", zone: str = "Asia/Seoul") -> list[Happening]:
    found = chronicle(stories, language=language, zone=zone, words=words, sides=("KR", "JP"))
    return list(found)


def test_a_story_stands_on_the_local_day_of_its_first_report() -> None:
    """What was first reported at 23:30 UTC was news of the next day in Seoul."""
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    told = story(1, first_seen_at=late)
    assert lines(told)[0].day == date(2026, 11, 21)
    assert lines(told, zone="America/New_York")[0].day == date(2026, 11, 20)


def test_the_title_is_in_the_readers_language_where_one_is() -> None:
    """Else it is the lead report's, and its language is told."""
    korean = entry(2, language="ko", title="정상들 서울서 만나")
    told = story(1, entries=(entry(1), korean))
    assert lines(told, language="ko")[0].headline == "정상들 서울서 만나"
    assert lines(told, language="ja")[0].headline == entry(1).title
    assert lines(told, language="ja")[0].language == "en"


def test_lines_are_in_order_of_their_days() -> None:
    """Whatever order the stories came in."""
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (12, 3, 7)]
    stories = [story(at, first_seen_at=day) for at, day in enumerate(days, 1)]
    assert [line.story_id for line in lines(*stories)] == [2, 3, 1]


@pytest.mark.parametrize(
    ("titles", "tone"),
    [
        (["Leaders agree"], Tone.COOPERATION),
        (["Leaders agree", "Seoul protests", "東京が抗議"], Tone.FRICTION),
        (["Leaders agree", "東京が抗議"], Tone.NEUTRAL),
        (["Leaders agree to hear the protest"], Tone.NEUTRAL),
        (["Leaders meet"], Tone.NEUTRAL),
        ([], Tone.NEUTRAL),
    ],
)
def test_the_tone_is_that_of_most_titles(titles: list[str], tone: Tone) -> None:
    """A title that speaks of both counts for neither."""
    assert tone_of(((title, "") for title in titles), words) is tone


def test_a_points_stories_are_those_behind_it() -> None:
    """One of cooperation and two of friction in a week are minus a third."""
    base = lines(story(1))[0]
    days = [date(2026, 11, 16), date(2026, 11, 18), date(2026, 11, 22), date(2026, 11, 23)]
    tones = [Tone.COOPERATION, Tone.FRICTION, Tone.FRICTION, Tone.NEUTRAL]
    told = [
        replace(base, story_id=at, day=day, tone=tone)
        for at, (day, tone) in enumerate(zip(days, tones, strict=True), 1)
    ]
    first, second = temperatures(told)
    assert (first.week, first.cooperation, first.friction) == (days[0], (1,), (2, 3))
    assert first.value == pytest.approx(-1 / 3)
    assert (second.week, second.neutral, second.value) == (days[3], (4,), None)


@given(
    st.lists(
        st.tuples(
            st.dates(date(2020, 1, 1), date(2030, 1, 1)),
            st.sampled_from(Issue),
            st.sampled_from(Tone),
        )
    )
)
def test_every_story_is_behind_exactly_one_point(told: list[tuple[date, Issue, Tone]]) -> None:
    """Nothing is lost or counted twice, and a value is a share."""
    base = lines(story(1))[0]
    happenings = [
        replace(base, story_id=at, day=day, issue=issue, tone=tone)
        for at, (day, issue, tone) in enumerate(told)
    ]
    points: tuple[Point, ...] = temperatures(happenings)
    behind = [id_ for p in points for id_ in (*p.cooperation, *p.friction, *p.neutral)]
    assert sorted(behind) == list(range(len(told)))
    assert all(p.week.weekday() == 0 for p in points)
    assert all(p.value is None or -1 <= p.value <= 1 for p in points)
