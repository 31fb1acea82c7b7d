"""Where the reports of a story count the same thing differently. Few kinds, certain words only.

A false "numbers differ" accuses outlets of what they did not do, so that everything doubtful is
left out: kinds without clear words in all three languages, reports that give several numbers
of a kind, roundings, bounds that allow the other number, and tolls that grew.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count

from bot.domain.model import Counted, CountsDiffer, CountTold, Entry, Teller
from bot.summarize.clean import clean_lines
from bot.summarize.numerals import quantities
from bot.summarize.sentences import split_sentences

# Characters of a report that are looked at: counts that matter stand early.
READ = 3_000

# Numbers nearer than a twentieth are roundings of each other ("about 500", "503").
ROUNDING = Decimal("0.05")
# A bound ("more than 500") allows numbers up to half as large again.
BOUND = Decimal("1.5")
# A toll that is higher this much later has grown: the reports do not contradict each other.
GROWTH = timedelta(hours=2)
GROWING = frozenset({Counted.KILLED, Counted.INJURED, Counted.MISSING, Counted.ARRESTED})

_DIGITS = (
    r"\d[\d,]*(?:\.\d+)?(?:\s?(?:万|萬|만|億|억|千|천|百|백|thousand|million)(?:\s?\d[\d,]*)?)*"
)
_WORDS = (
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|dozens"
)
_N = rf"(?P<n>{_DIGITS}|\b(?:{_WORDS})\b)"
_KO = rf"(?P<n>{_DIGITS})"
_PEOPLE = r"(?:\s(?:people|persons|others|men|women|civilians|soldiers|residents|passengers))?"
_WERE = r"(?:\s(?:were|was|are|have been|had been))?(?:\s(?:also|confirmed|reported))?"
_JA = rf"(?P<n>{_DIGITS})人(?:余り|以上|超|ほど)?"
_KO_PEOPLE = rf"{_KO}(?:여)?\s?명(?:\s?(?:이상|가량|정도))?"


def _either(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_numbered(pattern), re.IGNORECASE) for pattern in patterns)


def _numbered(pattern: str) -> str:
    """Give each group a name of its own: one name must stand only once in a pattern."""
    numbers = count()
    return re.sub(r"\?P<n>", lambda _: f"?P<n{next(numbers)}>", pattern)


_KINDS: Mapping[Counted, tuple[re.Pattern[str], ...]] = {
    Counted.KILLED: _either(
        rf"{_N}{_PEOPLE}{_WERE}\s(?:killed|dead|died)\b",
        rf"\b(?:killed|killing)\s(?:at least\s|about\s)?{_N}{_PEOPLE}\b(?!\s?(?:and|%))",
        rf"{_JA}(?:が|の)?(?:死亡|死者)|死者(?:は|が|数は)?(?:少なくとも|約)?{_JA}",
        rf"{_KO_PEOPLE}(?:이|의)?\s?(?:숨지|숨졌|숨진|사망)|사망자(?:는|가)?\s?(?:최소|약)?\s?{_KO}\s?명",
    ),
    Counted.INJURED: _either(
        rf"{_N}{_PEOPLE}{_WERE}\s(?:injured|wounded|hurt)\b",
        rf"\b(?:injured|injuring|wounding)\s(?:at least\s|about\s)?{_N}{_PEOPLE}\b(?!\s?(?:and|%))",
        rf"{_JA}(?:が|の)?(?:負傷|けが|重軽傷)|(?:負傷者|けが人)(?:は|が)?(?:少なくとも|約)?{_JA}",
        rf"{_KO_PEOPLE}(?:이|의)?\s?(?:부상|다치|다쳤|다친)|부상자(?:는|가)?\s?(?:최소|약)?\s?{_KO}\s?명",
    ),
    Counted.MISSING: _either(
        rf"{_N}{_PEOPLE}{_WERE}\s(?:missing|unaccounted for)\b",
        rf"{_JA}(?:が|の)?(?:行方不明|不明)|行方不明者?(?:は|が)?{_JA}",
        rf"{_KO_PEOPLE}(?:이|의)?\s?실종|실종자(?:는|가)?\s?{_KO}\s?명",
    ),
    Counted.ARRESTED: _either(
        rf"{_N}{_PEOPLE}{_WERE}\s(?:arrested|detained)\b",
        rf"\b(?:arrested|detained)\s(?:at least\s|about\s)?{_N}{_PEOPLE}\b(?!\s?(?:and|%))",
        rf"{_JA}(?:が|を|の)?(?:逮捕|拘束)",
        rf"{_KO_PEOPLE}(?:이|을|의)?\s?(?:체포|연행)",
    ),
    Counted.ATTENDED: _either(
        rf"{_N}\s(?:people|participants|protesters|demonstrators|residents|citizens|supporters)"
        r"\s(?:\w+\s)?(?:attended|took part|gathered|joined|rallied|marched|participated|protested"
        r"|turned out)\b",
        rf"\battended by\s(?:some\s|about\s|around\s|more than\s)?{_N}\s(?:people|participants)\b",
        rf"{_JA}(?:が|の市民が|の住民が)?(?:参加|集ま|集結|出席|参列)|参加者(?:は|数は)?(?:約|およそ)?{_JA}",
        rf"{_KO_PEOPLE}(?:이|의 시민이)?\s?(?:참가|참석|참여|모였|모인|모여|집결)"
        rf"|참가자(?:는|가)?\s?(?:약|최소)?\s?{_KO}\s?명",
    ),
    Counted.PLAINTIFFS: _either(
        rf"{_N}\s(?:\w+\s)?plaintiffs\b",
        rf"原告(?:は|ら)?(?:計)?{_JA}",
        rf"원고(?:는)?\s?{_KO_PEOPLE}",
    ),
    Counted.MISSILES: _either(
        rf"{_N}\s(?:suspected\s)?(?:short-range\s|medium-range\s)?ballistic missiles\b",
        rf"弾道ミサイル(?:を)?(?:少なくとも)?(?P<n>{_DIGITS})発|(?P<n>{_DIGITS})発の弾道ミサイル",
        rf"탄도미사일\s?(?:을\s)?(?P<n>{_DIGITS})\s?(?:여)?발",
    ),
    Counted.MAGNITUDE: _either(
        r"\bmagnitude[- ](?:of\s)?(?P<n>\d\.\d)\b|\b(?P<n>\d\.\d)[- ]magnitude\b",
        r"(?:マグニチュード|M)(?:は)?(?P<n>\d\.\d)",
        r"규모\s?(?P<n>\d\.\d)",
    ),
}
_LOWER = re.compile(
    r"(?:more than|over|at least|nearly|as many as|up to|少なくとも|最大|最多|최소|최대)\s?$",
    re.IGNORECASE,
)
_LOWER_AFTER = re.compile(r"^(?:人|명)?\s?(?:以上|超|余り|여|이상|넘)")
_CUT = re.compile(
    r"(?:of whom|including|among them|うち|このうち|이 중|이 가운데|그중|가운데)[^.。]{0,12}$",
    re.IGNORECASE,
)
_TELLERS: Mapping[Teller, re.Pattern[str]] = {
    Teller.POLICE: re.compile(r"\bpolice\b|\bauthorities\b|警察|警視庁|県警|경찰", re.IGNORECASE),
    Teller.ORGANISERS: re.compile(
        r"\borgani[sz]ers?\b|主催者|主催|주최 ?측|주최 ?쪽", re.IGNORECASE
    ),
}
_OF_PEOPLE = re.compile(
    rf"(?P<en>{_DIGITS})(?=\s(?:people|participants|protesters|demonstrators)\b|[^\d%]{{0,40}}$"
    rf"|[,;)\s])|(?P<ja>{_DIGITS})(?=人)|(?P<ko>{_DIGITS})(?=여?\s?명)",
    re.IGNORECASE,
)
_CROWD = re.compile(
    r"\b(?:rall(?:y|ied)|protest\w*|demonstrat\w*|march\w*|crowd|attend\w*|participa\w*|gather\w*"
    r"|turnout)\b|集会|デモ|参加|抗議|집회|시위|참가|참석|모였|모인|행진",
    re.IGNORECASE,
)
# A report without any of these counts nothing that is compared: most need no closer look.
_COUNTING = re.compile(
    r"killed|killing|dead|died|injur|wound|hurt|missing|unaccounted|arrest|detain|attend|took part"
    r"|gather|joined|rall|march|participa|protest|turned out|plaintiff|missile|magnitude|organi[sz]"
    r"|死亡|死者|負傷|けが|重軽傷|不明|逮捕|拘束|参加|集ま|集結|出席|参列|原告|ミサイル|マグニチュード|M\d|主催"
    r"|숨지|숨졌|숨진|사망|부상|다치|다쳤|다친|실종|체포|연행|참가|참석|참여|모였|모인|모여|집결|원고"
    r"|탄도미사일|규모|주최",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\d|\b(?:{_WORDS})\b", re.IGNORECASE)
# Further from its teller a number is another's (characters).
_NEAR = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """A count in a report; ``bound``: it is given as the least or the most."""

    entry: Entry
    value: Decimal
    bound: bool
    teller: Teller = Teller.NOBODY


def counts_that_differ(entries: Sequence[Entry]) -> tuple[CountsDiffer, ...]:
    """Return the things that the reports count differently, with who tells what."""
    read = [(entry, _sentences(entry)) for entry in entries]
    split = _split_crowd(read)
    found = [split] if split else []
    for kind in _KINDS:
        if not (split and kind is Counted.ATTENDED):
            told = _contradiction(
                [one for entry, s in read for one in _single(entry, s, kind)], kind
            )
            found += [_shown(kind, told)] if told else []
    return tuple(found)


def _sentences(entry: Entry) -> tuple[str, ...]:
    """Return the sentences that count something, with the one before each."""
    plain = unicodedata.normalize("NFKC", f"{entry.title}\n{entry.text[:READ]}")
    if not _COUNTING.search(plain):
        return ()
    found = [s for line in clean_lines(plain) for s in split_sentences(line)]
    counting = [bool(_NUMBER.search(sentence)) for sentence in found]
    following = [*counting[1:], False]
    return tuple(
        s for s, itself, next_ in zip(found, counting, following, strict=True) if itself or next_
    )


def _single(entry: Entry, sentences: Sequence[str], kind: Counted) -> Iterator[_Told]:
    """Yield the report's count of a kind, if it has exactly one."""
    found = [told for sentence in sentences for told in _counts(entry, sentence, kind)]
    if len({told.value for told in found}) == 1:
        yield found[0]


def _counts(entry: Entry, sentence: str, kind: Counted) -> Iterator[_Told]:
    for pattern in _KINDS[kind]:
        for match in pattern.finditer(sentence):
            group = next(name for name, text in match.groupdict().items() if text)
            start, end = match.span(group)
            before, after = sentence[:start], sentence[end:]
            value = _value(match[group])
            # A part of a whole counts something else.
            if value is not None and not _CUT.search(before):
                bound = bool(_LOWER.search(before) or _LOWER_AFTER.search(after))
                yield _Told(entry=entry, value=value, bound=bound)


def _value(written: str) -> Decimal | None:
    values = {quantity.value for quantity in quantities(written)}
    return values.pop() if len(values) == 1 else None


def _contradiction(told: Sequence[_Told], kind: Counted) -> list[_Told]:
    """Return one count for each value that another outlet's contradicts, else nothing."""
    return [
        one
        for one in told
        if any(
            one.entry.outlet != other.entry.outlet and _contradict(one, other, kind)
            for other in told
        )
    ]


def _contradict(one: _Told, other: _Told, kind: Counted) -> bool:
    low, high = sorted((one, other), key=lambda told: told.value)
    if kind is Counted.MAGNITUDE:
        return low.value != high.value
    if low.value >= high.value * (1 - ROUNDING):
        return False
    if (low.bound or high.bound) and high.value <= low.value * BOUND:
        return False
    later = high.entry.published_at - low.entry.published_at
    return not (kind in GROWING and later >= GROWTH)


def _shown(kind: Counted, told: Sequence[_Told]) -> CountsDiffer:
    groups: dict[tuple[Decimal, Teller], list[_Told]] = {}
    for one in sorted(told, key=lambda told: told.value):
        groups.setdefault((one.value, one.teller), []).append(one)
    return CountsDiffer(
        what=kind,
        told=tuple(
            CountTold(
                value=format(some[0].value.normalize(), "f"),
                reports=tuple(dict.fromkeys(one.entry.id for one in some)),
                teller=some[0].teller,
            )
            for some in groups.values()
        ),
    )


def _split_crowd(read: Sequence[tuple[Entry, Sequence[str]]]) -> CountsDiffer | None:
    """Return the first report's counts of a crowd by the police and by those who called it."""
    for entry, sentences in read:
        for before, sentence in zip(("", *sentences), sentences, strict=False):
            told = _by_teller(entry, sentence)
            is_crowd = len(told) == len(_TELLERS) and _CROWD.search(before + sentence)
            if is_crowd and _contradict(told[0], told[1], Counted.ATTENDED):
                return _shown(Counted.ATTENDED, told)
    return None


def _by_teller(entry: Entry, sentence: str) -> list[_Told]:
    """Pair two tellers and two numbers of a sentence that stand in turns, else return nothing."""
    tellers = {
        match.start(): (match.end(), teller)
        for teller, words in _TELLERS.items()
        for match in words.finditer(sentence)
    }
    numbers = {match.start(): match for match in _OF_PEOPLE.finditer(sentence)}
    order = "".join("t" if at in tellers else "n" for at in sorted({*tellers, *numbers}))
    if order not in {"tntn", "ntnt"}:
        return []
    pairs = zip(sorted(tellers), sorted(numbers), strict=True)
    told = [_paired(entry, tellers[at], at, numbers[number]) for at, number in pairs]
    found = [one for one in told if one is not None]
    return found if len({one.teller for one in found}) == len(_TELLERS) else []


def _paired(
    entry: Entry, teller: tuple[int, Teller], start: int, number: re.Match[str]
) -> _Told | None:
    end, who = teller
    value = _value(number.group())
    if value is None or max(number.start() - end, start - number.end()) > _NEAR:
        return None
    return _Told(entry=entry, value=value, bound=False, teller=who)
