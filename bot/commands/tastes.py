"""What people write of their taste, read: issues, outlets, words, length, what breaks."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import TypeVar

from bot.commands.search import find_issue
from bot.domain.errors import InputError
from bot.domain.model import Breaking, Expression, Filters, Issue, Length, Quiet, Taste
from bot.domain.outlets import Outlets
from bot.domain.schedule import parse_clock
from bot.domain.topic import Level

# A list that anybody reads and understands; each word is looked for in every report.
MOST_ITEMS = 20
LONGEST_WORD = 100

# More independent outlets than report any but the greatest events.
MOST_OUTLETS = 20

# Within a day; what takes longer does not break.
MOST_MINUTES = 24 * 60
DEFAULT_MINUTES = 60

# What empties a list or switches off what can be switched off.
NOTHING = frozenset({"all", "any", "none", "off", "-"})

QUOTES = str.maketrans("“”„«»「」『』", '"' * 9)
# A quoted phrase, a pattern between slashes (\/ is a slash in it), or a word.
ITEM = re.compile(
    r'\s*(?:"(?P<phrase>[^"]*)"|/(?P<pattern>(?:\\.|[^/\\])+)/|(?P<word>[^,、"]+))\s*'
)
COMMA = re.compile("[,、]")
CODE = re.compile("[A-Za-z]{2}")
BREAKING = re.compile(r"(\d{1,2})(?:\s*(?:in|/)\s*(\d{1,4})\s*(?:m|min|minutes)?)?", re.IGNORECASE)
QUIET = re.compile(r"\s*(\S+?)\s*(?:-|–|~|〜)\s*(\S+)\s*")

CheckPattern = Callable[[str], str]

T = TypeVar("T")
Word = TypeVar("Word", Length, Level)


@dataclass(frozen=True, kw_only=True, slots=True)
class TasteWords:
    """A taste as somebody writes it; None leaves as it is what it stands for.

    Lists are divided by commas, and ``all`` empties one.
    """

    issues: str | None = None
    first: str | None = None
    outlets: str | None = None
    countries: str | None = None
    languages: str | None = None
    include: str | None = None
    exclude: str | None = None
    publishers: str | None = None
    level: str | None = None
    length: str | None = None
    breaking: str | None = None
    quiet: str | None = None


NO_WORDS = TasteWords()
TASTE_OPTIONS = tuple(field.name for field in fields(TasteWords))

# NAME=VALUE, where the value may have quoted phrases and expressions with spaces in them.
OPTION = re.compile(
    rf"""(?:^|(?<=\s))({"|".join(TASTE_OPTIONS)})\s?="""
    r"""((?:"[^"]*"|[“”][^“”]*[“”]|(?<=[=,])/(?:\\.|[^/\\])+/|(?<=[,、])\s+(?!\w+=)|[^\s"“”])*)""",
    re.IGNORECASE,
)


def read_options(text: str) -> tuple[TasteWords, str]:
    """Return what ``name=value`` in a line says of a taste, and the rest of the line."""
    found = {match[1].casefold(): match[2] for match in OPTION.finditer(text)}
    return TasteWords(**found), OPTION.sub("", text)


def apply(
    taste: Taste, words: TasteWords, *, outlets: Outlets, check_pattern: CheckPattern
) -> Taste:
    """Return the taste with what is written changed; raises InputError with the mend."""
    if words == NO_WORDS:
        return taste
    return replace(
        taste,
        filters=_filters(taste.filters, words, outlets, check_pattern),
        length=_length(words.length) if words.length else taste.length,
        breaking=_breaking(taste.breaking, words),
    )


def _filters(
    filters: Filters, words: TasteWords, outlets: Outlets, check_pattern: CheckPattern
) -> Filters:
    readers: dict[str, tuple[str | None, Callable[[str], object]]] = {
        "issues": (words.issues, _issues),
        "prefer": (words.first, _issues),
        "outlets": (words.outlets, lambda text: tuple(_outlet(i, outlets) for i in _items(text))),
        "countries": (words.countries, lambda text: _codes(text, "country", "KR or JP", str.upper)),
        "languages": (words.languages, lambda text: _codes(text, "language", "ko", str.lower)),
        "include": (words.include, lambda text: _expressions(text, check_pattern)),
        "exclude": (words.exclude, lambda text: _expressions(text, check_pattern)),
        "min_outlets": (words.publishers, _publishers),
        "peripheral": (words.level, _is_peripheral),
    }
    changed = {name: read(text) for name, (text, read) in readers.items() if text is not None}
    return replace(filters, **changed)  # type: ignore[arg-type]


def _issues(text: str) -> tuple[Issue, ...]:
    return _each_once(find_issue(item) for item in _items(text))


def _outlet(text: str, outlets: Outlets) -> str:
    """Return the id of the card; raises InputError that names the nearest one."""
    if card := outlets.named(text):
        return card.id
    close = get_close_matches(text, outlets.names, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(outlets.names)}."
    raise InputError(f"There is no outlet “{text}”: {hint}")


def _codes(text: str, what: str, examples: str, spell: Callable[[str], str]) -> tuple[str, ...]:
    items = [spell(item) for item in _items(text)]
    for item in items:
        if not CODE.fullmatch(item):
            raise InputError(f"“{item}” is no {what} code: write two letters, such as {examples}.")
    return _each_once(items)


def _expressions(text: str, check_pattern: CheckPattern) -> tuple[Expression, ...]:
    return _each_once(_expression(match, check_pattern) for match in _matches(text))


def _expression(match: re.Match[str], check_pattern: CheckPattern) -> Expression:
    if match["pattern"]:
        pattern = check_pattern(match["pattern"].replace("\\/", "/"))
        return Expression(text=pattern, is_pattern=True)
    word = _word(match)
    if len(word) > LONGEST_WORD:
        raise InputError(f"“{word[:20]}…” is too long: write {LONGEST_WORD} characters at most.")
    if word.startswith("/"):
        raise InputError(f"“{word}” does not end: close the expression with a slash, as in /a|b/.")
    if not any(character.isalnum() for character in word):
        raise InputError(f"“{word}” has no letter or digit: write a word.")
    return Expression(text=word)


def _items(text: str) -> list[str]:
    return [_word(match) for match in _matches(text)]


def _word(match: re.Match[str]) -> str:
    return " ".join((match["phrase"] or match["word"] or match["pattern"] or "").split())


def _matches(text: str) -> list[re.Match[str]]:
    """Return the items of a list; raises InputError for one that does not end or is too long."""
    if text.strip().casefold() in NOTHING:
        return []
    found = list(_divided(text.translate(QUOTES)))
    if len(found) > MOST_ITEMS:
        raise InputError(f"{len(found)} in one list are too many: write {MOST_ITEMS} at most.")
    return found


def _divided(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        match = ITEM.match(text, at)
        end = match.end() if match else at
        if match is None or not _word(match) or not (end == len(text) or COMMA.match(text, end)):
            raise InputError(
                f"“{text[at:][:40].strip()}” cannot be read: divide what you list by commas, as in "
                'summit, "court ruling", /tak(e|a)shima/.'
            )
        yield match
        at = end + 1


def _publishers(text: str) -> int:
    return _number(text, MOST_OUTLETS, "publishers")


def _number(text: str, most: int, what: str) -> int:
    written = text.strip()
    is_number = written.isascii() and written.isdigit() and len(written) <= len(str(most))
    if is_number and 1 <= int(written) <= most:
        return int(written)
    raise InputError(f"“{text}” {what} cannot be: write a number from 1 to {most}.")


def _is_peripheral(text: str) -> bool:
    return _one_of(text, (Level.CORE, Level.PERIPHERAL), "level") is Level.PERIPHERAL


def _length(text: str) -> Length:
    return _one_of(text, tuple(Length), "length")


def _one_of(text: str, known: tuple[Word, ...], what: str) -> Word:
    for word in known:
        if text.strip().casefold() == word.value:
            return word
    raise InputError(f"“{text}” is no {what}: write {' or '.join(known)}.")


def _breaking(before: Breaking | None, words: TasteWords) -> Breaking | None:
    breaking = before
    if words.breaking is not None:
        breaking = _read_breaking(words.breaking, before.quiet if before else None)
    if words.quiet is None:
        return breaking
    quiet = _quiet(words.quiet)
    if breaking is None and quiet is not None:
        raise InputError(
            "Quiet hours are for what breaks: say when that is too, such as breaking 3/60."
        )
    return replace(breaking, quiet=quiet) if breaking else None


def _read_breaking(text: str, quiet: Quiet | None) -> Breaking | None:
    if text.strip().casefold() in NOTHING:
        return None
    match = BREAKING.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"“{text}” cannot be read: write how many outlets within how many minutes, such as "
            "3/60, or off."
        )
    minutes = int(match[2] or DEFAULT_MINUTES)
    if not 1 <= minutes <= MOST_MINUTES:
        raise InputError(f"{minutes} minutes cannot be: write 1 to {MOST_MINUTES}, as in 3/60.")
    outlets = _number(match[1], MOST_OUTLETS, "outlets")
    return Breaking(outlets=outlets, minutes=minutes, quiet=quiet)


def _quiet(text: str) -> Quiet | None:
    if text.strip().casefold() in NOTHING:
        return None
    match = QUIET.fullmatch(text)
    if match is None:
        raise InputError(f"“{text}” are no quiet hours: write 22:00-07:00, or off.")
    quiet = Quiet(start=parse_clock(match[1]), end=parse_clock(match[2]))
    if quiet.start == quiet.end:
        raise InputError("Quiet hours begin and end at the same time: write 22:00-07:00, or off.")
    return quiet


def _each_once(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
