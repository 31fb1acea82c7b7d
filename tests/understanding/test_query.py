"""The forms of names in what people type."""

import pytest

from bot.domain.search import Query
from bot.domain.topic import Name
from bot.understanding.query import QueryReader

NAMES = (
    Name(
        id="kishida",
        kind="person",
        en=("Fumio Kishida", "Kishida"),
        ja=("岸田文雄", "岸田首相", "岸田"),
        ko=("기시다 후미오", "기시다"),
    ),
    Name(id="dokdo", kind="place", en=("Dokdo", "Takeshima"), ja=("独島", "竹島"), ko=("독도",)),
    Name(
        id="pair",
        kind="term",
        en=("Japan-Korea", "Korea-Japan"),
        ja=("日韓", "韓日"),
        ko=("한일", "韓日"),
        traps=("한일시멘트",),
        follow=("회담",),
    ),
    Name(id="japan", kind="country", en=("Japan", "Tokyo"), ja=("日本", "反日"), ko=("일본",)),
    Name(id="visit", kind="term", ko=("방한", "대한"), ja=("訪韓",), follow=("은", "민국")),
    Name(id="ldp", kind="institution", en=("LDP",), ja=("自民党",), ko=("자민당",)),
)
READER = QueryReader(NAMES)


def clauses(query: Query) -> list[set[str]]:
    return [{"".join(p.words) for p in clause.phrases} for clause in query.clauses]


KISHIDA = {"岸田", "kishida", "기시시다"}
DOKDO = {"dokdo", "takeshima", "独島", "竹島", "독도"}
PAIR = {"日韓", "韓日", "한일", "japankorea", "koreajapan"}


@pytest.mark.parametrize("typed", ["岸田", "Kishida", "kishida", "기시다", "기시다는"])
def test_a_name_is_found_in_every_language(typed: str) -> None:
    """Whatever language it is typed in, in any case, with a particle."""
    [found] = clauses(READER.read(typed))
    assert found == KISHIDA


@pytest.mark.parametrize("typed", ["dokdo", "Takeshima", "独島", "竹島", "독도"])
def test_a_disputed_place_is_found_by_all_its_names(typed: str) -> None:
    """Neither side's name hides the other's reports."""
    assert clauses(READER.read(typed)) == [DOKDO]


@pytest.mark.parametrize("typed", ["日韓", "韓日", "한일", "korea-japan"])
def test_abbreviations_are_names(typed: str) -> None:
    """日韓 is 韓日 is 한일."""
    assert clauses(READER.read(typed)) == [PAIR]


def test_a_name_of_several_words_is_one() -> None:
    """Its words need not all be in a report that calls him by his surname."""
    name, word = clauses(READER.read("fumio kishida visit"))
    assert name == {"fumiokishida", *KISHIDA}
    assert word == {"visit"}


def test_words_beside_a_name_are_wanted_too() -> None:
    """Within one word as well."""
    assert clauses(READER.read("竹島問題 talks")) == [DOKDO, {"問題"}, {"talk"}]


def test_traps_are_no_names() -> None:
    """한일시멘트 is a company."""
    [found] = clauses(READER.read("한일시멘트"))
    assert "日韓" not in found


def test_a_country_is_not_its_capital() -> None:
    """The row of a country holds more than its names."""
    assert clauses(READER.read("Japan")) == [{"japan", "日本", "일본"}]
    assert clauses(READER.read("Tokyo")) == [{"tokyo"}]


def test_ambiguous_forms_are_left_out() -> None:
    """대한 is "about" far more often than "to Korea"."""
    assert clauses(READER.read("訪韓")) == [{"訪韓", "방한"}]


def test_case_does_not_matter_to_those_who_type() -> None:
    """Texts must write LDP so; people need not."""
    assert clauses(READER.read("ldp")) == [{"ldp", "自民民党", "자민민당"}]


def test_quotes_take_words_as_they_are() -> None:
    """Who quotes wants that very form; open words go on instead."""
    assert clauses(READER.read('"岸田"')) == [{"岸田"}]
    assert clauses(READER.read("kishida*")) == [{"kishida"}]


def test_unwanted_and_either_know_names_too() -> None:
    """-岸田 leaves out Kishida."""
    wanted, unwanted = READER.read("竹島 OR ldp -岸田").clauses
    assert {"".join(p.words) for p in unwanted.phrases} == KISHIDA
    assert {"".join(p.words) for p in wanted.phrases} >= {"ldp", "dokdo", "독도"}
    assert unwanted.excluded
