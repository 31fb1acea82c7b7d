"""Names in a text: one matcher over the whole table, with guards against look-alikes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import ahocorasick

from bot.domain.topic import Name
from bot.understanding.abbreviations import COUNTRIES, abbreviated
from bot.understanding.text import lower, match_form

# Latin forms this short are abbreviations or surnames (US, LDP, Abe): their case must agree.
EXACT_CASE_LENGTH = 4
# Hangul forms this short are parts of many other words.
STRICT_HANGUL_LENGTH = 2
# What a word for a state right behind it belongs to.
_OWNERS = frozenset({"country", "person"})
# The cue groups of words for the reader's own state: ``home:ko-KR``.
HOME = "home:"
# A word of a cue group that begins so is a trap: it holds a word of the group, not its sense.
NOT_MEANT = "-"
# What may follow a surname that stands alone: 尹의, 李는.
_JOSA = ("의 ", "은 ", "는 ", "이 ", "가 ", "에 ", "도 ")
_HAN_FIRST, _HAN_LAST = "\u4e00", "\u9fff"
# The last letter of Unicode's Latin Extended-B block.
_LAST_LATIN = "\u024f"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a text names.

    ``names`` are ids with the form as it was written first; ``runs`` the countries of
    headline abbreviations (日 is ``{JP}``, 韓日 ``{JP, KR}``); ``counts`` how many different
    words of each cue group stand there; ``times`` how often each name does.
    """

    names: Mapping[str, str]
    runs: tuple[frozenset[str], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)

    @property
    def cues(self) -> frozenset[str]:
        """The cue groups of which a word stands there."""
        return frozenset(self.counts)


@dataclass(frozen=True, slots=True)
class _Form:
    """One entry of the automaton: of a name, of a cue group, or (neither) a trap."""

    text: str
    name: str = ""
    cue: str = ""
    follow: tuple[str, ...] | None = None
    open_end: bool = False
    trap: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    """A form where it stands in a text."""

    start: int
    end: int
    form: _Form


class Matcher:
    """Finds every form of a table of names, and a topic's cue words, in one pass.

    Of overlapping forms the longest of the earliest counts, so that a trap (한일시멘트)
    swallows the form within it. Cue words do not take part in that; they have traps of their
    group (``-금융감독`` beside ``감독``).
    """

    def __init__(self, names: Sequence[Name], cues: Mapping[str, Sequence[str]]) -> None:
        """Build the automaton; ``cues`` are words by group.

        A trailing ``*`` leaves a word open, a leading ``-`` makes it a trap.
        """
        self.names: Mapping[str, Name] = {name.id: name for name in names}
        self._automaton = ahocorasick.Automaton()
        forms: dict[str, list[_Form]] = {}
        for form in (*_name_forms(names), *_cue_forms(cues)):
            forms.setdefault(lower(form.text), []).append(form)
        for key, group in forms.items():
            self._automaton.add_word(key, tuple(group))
        self._automaton.make_automaton()

    def find(self, text: str, language: str) -> Found:
        """Return what ``text`` names; ``language`` decides how lone Han characters are read."""
        text = match_form(text)
        hits = [hit for hit in self._hits(text) if _is_spoken(hit.form.text, language)]
        named = [hit for hit in _longest(hit for hit in hits if not hit.form.cue) if hit.form.name]
        names: dict[str, str] = {}
        for hit in named:
            names.setdefault(hit.form.name, text[hit.start : hit.end])
        return Found(
            names=names,
            runs=tuple(abbreviated(text, language)),
            counts=_counted(text, hits, self.names),
            times=Counter(hit.form.name for hit in named),
        )

    def _hits(self, text: str) -> Iterator[_Hit]:
        for last, forms in self._automaton.iter(lower(text)):
            for form in forms:
                hit = _Hit(last + 1 - len(form.text), last + 1, form)
                if _is_a_word(text, hit) and _has_its_case(text, hit):
                    yield hit


def _counted(text: str, hits: Sequence[_Hit], names: Mapping[str, Name]) -> Counter[str]:
    """Return how many different words of each cue group stand in the text.

    A word for the reader's own state does not count within a name or right behind a country
    or person: in 日정부 and 中国政府 it is that country's, in 트럼프 대통령 that person's.
    """
    owners = [h for h in hits if h.form.name and names[h.form.name].kind in _OWNERS]
    owned = {at for h in owners for at in range(h.start + 1, h.end + 1)}
    owned |= {at + 1 for at, character in enumerate(text) if character in COUNTRIES}
    words = {
        (hit.form.cue, hit.form.text)
        for hit in _meant([hit for hit in hits if hit.form.cue])
        if not (hit.form.cue.startswith(HOME) and _owner_ends(text, hit.start) in owned)
    }
    return Counter(cue for cue, _ in words)


def _meant(cues: Sequence[_Hit]) -> Iterator[_Hit]:
    """Leave out the traps of cue groups, and the words of the same group within them."""
    traps = [hit for hit in cues if hit.form.trap]
    for hit in cues:
        within = (
            trap.form.cue == hit.form.cue and trap.start <= hit.start and hit.end <= trap.end
            for trap in traps
        )
        if not hit.form.trap and not any(within):
            yield hit


def _owner_ends(text: str, start: int) -> int:
    """Return where a country right before a word would end, a space aside."""
    return start - 1 if start and text[start - 1] == " " else start


def _name_forms(names: Sequence[Name]) -> Iterator[_Form]:
    for name in names:
        for form in dict.fromkeys(map(match_form, name.forms)):
            strict = name.follow and len(form) <= STRICT_HANGUL_LENGTH and _is_hangul(form[0])
            yield _Form(form, name=name.id, follow=name.follow if strict else None)
        for trap in name.traps:
            yield _Form(match_form(trap), open_end=True)


def _cue_forms(cues: Mapping[str, Sequence[str]]) -> Iterator[_Form]:
    for group, words in cues.items():
        for word in words:
            text = match_form(word.removeprefix(NOT_MEANT).removesuffix("*"))
            trap = word.startswith(NOT_MEANT)
            yield _Form(text, cue=group, open_end=trap or word.endswith("*"), trap=trap)


def _longest(hits: Iterable[_Hit]) -> Iterator[_Hit]:
    """Leave out what overlaps an earlier or longer hit; forms of equal extent stay together."""
    taken: _Hit | None = None
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if taken is None or hit.start >= taken.end:
            taken = hit
        elif (hit.start, hit.end) != (taken.start, taken.end):
            continue
        yield hit


def _is_a_word(text: str, hit: _Hit) -> bool:
    """Whether a form is a word of its own here, as its script draws words."""
    before = text[hit.start - 1] if hit.start else " "
    after = text[hit.end] if hit.end < len(text) else " "
    if is_lone_surname(hit.form.text):
        return not before.isalnum() and (not after.isalnum() or text.startswith(_JOSA, hit.end))
    first, last = text[hit.start], text[hit.end - 1]
    for same_script in (_is_latin, _is_katakana):
        if same_script(first) and same_script(before):
            return False
        if same_script(last) and same_script(after) and not hit.form.open_end:
            return False
    if _begins_with_a_syllable(hit.form.text) and _is_hangul(before):
        return False
    return hit.form.follow is None or _follows(text, hit, hit.form.follow)


def is_lone_surname(form: str) -> bool:
    """Whether a form is one Han character: 尹 for the president in a Korean headline."""
    return len(form) == 1 and _HAN_FIRST <= form <= _HAN_LAST


def _is_spoken(form: str, language: str) -> bool:
    """Whether a form is read so in a language: a lone Han character is a surname in Korean."""
    return language == "ko" or not is_lone_surname(form)


def _begins_with_a_syllable(form: str) -> bool:
    """Whether a form begins with a lone syllable (이 대통령), which ends other words too."""
    return _is_hangul(form[0]) and form[1:2] == " "


def _follows(text: str, hit: _Hit, follow: tuple[str, ...]) -> bool:
    if hit.start and _is_hangul(text[hit.start - 1]):
        return False
    return hit.end >= len(text) or not _is_hangul(text[hit.end]) or text.startswith(follow, hit.end)


def _has_its_case(text: str, hit: _Hit) -> bool:
    form = hit.form.text
    short_latin = form.isascii() and len(form) <= EXACT_CASE_LENGTH and not hit.form.cue
    return not short_latin or text[hit.start : hit.end] == form


def _is_latin(character: str) -> bool:
    return character.isalnum() and character <= _LAST_LATIN


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _is_katakana(character: str) -> bool:
    return "\u30a1" <= character <= "\u30fa" or character == "ー"
