"""What of a sentence can be checked against a source: names, places, days, offices, quotations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.summarize.numerals import Quantity, quantities

# Capitals stand for their governments too, so that the table of names takes them for countries.
_CAPITALS = {
    "tokyo": r"\bTokyo\b|東京|도쿄|동경",
    "seoul": r"\bSeoul\b|ソウル|서울",
    "beijing": r"\bBeijing\b|北京|베이징",
    "washington": r"\bWashington\b|ワシントン|워싱턴",
    "pyongyang": r"\bPyongyang\b|平壌|평양",
}
_DAYS = {
    "monday": r"\bMondays?\b|月曜|월요일",
    "tuesday": r"\bTuesdays?\b|火曜|화요일",
    "wednesday": r"\bWednesdays?\b|水曜|수요일",
    "thursday": r"\bThursdays?\b|木曜|목요일",
    "friday": r"\bFridays?\b|金曜|금요일",
    "saturday": r"\bSaturdays?\b|土曜|토요일",
    "sunday": r"\bSundays?\b|日曜|일요일",
}
# Who somebody is said to be. "Former" is an office of its own: it is told or left out wrongly.
_OFFICES = {
    "former": r"\b[Ff]ormer\b|\b[Ee]x-|(?<![以午])[前元](?=首相|大統領|外相|大臣|防衛相)"
    r"|(?<![가-힣])전(?= (?:대통령|총리|장관|대사|의원))",
    "president": r"\b[Pp]resident\b|大統領|대통령(?!실)",
    "prime-minister": r"\b[Pp]rime [Mm]inister|\b[Pp]remier\b|首相|総理|총리",
    "foreign-minister": r"\b[Ff]oreign [Mm]inister|外相|外務大臣|외교부? ?장관|외무상",
    "defence-minister": r"\b[Dd]efen[cs]e [Mm]inister|防衛相|国防相|防衛大臣"
    r"|국방부? ?장관|방위상|국방상",
    "ambassador": r"\b[Aa]mbassador|大使(?!館)|대사(?!관)",
    "opposition-leader": r"\b[Oo]pposition (?:party )?leader|野党(?:の)?(?:代表|党首)|야당 ?대표",
    "mayor": r"\b[Mm]ayor\b|市長|시장(?=[이은과,])",
    "governor": r"\b[Gg]overnor\b|知事|지사(?=[가는은 ])",
    "emperor": r"\b[Ee]mperor\b|天皇|일왕|천황",
}
_NEGATED = {
    "en": r"\b(?:not?|never|none|neither|nor|without|denied|denies|deny|refus\w+|reject\w*"
    r"|fail\w*|absent|skip\w*|boycott\w*|unchanged)\b|n['’]t\b",
    "ja": r"ない|なかっ|ません|ず(?=[、。にもと]|$)|せず|否定|拒否|不参加|欠席|見送|退け"
    r"|非公開|未定|未(?=支給|定)",
    "ko": r"않|없|못|아니|불참|거부|부인|부정|일축|미정|무산",
}
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|‘([^’]+)’|「([^」]+)」|『([^』]+)』")
# Shorter quotations are terms set apart, not what somebody said (characters).
_SHORTEST_QUOTE = 6

_CAPITALISED = re.compile(r"\b[A-Z][\w'’-]*[\w]|\b[A-Z]{2,}\b")
_OPENING = re.compile(r"(?:^|[.!?…]\s+|[“\"「『])[“\"'(]*$")
_TURN = re.compile(r"\b(from|to|into|for|in|at|against|by|with|toward)\s+(?:the\s+)?([A-Z]\w+)")
# Where something goes from, and where to, around a name that stands for {}.
_FROM = (
    r"\b(?:from|left|leaves|leaving)\s+{0}\b|{0}港?(?:から|を出|発)"
    r"|{0}항?(?:에서 (?:출|떠)|[을를] 떠|발\s)"
)
_TO = (
    r"\b(?:to|for|into|toward|in)\s+{0}\b|{0}港?(?:へ|行き|に到着|到着|入り)"
    r"|{0}항?(?:으?로|행|에 도착|에는)"
)
_KATAKANA = re.compile(r"[ァ-ヺー]{3,}")
_KANJI_NAMED = re.compile(
    r"[\u4e00-\u9fff]{1,6}(?=氏|さん|首相|外相|防衛相|国防相|大使|大統領|知事|市長|議員|大臣)"
    r"|[\u4e00-\u9fff]{1,6}[港島県市区町村湾道府](?![\u4e00-\u9fff])"
)
_HANGUL_NAMED = re.compile(
    r"[가-힣]{2,4}(?= ?(?:대통령|총리|장관|대사|의원|시장|지사|할머니|할아버지|씨|외무상"
    r"|방위상|대표|회장)(?![가-힣]{3}))"
)
# Months and days have checks of their own; the others open sentences or stand everywhere.
_COMMON_LIST = """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday the a an in on at it its both two
    after before while as for with president prime minister foreign defense defence ministry
    government officials leaders they he she this that these those under according south north
"""
_COMMON = frozenset(_COMMON_LIST.split())
# Where a sentence joins two that could stand alone.
_JOINTS = {
    "en": re.compile(r";\s+|,\s+(?:while|but|whereas)\s+"),
    "ja": re.compile(r"(?<=が)、|一方、"),
    "ko": re.compile(r"(?<=지만)[, ]\s*|(?<=으며)[, ]\s*"),
}
# A shorter clause is a part of its sentence, and can be checked only with it (characters).
_SHORTEST_CLAUSE = 10
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Claims:
    """What a text claims that can be checked.

    ``places`` are capitals, ``days`` of the week and ``offices``: keys that all languages
    share. ``quotes`` are what stands in quotation marks, ``proper`` names in their spelling
    here. ``turns`` are English prepositions with the name after them.
    """

    quantities: frozenset[Quantity]
    places: frozenset[str]
    days: frozenset[str]
    offices: frozenset[str]
    quotes: tuple[str, ...]
    proper: frozenset[str]
    turns: frozenset[tuple[str, str]]
    negated: bool


def _compiled(words: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {key: re.compile(pattern) for key, pattern in words.items()}


_PATTERNS = tuple(map(_compiled, (_CAPITALS, _DAYS, _OFFICES)))
_NEGATIONS = {key: re.compile(pattern, re.IGNORECASE) for key, pattern in _NEGATED.items()}


def claims_of(text: str, language: str) -> Claims:
    """Return what a text in a language (ISO 639-1) claims."""
    places, days, offices = (
        frozenset(key for key, pattern in patterns.items() if pattern.search(text))
        for patterns in _PATTERNS
    )
    negation = _NEGATIONS.get(language)
    return Claims(
        quantities=quantities(text),
        places=places,
        days=days,
        offices=offices,
        quotes=tuple(_quotes(text)),
        proper=frozenset(_proper(text)),
        turns=frozenset((match[1], match[2].lower()) for match in _TURN.finditer(text)),
        negated=bool(negation and negation.search(text)),
    )


def clauses_of(text: str, language: str) -> tuple[str, ...]:
    """Return the clauses of a sentence that could stand alone, or the sentence itself."""
    joint = _JOINTS.get(language)
    clauses = tuple(part.strip() for part in joint.split(text)) if joint else ()
    whole = len(clauses) > 1 and min(map(len, clauses)) >= _SHORTEST_CLAUSE
    return clauses if whole else (text,)


def ways_of(name: str, text: str) -> frozenset[str]:
    """Return whether ``text`` goes ``from`` or ``to`` a name, or tells of neither."""
    ways = (("from", _FROM), ("to", _TO))
    spelled = re.escape(name)
    return frozenset(way for way, words in ways if re.search(words.format(spelled), text))


def squeezed(text: str) -> str:
    """Return ``text`` without spaces, in one case and with one kind of apostrophe."""
    return _SPACES.sub("", text.replace("’", "'")).casefold()


def _quotes(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        quote = next(filter(None, match.groups()))
        if len(quote) >= _SHORTEST_QUOTE:
            yield quote


def _proper(text: str) -> Iterator[str]:
    for match in _CAPITALISED.finditer(text):
        word = match.group().removesuffix("'s").removesuffix("’s")
        opens = _OPENING.search(text[: match.start()])
        if word.lower() not in _COMMON and not (opens and word[1:].islower()):
            yield word
    for pattern in (_KATAKANA, _KANJI_NAMED, _HANGUL_NAMED):
        yield from pattern.findall(text)
