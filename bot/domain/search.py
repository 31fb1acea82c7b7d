"""What people search for and what they find: queries, filters, hits, and their order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from math import exp2
from typing import Protocol

from bot.domain.errors import InputError
from bot.domain.model import Entry, Issue, Story
from bot.domain.words import CJK, MOST_CHARACTERS, fold, script_language, words

# A headline pasted whole fits; nobody writes more by hand.
LONGEST_QUERY = 200
MOST_CLAUSES = 24

# A name has a dozen forms; more alternatives find nothing new and cost time.
MOST_ALTERNATIVES = 24

# The index gathers every word that begins so before it can answer: 40 ms each, of a million
# entries (benchmarks/search.py).
MOST_OPEN = 2

# "a*" would look through half the index.
SHORTEST_PREFIX = 3

# A report loses half its weight in this time: who searches wants last week's ruling before
# last year's, but finds that too.
HALF_LIFE = timedelta(days=60)

# A word in the title says what a report is about; one in its text may be a passing mention.
TITLE_WEIGHT = 2.0

# What people type as it is written counts more than the name's other forms.
AS_TYPED_WEIGHT = 0.5

# Each doubling of the reports that match adds this share to a story's weight.
REPORTS_WEIGHT = 0.2

# A report that belongs to no story did not matter to any topic.
LOOSE_WEIGHT = 0.3

# Periods are filtered by whole months and years in the index; this year stands for all before
# it too: feeds seldom hold anything as old.
FIRST_YEAR = 2015
MONTHS = range(1, 13)

_ITEM = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»「」『』", '"' * 9)
_HANGUL_RUN = re.compile("[\uac00-\ud7a3]{4,20}")
_CJK_OR_WORD = re.compile(rf"[{CJK}]|\w")


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """Words that stand beside each other; of an open one the last word may go on."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """Something that a report must have (or, where excluded, must not): any of the phrases.

    The first phrase is what was typed.
    """

    phrases: tuple[Phrase, ...]
    excluded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A search as it is carried out; ``text`` is what was typed, in one line."""

    text: str
    clauses: tuple[Clause, ...]

    @property
    def wanted(self) -> tuple[Clause, ...]:
        """The clauses that a report must have."""
        return tuple(clause for clause in self.clauses if not clause.excluded)

    @property
    def unwanted(self) -> tuple[Clause, ...]:
        """The clauses that a report must not have."""
        return tuple(clause for clause in self.clauses if clause.excluded)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What else must hold of a report; None lets everything through.

    ``since`` and ``until`` bound the time of publication, both included. ``outlet`` is the
    id of a card or the name that a feed gave; ``country`` and ``language`` are ISO codes.
    """

    topic: str | None = None
    issue: Issue | None = None
    since: datetime | None = None
    until: datetime | None = None
    outlet: str | None = None
    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item of what was typed: a word or a quoted phrase; ``joined`` to the last by OR."""

    text: str
    quoted: bool = False
    excluded: bool = False
    joined: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A report that was found, and the story that holds it, if one does."""

    entry: Entry
    story_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundGroup:
    """A story with its reports that match, or one report alone; the best report first."""

    reports: tuple[Entry, ...]
    story_id: int | None
    story: Story | None = None


class Indexed(Protocol):
    """What the index holds of an entry: an Entry, or a row of their table."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102
    @property
    def outlet(self) -> str: ...  # noqa: D102
    @property
    def outlet_name(self) -> str: ...  # noqa: D102
    @property
    def country(self) -> str | None: ...  # noqa: D102
    @property
    def published_at(self) -> datetime: ...  # noqa: D102


def entry_words(entry: Indexed) -> list[str]:
    """Return what an entry is found by: its title's words, its flags, its text's words."""
    body = words(entry.text[:MOST_CHARACTERS])
    return [*words(entry.title[:MOST_CHARACTERS]), *_flags(entry), *body]


def _flags(entry: Indexed) -> Iterator[str]:
    published = entry.published_at
    yield _year_flag(max(published.year, FIRST_YEAR))
    yield _month_flag(published.year, published.month)
    yield from {_flag("o", entry.outlet), _flag("o", entry.outlet_name)}
    if language := entry.language or script_language(entry.title):
        yield _flag("l", language[:2])
    if entry.country:
        yield _flag("c", entry.country)


def filter_words(filters: Filters) -> list[tuple[str, ...]]:
    """Return the filters as words of the index: of each tuple a report has at least one."""
    named = (("o", filters.outlet), ("l", filters.language), ("c", filters.country))
    flags: list[tuple[str, ...]] = [(_flag(kind, value),) for kind, value in named if value]
    if filters.until is not None:
        flags.append(tuple(_period(filters.since, filters.until)))
    return flags


def _period(since: datetime | None, until: datetime) -> Iterator[str]:
    """Yield flags of whole years, and of the months at both ends, that cover a period."""
    last = (until.year, until.month)
    first = min((since.year, since.month), last) if since else (FIRST_YEAR, 1)
    for year in range(max(first[0], FIRST_YEAR), max(last[0], FIRST_YEAR) + 1):
        months = [month for month in MONTHS if first <= (year, month) <= last]
        if len(months) == len(MONTHS) or year == FIRST_YEAR:
            yield _year_flag(year)
        else:
            yield from (_month_flag(year, month) for month in months)


def _flag(kind: str, value: str) -> str:
    # Hashed, for ids and names of outlets hold what the index takes for a word's end.
    return f"_{kind}{blake2b(fold(value).encode(), digest_size=4).hexdigest()}"


def _year_flag(year: int) -> str:
    return f"_y{year:04}"


def _month_flag(year: int, month: int) -> str:
    return f"_m{year:04}{month:02}"


def split_query(text: str) -> tuple[Item, ...]:
    """Take apart what was typed: words, "quoted phrases", -unwanted, either OR or.

    Raises InputError for a text that is too long. Anything else is read somehow.
    """
    line = " ".join(text.split())
    if len(line) > LONGEST_QUERY:
        raise InputError(f"The search has {len(line)} characters: write {LONGEST_QUERY} at most.")
    items: list[Item] = []
    joined = False
    for match in _ITEM.finditer(line.translate(_QUOTES)):
        word, quoted = match["word"], match["quoted"]
        if word in {"OR", "|"} and not match["minus"]:
            joined = bool(items)
            continue
        if not _CJK_OR_WORD.search(word or quoted or ""):
            continue
        excluded = bool(match["minus"])
        is_joined = joined and not excluded and not items[-1].excluded
        items.append(
            Item(
                text=word or quoted or "",
                quoted=word is None,
                excluded=excluded,
                joined=is_joined,
            )
        )
        joined = False
    return tuple(items)


def parse_query(text: str) -> Query:
    """Return the query that a text stands for, without other forms of its names.

    Raises InputError where there is nothing to look for, or too much.
    """
    return make_query(text, [(item, phrases_of(item)) for item in split_query(text)])


def make_query(text: str, parts: Iterable[tuple[Item, Sequence[Phrase]]]) -> Query:
    """Put items and their phrases together; those joined by OR become one clause.

    Raises InputError where there is nothing to look for, or too much.
    """
    clauses: list[Clause] = []
    for item, phrases in parts:
        if not phrases:
            continue
        before = clauses.pop().phrases if item.joined and clauses else ()
        unique = tuple(dict.fromkeys((*before, *phrases)))[: 2 * MOST_ALTERNATIVES]
        clauses.append(Clause(phrases=unique, excluded=item.excluded))
    query = Query(text=" ".join(text.split()), clauses=tuple(clauses))
    if not query.wanted:
        if query.unwanted:
            raise InputError("The search says only what is not wanted: add a word to look for.")
        raise InputError("There is nothing to search for: write a word, such as 岸田 or Dokdo.")
    if len(clauses) > MOST_CLAUSES:
        raise InputError(f"The search has {len(clauses)} words: write {MOST_CLAUSES} at most.")
    if sum(phrase.is_open for clause in clauses for phrase in clause.phrases) > MOST_OPEN:
        raise InputError(f"The search has too many words with *: write {MOST_OPEN} at most.")
    return query


def phrases_of(item: Item) -> tuple[Phrase, ...]:
    """Return the ways in which a report may write an item; none for mere punctuation.

    ``semicon*`` is open at its end. A hangul compound may also be written with a space:
    한일정상회담 finds 한일 정상회담.
    """
    found = tuple(words(item.text))
    if not found:
        return ()
    is_open = item.text.endswith("*") and len(found[-1]) >= SHORTEST_PREFIX and not item.quoted
    typed = Phrase(words=found, is_open=is_open)
    if item.quoted or not _HANGUL_RUN.fullmatch(item.text):
        return (typed,)
    spaced = (f"{item.text[:at]} {item.text[at:]}" for at in range(2, len(item.text) - 1))
    return (typed, *(Phrase(words=tuple(words(text))) for text in spaced))


def group(hits: Iterable[Hit], query: Query, *, now: datetime) -> list[FoundGroup]:
    """Make one group of a story's hits, and order the groups: relevance, then recency."""
    scored: dict[int | str, list[tuple[float, Hit]]] = {}
    for hit in hits:
        key = hit.story_id if hit.story_id is not None else f"entry {hit.entry.id}"
        scored.setdefault(key, []).append((score(hit, query, now=now), hit))
    groups = [_group(found) for found in scored.values()]
    return [made for _, made in sorted(groups, key=lambda pair: pair[0], reverse=True)]


def _group(found: list[tuple[float, Hit]]) -> tuple[tuple[float, int], FoundGroup]:
    found.sort(key=lambda pair: (-pair[0], pair[1].entry.id))
    best, hit = found[0]
    weight = best * (1 + REPORTS_WEIGHT * (len(found).bit_length() - 1))
    reports = tuple(hit.entry for _, hit in found)
    return (weight, hit.entry.id), FoundGroup(reports=reports, story_id=hit.story_id)


def score(hit: Hit, query: Query, *, now: datetime) -> float:
    """Return a report's weight among the hits, above 0.

    The share of the query in the title, above all as it was typed, halved every
    ``HALF_LIFE`` since publication.
    """
    title = f" {' '.join(words(hit.entry.title))} "
    shares = [_share(clause, title) for clause in query.wanted]
    relevance = 1 + TITLE_WEIGHT * sum(shares) / len(shares)
    age = max(now - hit.entry.published_at, timedelta())
    weight = LOOSE_WEIGHT if hit.story_id is None else 1.0
    return weight * relevance * exp2(-(age / HALF_LIFE))


def _share(clause: Clause, title: str) -> float:
    """Return how much of a clause a title (words between spaces) has, from 0 to 1."""
    held = [place for place, phrase in enumerate(clause.phrases) if _has(title, phrase)]
    if not held:
        return 0.0
    return 1.0 if held[0] == 0 else 1 - AS_TYPED_WEIGHT


def _has(title: str, phrase: Phrase) -> bool:
    written = f" {' '.join(phrase.words)}"
    return (written if phrase.is_open else f"{written} ") in title


def with_stories(groups: Iterable[FoundGroup], stories: dict[int, Story]) -> tuple[FoundGroup, ...]:
    """Give the groups their stories; a story that has gone meanwhile takes its group along."""
    known = (
        group if group.story_id is None else replace(group, story=stories.get(group.story_id))
        for group in groups
    )
    return tuple(one for one in known if one.story_id is None or one.story is not None)
