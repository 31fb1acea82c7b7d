from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.headers import clock_offset, fresh_for, retry_after, validator

NOW = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
IN_AN_HOUR = "Mon, 16 Mar 2026 04:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "120"}, timedelta(minutes=2)),
        ({"Retry-After": IN_AN_HOUR}, timedelta(hours=1)),
        (
            {"Retry-After": IN_AN_HOUR, "Date": "Mon, 16 Mar 2026 03:50:00 GMT"},
            timedelta(minutes=10),
        ),
        ({"Retry-After": "Mon, 16 Mar 2020 04:00:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], wait: timedelta | None) -> None:
    """A date counts by the server's own clock."""
    assert retry_after(headers, now=NOW) == wait


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({"Cache-Control": "public, max-age=600"}, timedelta(minutes=10)),
        ({"Cache-Control": "max-age=600", "Age": "540"}, timedelta(minutes=1)),
        ({"Cache-Control": "s-maxage=600"}, None),
        ({"Cache-Control": "no-cache, max-age=600"}, None),
        ({"Cache-Control": "max-age=0", "Expires": IN_AN_HOUR}, None),
        ({"Expires": IN_AN_HOUR, "Date": "Mon, 16 Mar 2026 03:00:00 GMT"}, timedelta(hours=1)),
        ({"Expires": "0"}, None),
        ({}, None),
    ],
)
def test_freshness_is_what_the_server_grants(
    headers: dict[str, str], fresh: timedelta | None
) -> None:
    """The max-age goes before Expires; a shared cache's share is not ours."""
    assert fresh_for(headers, now=NOW) == fresh


def test_validators_stay_as_they_came() -> None:
    """Quotes and weakness are part of them; empty or unsendable ones are none."""
    assert validator('W/"a b"') == 'W/"a b"'
    assert validator("") is None
    assert validator(None) is None
    assert validator('"\x01"') is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Date": IN_AN_HOUR}, 3600),
        ({"Date": "Mon, 16 Mar 2026 02:59:00 GMT"}, -60),
        ({"Date": "Mon, 16 Mar 2026 02:00:00 GMT", "Age": "3600"}, 0),  # of a cache
        ({"Date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_servers_clock_is_compared_with_ours(
    headers: dict[str, str], seconds: int | None
) -> None:
    """A cache's answer is as old as it says."""
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert clock_offset(headers, now=NOW) == wanted
