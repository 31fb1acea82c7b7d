"""Names, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.topic import Name
from bot.understanding.clashes import clashes
from bot.understanding.entities import Matcher, is_lone_surname
from bot.understanding.text import match_form

PAIR, JAPAN, KOREA = frozenset({"JP", "KR"}), frozenset({"JP"}), frozenset({"KR"})


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("기시다 총리가 방한한다", "ko", "kishida-fumio"),
        ("岸田首相が訪韓へ", "ja", "kishida-fumio"),
        ("KISHIDA flies to Seoul", "en", "kishida-fumio"),
        ("尹大統領と会談", "ja", "yoon-suk-yeol"),
        ("李대통령 발언", "ko", "lee-jae-myung"),
        ("한일 회담이 열렸다", "ko", "japan-korea"),
        ("한·일 관계", "ko", "japan-korea"),
        ("LDP leader speaks", "en", "ldp"),
        ("독도 방문에 항의", "ko", "takeshima"),
        ("竹島への上陸", "ja", "takeshima"),
        ("아시아판 나토라고 반발", "ko", "nato"),
        ("アジア大洋州局長が抗議", "ja", "jp-asian-affairs-bureau"),
    ],
)
def test_forms_of_every_language_are_found(
    matcher: Matcher, text: str, language: str, name: str
) -> None:
    """Full names, surnames with titles, abbreviations."""
    assert name in matcher.find(text, language).names


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("한일시멘트, 현금배당 결정", "ko", "japan-korea"),
        ("충남 한일고 학생들", "ko", "japan-korea"),
        ("[부고] 정한일 씨 별세", "ko", "japan-korea"),
        ("겨울 방한용품 특가", "ko", "visit-korea"),
        ("판독도 못 하고", "ko", "takeshima"),
        ("アベノミクスの行方", "ja", "abe-shinzo"),
        ("please sulk quietly", "en", "united-states"),
        ("give it to us now", "en", "united-states"),
        ("이민단속 강화", "ko", "zainichi"),
        ("시민단체의 성명", "ko", "zainichi"),
        ("나토리시에서 지진", "ko", "nato"),
        ("하나토건 수주", "ko", "nato"),
    ],
)
def test_look_alikes_are_not_found(matcher: Matcher, text: str, language: str, name: str) -> None:
    """A form inside another word, or in another's case, is no name."""
    assert name not in matcher.find(text, language).names


@pytest.mark.parametrize(
    ("text", "language", "runs"),
    [
        ("日 방위상 방한", "ko", (JAPAN,)),
        ("韓日 협력", "ko", (PAIR,)),
        ("23日 오후", "ko", ()),
        ("日韓首脳会談", "ja", (PAIR,)),
        ("韓大統領が来日", "ja", (KOREA,)),
        ("日中の気温は平年並み", "ja", ()),
        ("韓田さんの訃報", "ja", ()),
        ("日曜版", "ja", ()),
        ("日 in English text", "en", ()),
    ],
)
def test_lone_han_characters_are_countries_only_in_headline_use(
    matcher: Matcher, text: str, language: str, runs: tuple[frozenset[str], ...]
) -> None:
    """Dates, daytime, weekdays and surnames are written with the same characters."""
    assert matcher.find(text, language).runs == runs


def test_the_longest_form_counts() -> None:
    """North Korea is not Korea."""
    names = (
        Name(id="korea", kind="country", country="KR", en=("Korea",)),
        Name(id="north", kind="country", country="KP", en=("North Korea",)),
    )
    assert set(Matcher(names, {}).find("North Korea fires", "en").names) == {"north"}


def test_names_that_share_a_form_are_both_found() -> None:
    """The table may hold two people of one name; who is meant is not guessed."""
    names = (
        Name(id="one", kind="person", ko=("김철수",)),
        Name(id="other", kind="person", ko=("김철수",)),
    )
    assert set(Matcher(names, {}).find("김철수 장관", "ko").names) == {"one", "other"}


def _read_in(form: str) -> str:
    """Return the language in which a form is read so: lone surnames are Korean headlines'."""
    return "ko" if is_lone_surname(form) else "xx"


def test_every_form_of_the_table_is_found_by_itself(
    matcher: Matcher, names: tuple[Name, ...]
) -> None:
    """No row's trap or boundary shuts out its own form."""
    lost = [
        (name.id, form)
        for name in names
        for form in name.forms
        if name.id not in matcher.find(form, _read_in(form)).names and match_form(form)
    ]
    assert lost == []


def test_the_table_has_no_clashes(names: tuple[Name, ...]) -> None:
    """Every id is one row, and no two rows share a form without saying so."""
    assert clashes(names) == ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (Name(id="kishida", kind="person", ja=("日程",)), "no clash"),
        (Name(id="a", kind="person", en=("Lee",)), "a surname that many bear"),
        (Name(id="a", kind="person", en=("Abe Shinzo",), ko=("아베",)), "two syllables"),
        (Name(id="a", kind="term", ja=("日",)), "one character"),
        (Name(id="a", kind="term", en=("twin",)), "shared"),
        (Name(id="twin", kind="term", ja=("竹",)), "two rows have this id"),
    ],
)
def test_a_clash_is_told(row: Name, told: str) -> None:
    """Lone characters, short hangul and surnames stand in many other words; forms are shared."""
    table = (Name(id="twin", kind="term", en=("Twin",)), row)
    said = "; ".join(str(clash) for clash in clashes(table)) or "no clash"
    assert told in said


def test_two_names_may_share_a_form_that_says_more_in_one() -> None:
    """A longer form holds a shorter one: the longest counts, so it is no clash."""
    one = Name(id="korea", kind="country", en=("Korea",))
    other = Name(id="north", kind="country", en=("North Korea",))
    assert clashes((one, other)) == ()


@pytest.mark.parametrize("text", ["日정부 발표", "日 정부 발표", "일본 정부 발표", "중국정부 발표"])
def test_a_government_behind_a_country_is_that_countrys(matcher: Matcher, text: str) -> None:
    """정부 alone is Seoul in a Korean paper, 日정부 is not."""
    assert "home:ko-KR" not in matcher.find(text, "ko").cues
    assert "home:ko-KR" in matcher.find("정부 발표", "ko").cues


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    """Feeds are hostile: no text breaks the matcher."""
    small = Matcher((Name(id="a", kind="term", en=("a",), ko=("가",), ja=("ア",)),), {"c": ("b*",)})
    for language in ("en", "ja", "ko"):
        small.find(text, language)


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("尹 “지소미아 완전 정상화”", "ko", True),
        ("尹의 대일 외교", "ko", True),
        ("尹正煥 감독", "ko", False),
        ("朴-尹씨", "ja", False),
    ],
)
def test_a_lone_surname_is_a_president_in_korean_headlines(
    matcher: Matcher, text: str, language: str, found: bool
) -> None:
    """Elsewhere a lone Han character is anything."""
    assert ("yoon-suk-yeol" in matcher.find(text, language).names) is found


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("태평양전쟁", "north-korea"),
        ("일본에 대한 우려", "visit-korea"),
        ("韓国の市民団体", "zainichi"),
        ("北日本で雨", "japan-north-korea"),
        ("내가 당신이 대통령", "lee-jae-myung"),
    ],
)
def test_a_form_within_another_word_is_no_name(matcher: Matcher, text: str, id_: str) -> None:
    """Found by reading what the table matched in a stream of news."""
    assert id_ not in matcher.find(text, "ko" if "가" <= text[0] <= "힣" else "ja").names


def test_a_cue_word_within_its_trap_does_not_count() -> None:
    """감독 is a coach, 금융감독 is not; beside a trap the word itself still counts."""
    matcher = Matcher((), {"sport": ("감독", "-금융감독")})
    assert not matcher.find("금융감독원 조사", "ko").cues
    assert matcher.find("금융감독원과 축구 감독", "ko").counts == {"sport": 1}


def test_how_often_a_name_stands_is_counted(matcher: Matcher) -> None:
    """Relevance weighs how far a text keeps to the two sides."""
    assert matcher.find("Japan told Japan of India", "en").times == {"japan": 2, "india": 1}
