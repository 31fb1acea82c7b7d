"""Contested names: which of them each outlet uses, and what Strait's own words say."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from bot.domain.model import Entry, Issue
from bot.domain.model.evidence import TermsDiffer, TermUse

# Characters of a report that are looked at: its names stand early, and a hostile one is endless.
READ = 4_000

# What is quoted at length is somebody else's wording; a shorter quotation is a word set apart
# with distance (「徴用工」), and still the outlet's choice (characters).
LONGEST_OWN_QUOTE = 12
QUOTED = re.compile(r"“([^”]*)”|\"([^\"]*)\"|‘([^’]*)’|「([^」]*)」|『([^』]*)』")

# What stands in brackets explains a name: "Dokdo (Takeshima in Japanese)".
BRACKETS = re.compile(r"\([^()]{1,60}\)|\[[^\[\]]{1,60}\]")

# Hangul this short is part of other words (구독도), unless nothing stands before it.
SHORT_HANGUL = 2


# An outlet's name and one of its reports, as one text.
Read = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One of a thing's names. ``label`` is by language; ``forms`` are spellings in any."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    label: dict[str, str] = field(hash=False)
    forms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Term:
    """A thing with contested names. ``house`` is what Strait itself says, by language."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    id: str
    house: dict[str, str] = field(hash=False)
    variant: tuple[Variant, ...]
    traps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HouseStyle:
    """``config/house-style.toml``: the terms, and what issues are called by language."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    term: tuple[Term, ...] = ()
    issues: dict[Issue, dict[str, str]] = field(default_factory=dict, hash=False)


def terms_that_differ(
    entries: Sequence[Entry], style: HouseStyle, language: str
) -> tuple[TermsDiffer, ...]:
    """Return the things that the outlets call differently, in the reader's language's labels."""
    read = [(entry.outlet_name, _plain(entry)) for entry in entries]
    return tuple(
        TermsDiffer(name=_in(term.house, language), uses=uses)
        for term in style.term
        if len(uses := _uses(read, term, language)) > 1
    )


def taken_sides(text: str, style: HouseStyle, language: str) -> tuple[str, ...]:
    """Return the contested names in words of our own that are not the house style."""
    for house in sorted(_house_names(style, language), key=len, reverse=True):
        text = re.sub(re.escape(house), " ", text, flags=re.IGNORECASE)
    plain = unicodedata.normalize("NFKC", text)
    return tuple(form for term in style.term for _, form in _mentions(plain, term))


def _house_names(style: HouseStyle, language: str) -> set[str]:
    tables = [*(term.house for term in style.term), *style.issues.values()]
    return {table[language] for table in tables if language in table}


def _uses(read: Sequence[Read], term: Term, language: str) -> tuple[TermUse, ...]:
    """Group the outlets by the name, or names, that they use of one thing."""
    groups: dict[tuple[int, ...], tuple[list[str], list[str]]] = {}
    for outlet, found in _by_outlet(read, term).items():
        own = _own(found)
        outlets, written = groups.setdefault(own, ([], []))
        outlets.append(outlet)
        written += [form for variant, form in found if variant in own]
    return tuple(
        TermUse(
            outlets=tuple(outlets),
            written=tuple(dict.fromkeys(written)),
            label="/".join(_in(term.variant[at].label, language) for at in own),
        )
        for own, (outlets, written) in groups.items()
    )


def _plain(entry: Entry) -> str:
    # A headline is chosen with most care: its words count twice.
    whole = f"{entry.title}\n{entry.title}\n{entry.text[:READ]}"
    return unicodedata.normalize("NFKC", whole)


def _by_outlet(read: Iterable[Read], term: Term) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for outlet, text in read:
        mentions = list(_mentions(text, term))
        if mentions:
            found.setdefault(outlet, []).extend(mentions)
    return found


def _own(found: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    """Return the variant used most often; several used equally often are all the outlet's."""
    counts = Counter(variant for variant, _ in found)
    most = max(counts.values())
    return tuple(sorted(variant for variant, count in counts.items() if count == most))


def _mentions(text: str, term: Term) -> Iterator[tuple[int, str]]:
    """Yield (variant, form as written) in order, outside of quotations and explanations."""
    lowered = text.casefold()
    if not any(form in lowered for form in _spellings(term)):
        return
    foreign = list(_foreign(text))
    for match in _pattern(term).finditer(text):
        if match.lastgroup and not any(start < match.start() < end for start, end in foreign):
            yield int(match.lastgroup[1:].partition("_")[0]), match.group()


def _foreign(text: str) -> Iterator[tuple[int, int]]:
    for match in QUOTED.finditer(text):
        if len(next(part for part in match.groups() if part is not None)) > LONGEST_OWN_QUOTE:
            yield match.span()
    for match in BRACKETS.finditer(text):
        yield match.span()


@lru_cache(maxsize=256)
def _spellings(term: Term) -> tuple[str, ...]:
    """Return what a text must have one of, in its lower case, to name a thing at all."""
    forms = (form for variant in term.variant for form in variant.forms)
    return tuple(dict.fromkeys(unicodedata.normalize("NFKC", form).casefold() for form in forms))


@lru_cache(maxsize=256)
def _pattern(term: Term) -> re.Pattern[str]:
    """Compile a term: traps in no group, the forms of its first variant in groups ``v0_…``.

    Of several at one place the longest counts.
    """
    traps = [(trap, "") for trap in term.traps]
    forms = [(form, f"v{at}") for at, name in enumerate(term.variant) for form in name.forms]
    ordered = sorted([*traps, *forms], key=lambda pair: -len(pair[0]))
    # A group's name may stand only once in a pattern, so that each form has its own.
    parts = [
        f"(?P<{group}_{at}>{_spelled(form)})" if group else f"(?:{_spelled(form)})"
        for at, (form, group) in enumerate(ordered)
    ]
    return re.compile("|".join(parts))


def _spelled(form: str) -> str:
    plain = unicodedata.normalize("NFKC", form)
    escaped = re.escape(plain)
    if plain.isascii():
        flags = "" if plain[0].isupper() else "i"
        return f"(?{flags}:(?<![A-Za-z]){escaped}(?![A-Za-z]))"
    if len(plain) <= SHORT_HANGUL and "가" <= plain[0] <= "힣":
        return f"(?<![가-힣]){escaped}"
    return escaped


def _in(table: Mapping[str, str], language: str) -> str:
    return table.get(language) or table.get("en") or next(iter(table.values()), "")
