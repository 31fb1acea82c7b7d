"""Which stories a subscription wants, and why one is left out: pure, without any engine."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.domain.model import NO_FILTERS, Entry, Expression, Filters, Story
from bot.domain.words import CJK, fold

# (RE2 pattern, text) → whether it is found there: ``bot.understanding.expressions.finds``.
Finds = Callable[[str, str], bool]

# Words are looked for in a report's title and the beginning of its text: what it is about
# stands there, and a feed that carries whole articles costs no more than one that does not.
LEAD_CHARACTERS = 500

# Two days' reports of a busy topic, a kilobyte each.
MOST_FOLDED = 4_000

# Letters and digits of scripts that write spaces: a word of these begins and ends with itself.
_SPACED = re.compile(rf"(?![{CJK}])\w")


class Rule(StrEnum):
    """Why a story is left out of a digest."""

    TOLD = "told"
    LEVEL = "level"
    ISSUE = "issue"
    OUTLET = "outlet"
    COUNTRY = "country"
    LANGUAGE = "language"
    INCLUDE = "include"
    EXCLUDE = "exclude"
    PUBLISHERS = "publishers"
    ISSUE_CAP = "issue-cap"
    OUTLET_CAP = "outlet-cap"
    ROOM = "room"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Why a story is left out: what was ``wanted`` (or unwanted), and what was ``found``."""

    rule: Rule
    wanted: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


def no_patterns(pattern: str, text: str) -> bool:
    """Refuse a pattern where no engine was given: to ignore it would let anything through."""
    raise LookupError(f"no engine for the expression {pattern}")


def independent(entries: Iterable[Entry], owners: Mapping[str, str]) -> frozenset[str]:
    """Return who reported independently: outlets of one owner (outlet id → owner) are one.

    Copies are not among a story's entries, so that an agency's text counts once.
    """
    return frozenset(owners.get(entry.outlet, entry.outlet) for entry in entries)


def reason_left_out(
    story: Story,
    filters: Filters,
    *,
    told: Mapping[int, int] | None = None,
    owners: Mapping[str, str] | None = None,
    finds: Finds = no_patterns,
) -> LeftOut | None:
    """Return why the story is not for a subscription with these filters; None where it is.

    ``told`` maps story ids to the versions that the destination knows already.
    """
    if story.version <= (told or {}).get(story.id, 0):
        return LeftOut(rule=Rule.TOLD)
    return _reason(story, filters, owners or {}, finds)


# Without filters there is nothing to look at: most subscriptions are so.
_ANYTHING = (NO_FILTERS, Filters(peripheral=True))


def _reason(
    story: Story, filters: Filters, owners: Mapping[str, str], finds: Finds
) -> LeftOut | None:
    if story.peripheral and not filters.peripheral:
        return LeftOut(rule=Rule.LEVEL)
    if filters in _ANYTHING:
        return None
    if filters.issues and story.issue not in filters.issues:
        return LeftOut(rule=Rule.ISSUE, wanted=tuple(filters.issues), found=(story.issue,))
    return (
        _source_reason(story, filters)
        or _word_reason(story, filters, finds)
        or _publishers_reason(story, filters, owners)
    )


def _source_reason(story: Story, filters: Filters) -> LeftOut | None:
    """Tell which demand on the reports no report meets together with those before it."""
    reports = list(story.entries)
    for rule, wanted, of in (
        (Rule.OUTLET, filters.outlets, _outlets),
        (Rule.COUNTRY, filters.countries, _country),
        (Rule.LANGUAGE, filters.languages, _language),
    ):
        fitting = [report for report in reports if wanted and not of(report).isdisjoint(wanted)]
        if wanted and not fitting:
            found = sorted({min(of(report)) for report in reports if of(report)})
            return LeftOut(rule=rule, wanted=wanted, found=tuple(found))
        reports = fitting or reports
    return None


def _outlets(report: Entry) -> frozenset[str]:
    return frozenset((report.outlet, report.outlet_name))


def _country(report: Entry) -> frozenset[str]:
    return frozenset((report.country,) if report.country else ())


def _language(report: Entry) -> frozenset[str]:
    return frozenset((report.language,) if report.language else ())


def _word_reason(story: Story, filters: Filters, finds: Finds) -> LeftOut | None:
    if filters.include and not next(_found(story, filters.include, finds), None):
        return LeftOut(rule=Rule.INCLUDE, wanted=tuple(map(written, filters.include)))
    if unwanted := next(_found(story, filters.exclude, finds), None):
        wanted = tuple(map(written, filters.exclude))
        return LeftOut(rule=Rule.EXCLUDE, wanted=wanted, found=(written(unwanted),))
    return None


def _found(story: Story, expressions: Collection[Expression], finds: Finds) -> Iterator[Expression]:
    texts = [_text(report) for report in story.entries] if expressions else []
    for expression in expressions:
        if any(_occurs(expression, text, finds) for text in texts):
            yield expression


def _text(report: Entry) -> str:
    return f"{report.title}\n{report.text[:LEAD_CHARACTERS]}"


def _occurs(expression: Expression, text: str, finds: Finds) -> bool:
    if expression.is_pattern:
        return finds(expression.text, text)
    return _literal(expression.text).search(_folded(text)) is not None


@lru_cache(MOST_FOLDED)
def _folded(text: str) -> str:
    return fold(text)


@lru_cache(MOST_FOLDED)
def _literal(text: str) -> re.Pattern[str]:
    """Return what finds a word: whole where scripts write spaces, anywhere in 日本語, 한국어."""
    folded = fold(text)
    before = r"(?<!\w)" if _SPACED.match(folded) else ""
    after = r"(?!\w)" if _SPACED.match(folded[-1:]) else ""
    return re.compile(before + re.escape(folded) + after)


def written(expression: Expression) -> str:
    """Return an expression as it is written: a pattern between slashes."""
    return f"/{expression.text}/" if expression.is_pattern else expression.text


def _publishers_reason(story: Story, filters: Filters, owners: Mapping[str, str]) -> LeftOut | None:
    count = len(independent(story.entries, owners))
    if count >= filters.min_outlets:
        return None
    return LeftOut(rule=Rule.PUBLISHERS, wanted=(str(filters.min_outlets),), found=(str(count),))
