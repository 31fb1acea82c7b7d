"""Forms of the table of names that would be taken for something else."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.topic import Name, repeated_ids
from bot.understanding.entities import STRICT_HANGUL_LENGTH, is_lone_surname
from bot.understanding.text import lower, match_form

# Alone these name thousands of people; "President Lee" names one.
COMMON_SURNAMES = frozenset(
    {"lee", "kim", "park", "cho", "choi", "chung", "kang", "han", "song", "suh", "ahn", "kato"}
    | {"suzuki", "sato", "tanaka", "ito", "saito", "kobayashi", "matsumoto", "harris", "campbell"}
)
# Two syllables let stand by judgement, not by a count: they seldom stand in other words.
CHECKED_SHORT = frozenset(
    {
        "미일",
        "북일",
        "일북",
        "한류",
        "푸틴",
        "서욱",
        "성김",
        "친강",
        "쉐젠",
        "둥쥔",
        "합참",
        "반크",
        "소니",
    }
    | {"이혁", "쿠릴"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """A form of a row, and why it cannot stand so."""

    name: str
    form: str
    why: str

    def __str__(self) -> str:
        return f'{self.name}: "{self.form}": {self.why}'


def clashes(names: Sequence[Name]) -> tuple[Clash, ...]:
    """Return what is wrong with the table, in its order; nothing where all is well.

    Forms within other rows' longer forms are no clash: the longest counts.
    """
    doubled = (
        Clash(name=id_, form=id_, why="two rows have this id: give one another")
        for id_ in repeated_ids(names)
    )
    alone = (
        Clash(name=name.id, form=form, why=why)
        for name in names
        for form in name.forms
        if (why := _weakness(name, form))
    )
    return (*doubled, *alone, *_shared(names))


def _weakness(name: Name, form: str) -> str | None:
    text = match_form(form)
    hangul = bool(text) and all("가" <= one <= "힣" for one in text)
    surname = name.kind == "person" and is_lone_surname(text)
    if len(text) <= 1 and not surname:
        return "one character stands in many words (日 in 日程): write a longer form"
    short = hangul and len(text) <= STRICT_HANGUL_LENGTH and text not in CHECKED_SHORT
    if short and not _is_guarded(name):
        return "two syllables stand in many words (한일병원): add `follow` or `traps`"
    if name.kind == "person" and lower(text) in COMMON_SURNAMES:
        return "a surname that many bear: write it with the title or the given name"
    return None


def _is_guarded(name: Name) -> bool:
    """Whether a row says where its short forms stand; countries and towns need not."""
    return bool(name.follow or name.traps) or name.kind in {"country", "place"}


def _shared(names: Sequence[Name]) -> Iterator[Clash]:
    owners: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        for form in name.forms:
            owners[lower(match_form(form))][name.id] += 1
    for form, ids in owners.items():
        if len(ids) > 1:
            first, *others = ids
            why = f"shared with {', '.join(others)}: leave it to one row, or write it longer"
            yield Clash(name=first, form=form, why=why)
