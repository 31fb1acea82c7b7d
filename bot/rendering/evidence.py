"""What stands beside a story's summary, in a reader's words: terms, numbers, silence, what is new.

Texts are clean, but not yet escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from bot.domain.lens import ELSEWHERE
from bot.domain.model import (
    Counted,
    CountTold,
    Digest,
    DigestItem,
    Source,
    StoryRef,
    StoryStatus,
    Teller,
    TermsDiffer,
    TermUse,
)
from bot.rendering.safe import NAME_LIMIT, TITLE_LIMIT, clean
from bot.rendering.texts import Texts

# Outlets named where many use the same term; and contested things, earlier stories told of.
MOST_OUTLETS = 3
MOST_TERMS = 2
MOST_EARLIER = 2
# Spellings of a name that are shown.
MOST_SPELLINGS = 2
# What is counted in people, for the languages that say so.
PEOPLE = frozenset(Counted) - {Counted.MISSILES, Counted.MAGNITUDE}
# An earlier story's headline is a signpost, not read for itself (characters).
EARLIER_TITLE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One side's coverage: its first report and, of several outlets, how many and who was first."""

    line: str
    first: int


def panel_of(sources: Sequence[Source], digest: Digest, texts: Texts) -> Panel | None:
    """Return the line of one side's reports; None where it has none."""
    if not sources:
        return None
    first = min(sources, key=lambda source: (source.published_at, source.number))
    outlets = len({source.outlet_name for source in sources})
    if outlets == 1:
        return Panel(line="", first=first.number)
    line = texts.say(
        "story.first",
        outlets=texts.count("story.outlets", outlets),
        outlet=clean(first.outlet_name, NAME_LIMIT),
        time=texts.moment(first.published_at, seen_from=digest.until, zone=digest.zone),
    )
    return Panel(line=line, first=first.number)


def since_told(item: DigestItem, texts: Texts) -> str:
    """Return what the story has become since it was told; empty for a new one."""
    if item.news is None or not item.news.reports:
        return ""
    since = texts.count("story.since_told", item.news.reports)
    if not item.news.sides:
        return since
    sides = texts.listed([texts.side(side) for side in item.news.sides])
    return texts.say("story.now_also", since=since, sides=sides)


def silence(item: DigestItem, texts: Texts) -> dict[str, str]:
    """Return what is said of each side that has not reported though it could have."""
    return {side: texts.say("story.not_seen", country=texts.country(side)) for side in item.silent}


def terms_line(differ: Sequence[TermsDiffer], texts: Texts) -> str:
    """Return what the outlets call contested things; empty where they do not differ."""
    uses = ["; ".join(_uses(term.uses, texts)) for term in differ[:MOST_TERMS]]
    return texts.say("story.terms", uses=" | ".join(uses)) if uses else ""


def _uses(uses: Sequence[TermUse], texts: Texts) -> list[str]:
    return [
        texts.say("story.term_use", outlets=_outlets(use, texts), term=_term(use, texts))
        for use in uses
    ]


def _outlets(use: TermUse, texts: Texts) -> str:
    names = ", ".join(clean(name, NAME_LIMIT) for name in use.outlets[:MOST_OUTLETS])
    hidden = len(use.outlets) - MOST_OUTLETS
    if hidden <= 0:
        return names
    return texts.say("story.outlets_more", outlets=names, count=texts.number(hidden))


def _term(use: TermUse, texts: Texts) -> str:
    """Return the name as written, with what it is in the reader's language where that differs."""
    written = "/".join(clean(form, NAME_LIMIT) for form in use.written[:MOST_SPELLINGS])
    known = {form.casefold() for form in use.written}
    if use.label.casefold() in known or not use.label:
        return written
    return texts.say("story.written", written=written, label=use.label)


def number_line(what: Counted, told: Sequence[tuple[CountTold, str]], texts: Texts) -> str:
    """Return one thing that is counted differently; ``told`` pairs each count with its marks."""
    values = [f"{_value(what, one, texts)}{marks}" for one, marks in told]
    kind = texts.say(f"counted.{what.value}")
    return texts.say("story.counts", what=kind, told=" / ".join(values))


def _value(what: Counted, one: CountTold, texts: Texts) -> str:
    value = str(format_decimal(Decimal(one.value), locale=texts.locale))
    if what in PEOPLE:
        value = texts.say("story.people", value=value)
    if one.teller is Teller.NOBODY:
        return value
    return texts.say("story.told_by", teller=texts.say(f"tellers.{one.teller.value}"), value=value)


def earlier_line(earlier: Sequence[StoryRef], digest: Digest, texts: Texts) -> str:
    """Return which stories this one follows, the latest first; empty where it follows none."""
    told = [
        texts.say(
            "story.earlier_story",
            headline=clean(story.headline, EARLIER_TITLE),
            date=texts.day(story.last_seen_at, seen_from=digest.until, zone=digest.zone),
        )
        for story in earlier[:MOST_EARLIER]
    ]
    return texts.say("story.earlier", stories="; ".join(told)) if told else ""


def status_label(item: DigestItem, digest: Digest, texts: Texts) -> str:
    """Return the story's status, with how long it has been quiet where it is."""
    if item.status is None:
        return ""
    quiet = max(digest.until - item.last_seen_at, timedelta())
    if item.status in {StoryStatus.QUIET, StoryStatus.SETTLED}:
        time = format_timedelta(quiet, granularity="day", locale=texts.locale)
        return texts.say(f"status.{item.status.value}", time=time)
    return texts.say(f"status.{item.status.value}")


def perspective_side(side: str, digest: Digest, texts: Texts) -> str:
    """Return the name of the side of a perspective, whatever a model called it."""
    return texts.side(side if side in digest.sides else ELSEWHERE)


def translated(source: Source) -> str:
    """Return the report's title in the reader's language, where there is a translation."""
    return clean(source.translation, TITLE_LIMIT) if source.translation else ""


def marks_of(numbers: Sequence[int], known: Mapping[int, object]) -> str:
    """Return the plain marks of the sources that are shown: ``[1][4]``."""
    return "".join(f"[{number}]" for number in numbers if number in known)
