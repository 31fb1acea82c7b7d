"""The quantities that a text names, in English, Japanese and Korean, as comparable values."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# Powers of ten that follow a number: 2億5000万, 2억3천만, 3 million, 1.2 trillion.
_POWERS = {
    "兆": 12, "조": 12, "億": 8, "억": 8, "万": 4, "萬": 4, "만": 4,
    "千": 3, "천": 3, "百": 2, "백": 2,
    "trillion": 12, "billion": 9, "million": 6, "thousand": 3, "hundred": 2,
}  # fmt: skip
# 万, 億 and 兆 close a section of digits: the powers below them add up within it.
_MYRIAD = 4
# Tenths that Japanese and Korean count in: 7割 is 70 %.
_TENTHS = {"割": "%", "할": "%"}
# What is counted, by the words for it; a value with one unit is no evidence for another's.
_UNITS: tuple[tuple[str, str], ...] = (
    ("%", r"%|percent(?:age points?)?(?![A-Za-z])|per cent(?![A-Za-z])|パーセント|퍼센트|프로"),
    ("people", r"-?(?:people|persons?|participants?|passengers?|residents?)(?![A-Za-z])|名|人|명"),
    ("minute", r"-?minutes?(?![A-Za-z])|分|분"),
    ("hour", r"-?hours?(?![A-Za-z])|時間|시간"),
    ("day", r"-?days?(?![A-Za-z])|日間|일간"),
    ("month", r"-?months?(?![A-Za-z])|[かカヵヶケ箇]月|개월|달"),
    ("year", r"-?years?(?![A-Za-z])|年間|周年|年ぶり|년간|주년"),
    ("age", r"-?years?[- ]old(?![A-Za-z])|歳|才|세(?=[ ,.]|로|의|에|였|$)|살"),
    ("date-day", r"日|일"),
    ("date-month", r"月|월"),
    ("date-year", r"年|년"),
    ("distance", r"-?(?:kilomet(?:er|re)s?|km)(?![A-Za-z])|キロ|킬로"),
    ("metre", r"-?met(?:er|re)s?(?![A-Za-z])|メートル|미터"),
    ("yen", r"yen(?![A-Za-z])|円|엔"),
    ("won", r"won(?![A-Za-z])|ウォン|원(?=[ ,.이을은의에)]|$)"),
    ("dollar", r"dollars?(?![A-Za-z])|ドル|달러"),
    ("ship", r"(?:ships?|boats?|vessels?|warships?)(?![A-Za-z])|隻|척"),
    ("time", r"times?(?![A-Za-z])|回|度目|번|차례|회"),
)  # fmt: skip
# Units that one language tells apart and another does not: "May 11" has no word for the day,
# "2000年" and "in 2000" differ, "third" and "3回目" are both an order.
_LOOSE = frozenset({"date-day", "date-month", "date-year", "time"})

_ENGLISH = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "twice": 2, "dozen": 12, "dozens": 12,
    "both": 2, "pair": 2,
}  # fmt: skip
_KOREAN = {
    "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6,
    "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "열한": 11, "열두": 12, "열세": 13, "열네": 14,
    "열다섯": 15, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50,
}  # fmt: skip
_KOREAN_DAYS = {
    "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8,
    "아흐레": 9, "열흘": 10,
}  # fmt: skip
_KANJI = {"二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "両": 2}
_MONTH_LIST = """
    January Jan|February Feb|March|April Apr|May|June Jun|July Jul|August Aug
    |September Sept Sep|October Oct|November Nov|December Dec
"""
_MONTHS = {
    name.lower(): number
    for number, names in enumerate(_MONTH_LIST.split("|"), start=1)
    for name in names.split()
}

_POWER_WORDS = "|".join(sorted(_POWERS, key=len, reverse=True))
_DIGITS = re.compile(
    rf"(?P<first>\d[\d,]*(?:\.\d+)?)(?P<rest>(?:\s?-?(?:{_POWER_WORDS})(?:\s?\d[\d,]*(?:\.\d+)?)?)*)"
    r"(?P<tenths>[割할])?",
    re.IGNORECASE,
)
_POWER_AFTER = re.compile(rf"[ -]({_POWER_WORDS})\b", re.IGNORECASE)
_STEP = re.compile(rf"(\d[\d,]*(?:\.\d+)?)?\s?-?({_POWER_WORDS})?", re.IGNORECASE)
_UNIT = re.compile(
    "|".join(f"(?P<u{at}>{words})" for at, (_, words) in enumerate(_UNITS)), re.IGNORECASE
)
_ENGLISH_WORD = re.compile(rf"\b(?:{'|'.join(_ENGLISH)})\b", re.IGNORECASE)
# Only with a capital: "may" and "march" are words too.
_MONTH_WORD = re.compile(
    rf"\b(?:{'|'.join(name.title() for name in sorted(_MONTHS, key=len, reverse=True))})\b\.?"
)
_KOREAN_WORD = re.compile(
    rf"(?<![가-힣])(?:{'|'.join(sorted(_KOREAN, key=len, reverse=True))})"
    r"(?=\s?(?:번|달|살|명|척|개|차례|시간|나라|사람|곳|해|배|건|가지|정상|장관|팀|대))"
)
_KOREAN_DAY = re.compile("|".join(_KOREAN_DAYS))
_KANJI_WORD = re.compile(rf"(?<![\u4e00-\u9fff])[{''.join(_KANJI)}](?=[人つ度回国者隻か年日社首])")
# Pattern, the values of what it finds, and the unit that the words themselves say.
_WORDS = (
    (_ENGLISH_WORD, _ENGLISH, ""),
    (_MONTH_WORD, _MONTHS, "date-month"),
    (_KOREAN_WORD, _KOREAN, ""),
    (_KOREAN_DAY, _KOREAN_DAYS, "day"),
    (_KANJI_WORD, _KANJI, ""),
)
# A unit may stand a few characters behind its number ("50,000 people", "約30人余り").
_GAP = re.compile(r"[ \u00a0]?(?:余り|余|여|약|以上|이상|規模|여\s)?[ \u00a0]?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value, and what it counts: a key of the table of units, or empty where none is told."""

    value: Decimal
    unit: str = ""

    def told_by(self, other: "Quantity") -> bool:
        """Tell whether the other quantity is evidence for this one."""
        contradict = self.unit and other.unit and self.unit != other.unit
        return self.value == other.value and not (
            contradict and _LOOSE.isdisjoint((self.unit, other.unit))
        )


def quantities(text: str) -> frozenset[Quantity]:
    """Return the quantities that ``text`` names: in digits, in words, and months by name.

    ``one`` and ``first`` count nothing: they are pronouns as often as numbers.
    """
    plain = unicodedata.normalize("NFKC", text)
    return frozenset((*_of_digits(plain), *_of_words(plain)))


def _of_digits(text: str) -> Iterator[Quantity]:
    for match in _DIGITS.finditer(text):
        value = _value(match.group("first") + match.group("rest"))
        if match.group("tenths"):
            yield Quantity(value * 10, _TENTHS[match.group("tenths")])
        else:
            yield Quantity(value, _unit_at(text, match.end()))


def _of_words(text: str) -> Iterator[Quantity]:
    for pattern, values, unit in _WORDS:
        for match in pattern.finditer(text):
            power = _POWER_AFTER.match(text, match.end())
            value = Decimal(values[match.group().rstrip(".").lower()])
            if power:
                value *= 10 ** _POWERS[power.group(1).lower()]
            yield Quantity(value, unit or _unit_at(text, (power or match).end()))


def _value(written: str) -> Decimal:
    """Return the value of digits and powers of ten: ``2億3千万`` is 230,000,000."""
    total, section, digits = Decimal(), Decimal(), Decimal()
    for match in _STEP.finditer(written):
        if match.group(1):
            section, digits = section + digits, Decimal(match.group(1).replace(",", ""))
        power = _POWERS.get((match.group(2) or "").lower(), 0)
        if 0 < power < _MYRIAD:
            section, digits = section + (digits or 1) * 10**power, Decimal()
        elif power:
            total, section, digits = total + (section + digits) * 10**power, Decimal(), Decimal()
    return total + section + digits


def _unit_at(text: str, end: int) -> str:
    """Return the unit of a number that ends at a place of the text."""
    gap = _GAP.match(text, end)
    match = _UNIT.match(text, gap.end() if gap else end)
    return _UNITS[int((match.lastgroup or "u0")[1:])][0] if match else ""
