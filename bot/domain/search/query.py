"""What people type, taken apart: words, phrases, either, not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.errors import InputError
from bot.domain.words import CJK, words

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
class Item:
    """One item of what was typed: a word or a quoted phrase; ``joined`` to the last by OR."""

    text: str
    quoted: bool = False
    excluded: bool = False
    joined: bool = False


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
