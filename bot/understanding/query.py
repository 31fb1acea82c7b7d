"""What people type, with every form of the names in it: 岸田 also finds Kishida and 기시다."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, zip_longest

from bot.domain.search import (
    MOST_ALTERNATIVES,
    Item,
    Phrase,
    Query,
    make_query,
    phrases_of,
    split_query,
)
from bot.domain.topic import Name
from bot.domain.words import words
from bot.understanding.entities import STRICT_HANGUL_LENGTH, Matcher
from bot.understanding.text import lower, match_form

# Only Han characters that stand alone are read by a language: names are not.
ANY_LANGUAGE = "en"

# What is left of a word beside a name and is no longer than this is a particle or a suffix.
PARTICLE = 1

Part = tuple[Item, tuple[Phrase, ...]]


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a name stands in a line, and whose it can be."""

    start: int
    end: int
    names: tuple[Name, ...] = ()


class QueryReader:
    """Reads queries with the table of names; make it once, for it builds the matcher."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._matcher = Matcher(names, {})

    def read(self, text: str) -> Query:
        """Return the query that a text stands for.

        Quoted phrases and open words (``semicon*``) are taken as they are. Raises InputError
        where there is nothing to look for, or too much.
        """
        items = split_query(text)
        parts: list[Part] = []
        for is_plain, run in groupby(_marked(items), key=lambda marked: marked[0]):
            found = [item for _, item in run]
            if is_plain:
                parts += self._expanded(" ".join(item.text for item in found))
            else:
                parts += [(item, self._alternatives(item)) for item in found]
        return make_query(text, parts)

    def _alternatives(self, item: Item) -> tuple[Phrase, ...]:
        """Return an item's own phrases, and those of a name that it consists of."""
        typed = phrases_of(item)
        if item.quoted or any(phrase.is_open for phrase in typed):
            return typed
        line = match_form(item.text)
        names = [
            name
            for span in self._spans(line)
            if (span.start, span.end) == (0, len(line))
            for name in span.names
        ]
        return (*typed, *_forms(names, line))

    def _expanded(self, line: str) -> Iterator[Part]:
        """Yield the parts of a line of plain words: its names, and the words around them."""
        line = match_form(line)
        reached = 0
        for span in self._spans(line):
            yield from _parts_beside(line[reached : span.start])
            written = line[span.start : span.end]
            item = Item(text=written)
            yield item, (*phrases_of(item), *_forms(span.names, written))
            reached = span.end
        yield from _parts_beside(line[reached:]) if reached else _parts_of(line)

    def _spans(self, line: str) -> list[_Span]:
        """Return the names in a line, whatever case they are typed in, from left to right."""
        places: dict[tuple[int, int], dict[str, Name]] = {}
        for written in dict.fromkeys((line, line.title(), line.upper())):
            if len(written) != len(line):
                continue
            for id_, form in self._matcher.find(written, ANY_LANGUAGE).names.items():
                start = lower(written).find(lower(form))
                if start >= 0:
                    place = places.setdefault((start, start + len(form)), {})
                    place[id_] = self._matcher.names[id_]
        return list(_apart(places))


def _marked(items: Sequence[Item]) -> Iterator[tuple[bool, Item]]:
    """Say of each item whether it is a plain word, which a name of several may hold."""
    for item, following in zip_longest(items, items[1:]):
        is_either = item.joined or (following is not None and following.joined)
        yield not (item.quoted or item.excluded or is_either or item.text.endswith("*")), item


def _apart(places: dict[tuple[int, int], dict[str, Name]]) -> Iterator[_Span]:
    reached = 0
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if start >= reached:
            reached = end
            yield _Span(start, end, tuple(places[start, end].values()))


def _parts_beside(text: str) -> Iterator[Part]:
    """Yield the words beside a name, without what only hangs on it."""
    kept = (word for word in text.split() if sum(map(str.isalnum, word)) > PARTICLE)
    yield from _parts_of(" ".join(kept))


def _parts_of(text: str) -> Iterator[Part]:
    for word in text.split():
        item = Item(text=word)
        yield item, phrases_of(item)


def _forms(names: Iterable[Name], written: str) -> list[Phrase]:
    """Return the other forms of names as phrases, a few of each language."""
    forms = dict.fromkeys(chain.from_iterable(_by_turns(name, written) for name in names))
    phrases = dict.fromkeys(tuple(words(form)) for form in forms)
    told = [phrase for phrase in phrases if phrase]
    kept = [one for one in told if not any(_holds(one, other) for other in told)]
    return [Phrase(words=phrase) for phrase in kept[: MOST_ALTERNATIVES - 1]]


def _by_turns(name: Name, written: str) -> Iterator[str]:
    """Yield a name's forms, of each language in turn.

    The row of a country also holds its capital and the like (東京, 反日): of a country only
    the name itself has other forms.
    """
    languages: tuple[tuple[str, ...], ...] = (name.en, name.ja, _clear(name))
    if name.kind == "country":
        languages = tuple(forms[:1] for forms in languages)
        if lower(match_form(written)) not in {lower(form) for forms in languages for form in forms}:
            return
    for forms in zip_longest(*languages):
        yield from (form for form in forms if form)


def _clear(name: Name) -> tuple[str, ...]:
    """Return the hangul forms without those that mostly mean something else.

    A form that needs a certain word after it (대한 of 대한 수출, but 에 대한 is "about") cannot
    be told from others by the index; the first form of such a name is what it is about.
    """
    if not name.follow:
        return name.ko
    return (*name.ko[:1], *(form for form in name.ko[1:] if len(form) > STRICT_HANGUL_LENGTH))


def _holds(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    """Tell whether a phrase is found wherever a longer one is."""
    if len(shorter) >= len(longer):
        return False
    starts = range(len(longer) - len(shorter) + 1)
    return any(longer[start : start + len(shorter)] == shorter for start in starts)
