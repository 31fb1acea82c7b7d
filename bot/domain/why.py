"""Why a story is, or is not, in a subscription's digests: checks in order, the first one tells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.compose import Chosen
from bot.domain.filters import LeftOut, Rule
from bot.domain.model import (
    DeliveryStatus,
    ItemKind,
    Reading,
    Story,
    Subscription,
    SubscriptionStatus,
)
from bot.domain.standing import Standing, Written, stand
from bot.domain.topic import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Whose subscriptions one who asks may know of: a workspace's, or those of one channel."""

    platform: str
    workspace: str
    channel: str | None = None


class Because(StrEnum):
    """What decided: see ``CHECKS``."""

    TOLD = "told"
    NOT_READ = "not-read"
    OTHER_TOPIC = "other-topic"
    NOT_RELEVANT = "not-relevant"
    PERIPHERAL = "peripheral"
    FILTERED = "filtered"
    TOLD_ALREADY = "told-already"
    NOT_KEPT = "not-kept"
    BEHIND = "behind"
    PAUSED = "paused"
    WORKSPACE_LEFT = "workspace-left"
    BEFORE = "before-subscription"
    AFTER_SLOT = "after-slot"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A story's place in a digest that was written.

    ``has_report``: whether the report that was asked of was among its sources (None where a
    whole story was asked of). ``delivery`` is the worst that became of the digest's messages,
    None where none is kept. ``breaking``: it was told at once, in a digest of its own.
    """

    slot_at: datetime
    place: int
    of: int
    kind: ItemKind
    version: int
    has_report: bool | None = None
    delivery: DeliveryStatus | None = None
    breaking: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is known of a story, or of an entry that no story holds, for one subscription.

    ``follows``: whether the subscription has the topic. ``reading`` and ``level`` are of the
    entry asked of, or of the story's lead; no reading: the entry is yet to be read. ``told``
    are the subscription's digests that have it, the first one first; ``told_elsewhere`` when
    another subscription told the same channel. ``missed`` is the digest over the story's time
    that did not tell it, with its ``standing`` then; ``standing_now`` is that in a digest now.
    ``filtered`` names the filter that the subscription has now and that leaves it out, where
    one does (``bot.domain.filters.Rule``).
    """

    subscription: Subscription
    follows: bool
    reading: Reading | None
    level: Level
    story: Story | None
    next_slot_at: datetime
    told: tuple[Told, ...] = ()
    told_elsewhere: datetime | None = None
    missed: Written | None = None
    standing: Standing | None = None
    standing_now: Standing | None = None
    looks_back_to: datetime | None = None
    filtered: str | None = None
    is_kept: bool = True
    has_left: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """Why a subscription told a story, or did not.

    ``at`` is the slot of the digest concerned, or the next one; ``standing`` the story's
    place in it. ``has_grown``: it has more reports than when it was told. ``rule`` names the
    filter, or the cap, that left it out (``bot.domain.filters.Rule``).
    """

    because: Because
    at: datetime | None = None
    standing: Standing | None = None
    told: tuple[Told, ...] = ()
    has_grown: bool = False
    problem: str | None = None
    rule: str | None = None


Check = Callable[[Case], Fate | None]


def decide(case: Case) -> Fate:
    """Return what decided: the first of ``CHECKS`` that has an answer."""
    found = (check(case) for check in CHECKS)
    return next((fate for fate in found if fate is not None), Fate(because=Because.UNCLEAR))


def _told(case: Case) -> Fate | None:
    if not case.told:
        return None
    latest = case.told[-1]
    has_grown = case.story is not None and case.story.version > latest.version
    return Fate(because=Because.TOLD, at=latest.slot_at, told=case.told, has_grown=has_grown)


def _other_topic(case: Case) -> Fate | None:
    return None if case.follows else Fate(because=Because.OTHER_TOPIC)


def _not_read(case: Case) -> Fate | None:
    return Fate(because=Because.NOT_READ) if case.reading is None else None


def _not_relevant(case: Case) -> Fate | None:
    if case.story is not None or case.level is not Level.NO:
        return None
    return Fate(because=Because.NOT_RELEVANT)


def _peripheral(case: Case) -> Fate | None:
    # A peripheral entry in a story of several is judged as that story.
    only_touches = case.level is Level.PERIPHERAL if case.story is None else case.story.peripheral
    if not only_touches or case.subscription.taste.filters.peripheral:
        return None
    return Fate(because=Because.PERIPHERAL)


def _filtered(case: Case) -> Fate | None:
    return Fate(because=Because.FILTERED, rule=case.filtered) if case.filtered else None


def _told_already(case: Case) -> Fate | None:
    if case.told_elsewhere is None:
        return None
    return Fate(because=Because.TOLD_ALREADY, at=case.told_elsewhere)


def _behind(case: Case) -> Fate | None:
    stood = case.standing
    if case.missed is None or stood is None or stood.is_within:
        return None
    return Fate(because=Because.BEHIND, at=case.missed.slot_at, standing=stood, rule=_rule(stood))


def _not_kept(case: Case) -> Fate | None:
    return None if case.is_kept else Fate(because=Because.NOT_KEPT)


def _workspace_left(case: Case) -> Fate | None:
    return Fate(because=Because.WORKSPACE_LEFT) if case.has_left else None


def _paused(case: Case) -> Fate | None:
    if case.subscription.status is not SubscriptionStatus.PAUSED:
        return None
    return Fate(because=Because.PAUSED, problem=case.subscription.problem)


def _before(case: Case) -> Fate | None:
    # It ended before what the next digest looks back to, and no earlier one was over its time.
    if case.story is None or case.looks_back_to is None or case.missed is not None:
        return None
    if case.story.last_seen_at > case.looks_back_to:
        return None
    return Fate(because=Because.BEFORE, at=case.looks_back_to)


def _after_slot(case: Case) -> Fate | None:
    # It came after the last digest: the next one decides, by how it stands now.
    stands = case.standing_now
    if stands is None:
        return None
    return Fate(
        because=Because.AFTER_SLOT, at=case.next_slot_at, standing=stands, rule=_rule(stands)
    )


def _rule(stood: Standing) -> str | None:
    return stood.left.rule if stood.left else None


# In this order: what was told needs no further reason; what holds for everybody comes before
# what holds for the subscription, and what was decided before what is yet to come.
CHECKS: tuple[Check, ...] = (
    _told,
    _other_topic,
    _not_read,
    _not_relevant,
    _peripheral,
    _filtered,
    _told_already,
    _behind,
    _not_kept,
    _workspace_left,
    _paused,
    _before,
    _after_slot,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOver:
    """A story that a digest leaves out, and why: ``BEHIND``, ``FILTERED`` or ``TOLD_ALREADY``."""

    story: Story
    fate: Fate


def passed_over(chosen: Chosen, *, limit: int) -> list[PassedOver]:
    """Return the stories that a digest leaves out, as it was chosen with ``limit``.

    First those that fell behind, by weight, then what the filters leave out, then those of
    which all has been told.
    """
    stood = stand(chosen, limit=limit)
    passed = [
        PassedOver(story=story, fate=_left(why, stood.get(story.id)))
        for story, why in chosen.passed_over
    ]
    return sorted(passed, key=_order)


def _left(why: LeftOut, stood: Standing | None) -> Fate:
    if why.rule is Rule.TOLD:
        return Fate(because=Because.TOLD_ALREADY)
    because = Because.FILTERED if stood is None else Because.BEHIND
    return Fate(because=because, standing=stood, rule=why.rule)


def _order(passed: PassedOver) -> tuple[bool, bool, int]:
    fate = passed.fate
    place = fate.standing.place if fate.standing else 0
    return fate.because is Because.TOLD_ALREADY, fate.because is Because.FILTERED, place
