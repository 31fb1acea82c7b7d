"""Sentences of English, Japanese and Korean text, split by a small set of rules."""

import re
from collections.abc import Iterator

# A period after these ends no sentence: titles, months, states stand before a name or number.
_ABBREVIATION_LIST = """
    mr mrs ms dr prof gen sen sens rep reps gov govs lt col capt sgt maj adm rev hon st mt ft no
    vs dept jan feb mar apr jun jul aug sep sept oct nov dec ala ariz ark calif colo conn del fla
    ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ore pa tenn tex va vt wash
    wis wyo cf al
"""
ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
# These, and those with periods inside (U.S., a.m.), may end a sentence: only a word that
# commonly opens one tells.
AMBIGUOUS = frozenset({"inc", "corp", "co", "ltd", "jr", "sr", "etc"})
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_OPENER_LIST = """
    the a an in on at it its he she they we i but and this that these those there his her their
    if as for after before when while however meanwhile with by from both
"""
OPENERS = frozenset(_OPENER_LIST.split())

_PAIRS = {"“": "”", "「": "」", "『": "』", "（": "）", "(": ")", "《": "》"}
_CLOSERS = "\"'”’」』）)\\]》"
# The end of a sentence: a mark, what closes after it, then a gap (Latin, Korean) or none (CJK,
# and Korean text whose feed lost the space after "다.").
_BOUNDARY = re.compile(
    rf"(?:(?<![.!?…])[.!?…]+[{_CLOSERS}]*(?=\s)|(?<![。！？!?])[。！？!?]+[{_CLOSERS}]*(?=\S)|(?<=[가-힣])\.(?=[가-힣“‘]))"
)
_LINE = re.compile(r"[\r\n\u2028\u2029]+")


def split_sentences(text: str) -> list[str]:
    """Split ``text`` into its sentences, in order.

    Every sentence is a verbatim piece of one line of the text; a line break ends a sentence,
    as headings, captions and list items end with none of the marks. What stands in quotation
    marks or brackets is never torn apart. Text in any other language is split by the same rules.
    """
    return [
        sentence for line in _LINE.split(text) for sentence in _split_line(line.strip()) if sentence
    ]


def _split_line(line: str) -> Iterator[str]:
    """Yield the sentences of one line."""
    enclosed = _enclosed(line)
    start = 0
    for match in _BOUNDARY.finditer(line):
        end = match.end()
        if enclosed[end - 1] or not _ends_sentence(line, match):
            continue
        yield line[start:end].strip()
        start = end
    yield line[start:].strip()


def _enclosed(line: str) -> list[bool]:
    """Say of each character whether it stands within quotes or brackets that do get closed."""
    flags = [False] * len(line)
    for start, end in _spans(line):
        flags[start:end] = [True] * (end - start)
    return flags


def _spans(line: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of quoted and bracketed stretches, ``end`` at the closing mark."""
    position = 0
    while position < len(line):
        end = _closing(line, position)
        if end > position:
            yield position, end
            position = end
        position += 1


def _closing(line: str, start: int) -> int:
    """Return where what opens at ``start`` closes, or -1 if nothing does."""
    mark = line[start]
    if mark == '"':
        return line.find('"', start + 1)
    if mark not in _PAIRS:
        return -1
    return line.find(_PAIRS[mark], start + 1)


def _ends_sentence(line: str, match: re.Match[str]) -> bool:
    """Tell an end from an abbreviation, an initial, or a mark inside a longer sentence."""
    rest = line[match.end() :].lstrip()
    if not rest:
        return True
    if rest[0].islower() or rest[0] in "—–-":
        return False
    if not match.group().startswith("."):
        return not _quotes_on(match.group(), rest)
    return _period_ends(_last_word(line[: match.start()]), rest)


def _quotes_on(mark: str, rest: str) -> bool:
    """Say whether a closed quotation is carried on: 「…。」と述べた, "…!"라고 말했다."""
    return mark[-1] in '」』”"' and bool(
        re.match(r"(?:と|など|の|が|を|は|も|で|라고|며|고)", rest)
    )


def _period_ends(word: str, rest: str) -> bool:
    if len(word) == 1 and word.isascii() and word.isupper():
        return word == "I"
    plain = word.lower()
    if plain in ABBREVIATIONS:
        return False
    if plain in AMBIGUOUS or _DOTTED.fullmatch(word):
        return _first_word(rest).lower() in OPENERS
    return True


def _last_word(text: str) -> str:
    """Return the word that a period follows, without what opens before it ("(Mr" → "Mr")."""
    words = text.rsplit(maxsplit=1)
    return words[-1].lstrip("\"'“‘([") if words else ""


def _first_word(text: str) -> str:
    match = re.match(r"[\"'“‘(\[]*(\w+)", text)
    return match.group(1) if match else ""
