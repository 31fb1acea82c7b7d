from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.dates import parse_date, trusted

NOON = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
SEOUL = "Asia/Seoul"
MOMENTS = st.integers(
    int(datetime(1996, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2060, 1, 1, tzinfo=UTC).timestamp()),
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 16 Mar 2026 12:00:00 JST",
        "Mon, 16 Mar 2026 12:00:00 KST",
        "Mon, 16 Mar 2026 12:00:00 +0900",
        "Fri, 16 Mar 2026 12:00:00 GMT+9",
        "16 Mar 26 03:00 UT",
        "Sun, 15 Mar 2026 22:00:00 EST",
        "Mon Mar 16 12:00:00 KST 2026",
        "2026-03-16T12:00:00+09:00",
        "2026-03-16T03:00:00.000Z",
        "March 16, 2026 12:00 PM (JST)",
        "1773630000",
        "1773630000000",
    ],
)
def test_a_date_with_a_zone_is_that_moment(text: str) -> None:
    """Zone names and offsets decide, whatever zone the feed is in."""
    assert parse_date(text, zone="America/New_York") == NOON


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-16 12:00:00",
        "2026/03/16 12:00",
        "2026.03.16. 12:00",
        "20260316120000",
        "2026년 3월 16일 오후 12시",
        "2026-03-16 오후 12:00:00",
        "2026年3月16日(月) 午後0時0分",
        "２０２６年３月１６日 １２時００分",
        "월, 16 3월 2026 12:00:00",
    ],
)
def test_a_date_without_a_zone_is_in_the_feeds_zone(text: str) -> None:
    """A Korean feed's noon is not noon in Greenwich."""
    assert parse_date(text, zone=SEOUL) == NOON
    assert parse_date(text, zone=None) == NOON + timedelta(hours=9)


def test_summer_time_counts_in_the_feeds_zone() -> None:
    """The zone is a place, not an offset."""
    assert parse_date("2026-07-01 12:00", zone="Europe/London") == datetime(
        2026, 7, 1, 11, tzinfo=UTC
    )


def test_midnight_may_be_written_as_twenty_four() -> None:
    """24:00 is the next day's 00:00."""
    assert parse_date("2026-03-15T24:00:00+09:00", zone=None) == NOON - timedelta(hours=12)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "today",
        "2026-13-45",
        "32 Mar 2026",
        "16 Foo 2026 12:00:00",
        "2026-03-16 27:00",
        "12:00",
        "-" * 1000,
        "16 Mar 2026 12:00:00 +9999",
    ],
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    """A wrong date is worse than none."""
    assert parse_date(text, zone=SEOUL) is None


@given(MOMENTS)
def test_every_usual_spelling_of_a_moment_is_read_back(moment: datetime) -> None:
    """RFC 822, ISO 8601 and epochs lose nothing."""
    assert parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S GMT"), zone=SEOUL) == moment
    assert parse_date(moment.isoformat(), zone=SEOUL) == moment
    assert parse_date(str(int(moment.timestamp())), zone=SEOUL) == moment


@given(st.text(max_size=100))
def test_no_text_is_an_error(text: str) -> None:
    """Whatever a feed writes, the answer is a moment in UTC or None."""
    moment = parse_date(text, zone=SEOUL)
    assert moment is None or moment.utcoffset() == timedelta(0)


def test_future_dates_are_now_and_absurd_ones_none() -> None:
    """A clock that is minutes fast is believed, hours are not, centuries are no dates."""
    assert trusted(NOON + timedelta(minutes=5), now=NOON) == NOON + timedelta(minutes=5)
    assert trusted(NOON + timedelta(hours=9), now=NOON) == NOON
    assert trusted(datetime(9999, 12, 31, tzinfo=UTC), now=NOON) is None
    assert trusted(datetime(1970, 1, 1, tzinfo=UTC), now=NOON) is None
    assert trusted(None, now=NOON) is None
