"""Why a story was told or not: one case for each reason, and the order of the reasons."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.compose import Chosen, choose
from bot.domain.filters import LeftOut, Rule
from bot.domain.model import Filters, Issue, ItemKind, Story, SubscriptionStatus
from bot.domain.ranking import House
from bot.domain.standing import (
    Standing,
    Written,
    as_of,
    known_before,
    missed_by,
    stand,
    within,
)
from bot.domain.topic import Level
from bot.domain.why import Because, Case, Told, decide, passed_over
from tests.builders import NOW, TASTE, entry, reading, story, subscription, topic

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def standing(place: int, **changes: Any) -> Standing:
    values: dict[str, Any] = {"place": place, "of": 12, "limit": 3, "score": 2.0, "least": 4.0}
    if place > values["limit"]:
        values["left"] = LeftOut(rule=Rule.ROOM)
    return Standing(**values | changes)


def told(**changes: Any) -> Told:
    values: dict[str, Any] = {
        "slot_at": NOW,
        "place": 1,
        "of": 3,
        "kind": ItemKind.NEW,
        "version": 1,
    }
    return Told(**values | changes)


def written(**changes: Any) -> Written:
    values: dict[str, Any] = {
        "slot_at": NOW,
        "since": NOW - DAY,
        "until": NOW,
        "versions": {9: 1},
        "left_out": 2,
    }
    return Written(**values | changes)


def case(**changes: Any) -> Case:
    """A story that the next digest would tell."""
    values: dict[str, Any] = {
        "subscription": subscription(),
        "follows": True,
        "reading": reading(),
        "level": Level.CORE,
        "story": story(),
        "next_slot_at": NOW + DAY,
        "standing_now": standing(1),
        "looks_back_to": NOW - DAY,
    }
    return Case(**values | changes)


ALONE: dict[str, Any] = {"story": None, "standing_now": None, "looks_back_to": None}
PAUSED = replace(subscription(), status=SubscriptionStatus.PAUSED, problem="I was removed.")

CASES = {
    Because.TOLD: case(told=(told(),)),
    Because.OTHER_TOPIC: case(follows=False),
    Because.NOT_READ: case(reading=None, level=Level.CORE, **ALONE),
    Because.NOT_RELEVANT: case(level=Level.NO, **ALONE),
    Because.PERIPHERAL: case(level=Level.PERIPHERAL, **ALONE),
    Because.FILTERED: case(filtered="issue"),
    Because.TOLD_ALREADY: case(told_elsewhere=NOW),
    Because.BEHIND: case(missed=written(), standing=standing(4)),
    Because.NOT_KEPT: case(is_kept=False),
    Because.WORKSPACE_LEFT: case(has_left=True),
    Because.PAUSED: case(subscription=PAUSED),
    Because.BEFORE: case(looks_back_to=NOW, standing_now=None),
    Because.AFTER_SLOT: case(),
    Because.UNCLEAR: case(missed=written(), standing=standing(2), standing_now=None),
}


@pytest.mark.parametrize("because", Because)
def test_each_reason_has_its_case(because: Because) -> None:
    """So that no reason is there which nothing leads to."""
    assert decide(CASES[because]).because is because


def test_what_was_told_needs_no_other_reason() -> None:
    """A digest that told it counts, whatever has happened to the subscription since."""
    fate = decide(case(told=(told(version=1),), subscription=PAUSED, has_left=True))
    assert (fate.because, fate.at) == (Because.TOLD, NOW)
    assert not fate.has_grown


def test_a_story_that_has_grown_since_is_said_to_have() -> None:
    """The next digest may tell it again, as an update."""
    grown = replace(story(), version=3)
    fate = decide(case(told=(told(version=2), told(version=2, slot_at=NOW + DAY)), story=grown))
    assert fate.has_grown
    assert fate.at == NOW + DAY


def test_a_paused_subscription_that_missed_it_before_says_so() -> None:
    """It fell behind while the subscription was active: the pause did not decide that."""
    fate = decide(case(subscription=PAUSED, missed=written(), standing=standing(4)))
    assert (fate.because, fate.standing) == (Because.BEHIND, standing(4))


def test_why_the_bot_paused_it_is_told() -> None:
    """The one who asks can mend it."""
    assert decide(case(subscription=PAUSED)).problem == "I was removed."


def test_a_story_of_peripheral_entries_is_judged_as_a_story() -> None:
    """Somebody takes the peripheral: that it is in a story says more than its level."""
    assert decide(case(level=Level.PERIPHERAL)).because is Because.AFTER_SLOT


def growing() -> Story:
    """A story of three reports, seen an hour apart."""
    reports = tuple(
        entry(n, seen_at=NOW - n * HOUR, published_at=NOW - n * HOUR) for n in (3, 2, 1)
    )
    return story(entries=reports, version=3, last_seen_at=NOW - HOUR, first_seen_at=NOW - 3 * HOUR)


def test_a_story_is_seen_as_it_was() -> None:
    """Its reports, version and last time are those of the moment."""
    then = as_of(growing(), NOW - 2 * HOUR)
    assert then is not None
    assert [e.id for e in then.entries] == [3, 2]
    assert (then.version, then.last_seen_at) == (2, NOW - 2 * HOUR)
    assert as_of(growing(), NOW - 4 * HOUR) is None


def test_the_digest_that_missed_a_story_is_the_first_over_its_time() -> None:
    """Earlier ones could not know it; later ones had it behind them."""
    before = written(slot_at=NOW - 5 * HOUR, since=NOW - DAY, until=NOW - 5 * HOUR)
    first = written(slot_at=NOW - 2 * HOUR, since=NOW - 5 * HOUR, until=NOW - 2 * HOUR)
    later = written()
    assert missed_by([later, first, before], growing()) == first
    assert missed_by([before], growing()) is None


def chosen(*stories: Story, told: dict[int, int] | None = None, **changes: Any) -> Chosen:
    values: dict[str, Any] = {"told": told or {}, "topic": topic(), "limit": 1, "now": NOW}
    return choose(stories, **values | changes)


def heavy(number: int, **changes: Any) -> Story:
    """A story of four outlets' reports."""
    reports = tuple(entry(10 * number + n, outlet=f"{number}o{n}") for n in range(4))
    return story(number, entries=reports, **changes)


def test_places_are_counted_in_the_digests_order() -> None:
    """The weight of the lightest one told is told, to compare with."""
    stood = stand(chosen(story(2), heavy(1)), limit=1)
    assert (stood[1].place, stood[2].place) == (1, 2)
    assert stood[1].is_within
    assert not stood[2].is_within
    assert stood[2].least == stood[1].score > stood[2].score


def test_what_the_filters_leave_out_takes_no_place() -> None:
    """Nor does what was told: a place is one among those that the digest could tell."""
    wanted = Filters(issues=(Issue.COURTS,))
    mine = [story(n, issue=Issue.COURTS) for n in (1, 2)]
    stood = stand(chosen(heavy(3), *mine, filters=wanted), limit=1)
    assert {number: (one.place, one.of) for number, one in stood.items()} == {1: (1, 2), 2: (2, 2)}
    assert list(stand(chosen(heavy(3), *mine, told={3: 1}, limit=2), limit=2)) == [1, 2]


def test_a_cap_is_named_where_it_decided() -> None:
    """The story over the cap weighs more than one that is told, and stands behind it."""
    alike = [heavy(n) for n in (1, 2)]
    stories = chosen(*alike, story(3, issue=Issue.COURTS), limit=2, house=House(max_per_issue=1))
    stood = stand(stories, limit=2)
    assert (stood[2].place, stood[2].left and stood[2].left.rule) == (3, Rule.ISSUE_CAP)
    assert stood[2].score > stood[2].least == stood[3].score
    fate = decide(case(missed=written(), standing=stood[2]))
    assert (fate.because, fate.rule) == (Because.BEHIND, "issue-cap")


def test_a_digest_could_tell_what_was_new_to_its_readers_then() -> None:
    """Neither what came later, nor what earlier digests had told whole."""
    earlier = written(slot_at=NOW - DAY, versions={1: 3, 2: 1})
    at = written()
    known = known_before([at, earlier], at)
    assert known == {1: 3, 2: 1}
    other = story(
        2, entries=(entry(8, seen_at=NOW - HOUR), entry(9, seen_at=NOW - HOUR)), version=2
    )
    late = story(3, entries=(entry(10, seen_at=NOW + HOUR),))
    found = within([growing(), other, late], since=NOW - DAY, until=NOW)
    assert [one.id for one in found] == [1, 2]
    assert list(stand(chosen(*found, told=known), limit=1)) == [2]


def test_what_a_digest_leaves_out_is_told_by_weight() -> None:
    """First what fell behind, then what filters leave out, then what is told already."""
    unwanted = [story(4, issue=Issue.CULTURE), story(3), heavy(1), story(2)]
    wanted = Filters(issues=(Issue.SUMMIT_DIPLOMACY,))
    passed = passed_over(chosen(*unwanted, told={3: 1}, filters=wanted), limit=1)
    assert [(one.story.id, one.fate.because, one.fate.rule) for one in passed] == [
        (2, Because.BEHIND, "room"),
        (4, Because.FILTERED, "issue"),
        (3, Because.TOLD_ALREADY, None),
    ]
    assert passed[0].fate.standing is not None
    assert passed[0].fate.standing.place == 2


def test_breaking_news_passes_nothing_over() -> None:
    """It holds one story: the next whole digest says why another was not told."""
    breaking = written(slot_at=NOW - HOUR, since=NOW - DAY, until=NOW - HOUR, breaking=True)
    assert missed_by([breaking], growing()) is None
    assert missed_by([written(), breaking], growing()) == written()
    assert known_before([breaking], written()) == {9: 1}


@pytest.mark.parametrize(
    ("takes", "because"), [(False, Because.PERIPHERAL), (True, Because.AFTER_SLOT)]
)
def test_what_only_touches_the_topic_is_for_those_who_take_it(
    takes: bool, because: Because
) -> None:
    """It has a story of its own then, judged as any other."""
    taste = replace(TASTE, filters=Filters(peripheral=takes))
    lone = case(
        story=story(peripheral=True),
        level=Level.PERIPHERAL,
        subscription=subscription(taste=taste),
        filtered=None if takes else "level",
    )
    assert decide(lone).because is because
