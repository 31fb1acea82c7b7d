from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import FeedState
from bot.domain.polling import (
    FIRST_RETRY,
    JITTER,
    LONGEST_WAIT,
    POLL_INTERVAL,
    after_failure,
    after_gone,
    after_not_modified,
    after_success,
    frozen_notice,
)
from tests.builders import parsed

NOW = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
FAILING = FeedState(feed_id=1, etag='"1"', last_modified="then", failures=3, problem="broken")
WAITS = st.none() | st.timedeltas(timedelta(0), timedelta(days=40_000))


def wait_after(state: FeedState) -> timedelta:
    assert state.next_check_at is not None
    return state.next_check_at - NOW


def test_a_success_ends_the_failures() -> None:
    """The count, the problem, and the old validators are gone."""
    state = after_success(FAILING, now=NOW, etag="", last_modified=None)
    assert (state.failures, state.problem, state.gone) == (0, None, False)
    assert (state.etag, state.last_modified) == (None, None)
    assert state.succeeded_at == state.checked_at == NOW
    assert wait_after(state) == POLL_INTERVAL


def test_a_notice_is_no_failure() -> None:
    """An empty feed is marked and polled as usual."""
    state = after_success(FAILING, now=NOW, etag='"2"', last_modified=None, notice="empty")
    assert (state.failures, state.problem, state.etag) == (0, "empty", '"2"')


@pytest.mark.parametrize(
    ("wishes", "wait"),
    [
        ((None, None), POLL_INTERVAL),
        ((timedelta(minutes=1), None), POLL_INTERVAL),
        ((timedelta(hours=2), timedelta(hours=3)), timedelta(hours=3)),
        ((timedelta(days=365),), LONGEST_WAIT),
    ],
)
def test_the_longest_wish_counts_within_bounds(
    wishes: tuple[timedelta | None, ...], wait: timedelta
) -> None:
    """A ttl or max-age slows polling down, never up, and never beyond a day."""
    state = after_success(FAILING, now=NOW, etag=None, last_modified=None, wishes=wishes)
    assert wait_after(state) == wait


def test_a_304_renews_validators_and_forgets_none() -> None:
    """What it does not repeat stays; a failure is over, a notice is not."""
    state = after_not_modified(FAILING, now=NOW, etag='"2"', last_modified=None)
    assert (state.etag, state.last_modified) == ('"2"', "then")
    assert (state.failures, state.problem) == (0, None)
    noticed = FeedState(feed_id=1, problem="frozen")
    assert after_not_modified(noticed, now=NOW, etag=None, last_modified=None).problem == "frozen"


def test_failures_back_off_and_keep_the_validators() -> None:
    """Doubling, up to a day."""
    state = FeedState(feed_id=1, etag='"1"', last_modified="then", succeeded_at=NOW)
    waits = []
    for _ in range(12):
        state = after_failure(state, now=NOW, problem="broken")
        waits.append(wait_after(state))
    assert waits[:4] == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4, FIRST_RETRY * 8]
    assert waits[-1] == LONGEST_WAIT
    assert (state.etag, state.last_modified, state.succeeded_at) == ('"1"', "then", NOW)
    assert (state.failures, state.problem) == (12, "broken")


@given(st.integers(0, 10**6), WAITS, st.floats(0, 1))
def test_waits_are_bounded(failures: int, retry_after: timedelta | None, jitter: float) -> None:
    """No header and no number of failures silences a feed for good."""
    state = FeedState(feed_id=1, failures=failures)
    failed = after_failure(state, now=NOW, problem="x", retry_after=retry_after, jitter=jitter)
    assert FIRST_RETRY <= wait_after(failed) <= LONGEST_WAIT * (1 + JITTER)
    if retry_after is not None:
        assert wait_after(failed) >= min(retry_after, LONGEST_WAIT)


def test_jitter_only_lengthens() -> None:
    """Feeds that were polled together drift apart, none before its time."""
    state = after_success(FAILING, now=NOW, etag=None, last_modified=None, jitter=1.0)
    assert wait_after(state) == POLL_INTERVAL * (1 + JITTER)


def test_a_closed_feed_is_not_due_again() -> None:
    """And says what to do about it."""
    state = after_gone(FAILING, now=NOW)
    assert state.gone
    assert state.next_check_at is None
    assert "remove or replace it" in (state.problem or "")


def test_a_frozen_feed_is_noticed() -> None:
    """It answers, but its newest entry is old; undated entries tell nothing."""
    old = [parsed(number, published_at=NOW - timedelta(days=30 + number)) for number in (1, 2)]
    assert "2026-02-13" in (frozen_notice(old, now=NOW) or "")
    assert frozen_notice([*old, parsed(3, published_at=NOW)], now=NOW) is None
    assert frozen_notice([parsed(1, published_at=None)], now=NOW) is None
    assert frozen_notice([], now=NOW) is None
