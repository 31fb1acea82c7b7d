from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import (
    Blocked,
    DeliveryStatus,
    RateLimited,
    Rejected,
    Sent,
    Unknown,
    Unreachable,
)
from bot.domain.retry import (
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    MIDDLE,
    SETTLING,
    back_off,
    jittered,
    next_step,
)
from tests.builders import NOW


def test_what_was_sent_is_never_tried_again() -> None:
    """The platform's id for the message is kept."""
    step = next_step(Sent(message_id="17"), attempts=1, now=NOW)
    assert (step.status, step.message_id) == (DeliveryStatus.SENT, "17")
    assert step.next_attempt_at is None


def test_a_rate_limit_waits_as_long_as_the_platform_says() -> None:
    """Its answer, not the back-off, says when."""
    step = next_step(RateLimited(retry_after=timedelta(seconds=90)), attempts=9, now=NOW)
    assert step.next_attempt_at == NOW + timedelta(seconds=90)
    assert step.status is DeliveryStatus.PENDING


def test_waiting_as_asked_is_no_failed_attempt() -> None:
    """A busy platform must not use up the attempts; one that says 0 s is not asked in a loop."""
    step = next_step(RateLimited(retry_after=timedelta()), attempts=MAX_ATTEMPTS, now=NOW)
    assert (step.status, step.counted) == (DeliveryStatus.PENDING, False)
    assert step.next_attempt_at is not None
    assert step.next_attempt_at > NOW


def test_what_nobody_will_ever_know_is_uncertain_at_once() -> None:
    """A console cannot be asked what it has shown."""
    step = next_step(Unknown(problem="gone", final=True), attempts=1, now=NOW)
    assert step.status is DeliveryStatus.UNCERTAIN


def test_an_unknown_outcome_is_looked_into_before_it_is_tried_again() -> None:
    """It stays claimed, so that the next attempt begins by looking for the message."""
    step = next_step(Unknown(problem="dropped"), attempts=1, now=NOW)
    assert (step.status, step.problem) == (DeliveryStatus.SENDING, "dropped")
    assert step.next_attempt_at == NOW + SETTLING


def test_a_late_look_waits_for_the_back_off() -> None:
    """A history that could not be read is not asked for every half minute for hours."""
    step = next_step(Unknown(problem="dropped"), attempts=8, now=NOW)
    assert step.next_attempt_at == NOW + back_off(8)


def test_a_blocked_destination_holds_the_message() -> None:
    """It is kept for the mend, and its attempts begin anew with it."""
    step = next_step(Blocked(problem="no permission"), attempts=3, now=NOW)
    assert (step.status, step.counted) == (DeliveryStatus.HELD, False)
    assert step.problem == "no permission"


@given(chance=st.floats(0, 1), seconds=st.integers(1, 3600))
def test_waits_are_spread_by_a_quarter_either_way(chance: float, seconds: int) -> None:
    """By the chance that is passed in alone, so that a test can tell the time."""
    wait = timedelta(seconds=seconds)
    assert wait * 0.75 <= jittered(wait, chance) <= wait * 1.25
    assert jittered(wait, MIDDLE) == wait


def test_the_chance_moves_the_next_attempt() -> None:
    """What failed at the same moment is not tried again at the same moment."""
    outcome = Unreachable(problem="no route")
    early, late = (next_step(outcome, attempts=5, now=NOW, chance=c) for c in (0.0, 1.0))
    assert early.next_attempt_at is not None
    assert late.next_attempt_at is not None
    assert late.next_attempt_at - early.next_attempt_at == back_off(5) / 2


def test_an_outcome_that_stays_unknown_is_uncertain_in_the_end() -> None:
    """A person has to look."""
    step = next_step(Unknown(problem="dropped"), attempts=MAX_ATTEMPTS, now=NOW)
    assert step.status is DeliveryStatus.UNCERTAIN


def test_a_rejected_message_fails_at_once_with_its_reason() -> None:
    """A platform that will never take it is not asked again."""
    step = next_step(Rejected(problem="the channel is gone"), attempts=1, now=NOW)
    assert (step.status, step.problem) == (DeliveryStatus.FAILED, "the channel is gone")


def test_an_unreachable_platform_is_given_up_in_the_end() -> None:
    """The last attempt fails with the reason of that attempt."""
    outcome = Unreachable(problem="no route")
    assert next_step(outcome, attempts=MAX_ATTEMPTS - 1, now=NOW).status is DeliveryStatus.PENDING
    assert next_step(outcome, attempts=MAX_ATTEMPTS, now=NOW).status is DeliveryStatus.FAILED


@given(attempts=st.integers(1, 100))
def test_waits_grow_and_are_capped(attempts: int) -> None:
    """Each wait is at least the one before, and none is longer than the cap."""
    assert timedelta() < back_off(attempts) <= back_off(attempts + 1) <= LONGEST_DELAY
