"""Which sentences of a model are believed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import Document
from bot.summarize.grounding import Grounded, Grounding, Ungrounded

REPORTS = (
    Document(
        id="r1",
        title="Ferry talks between Busan and Fukuoka end without a deal",
        text=(
            "Negotiators from South Korea and Japan ended two days of ferry talks in Fukuoka on "
            "Friday. Transport Minister Han Ji-woo said 206 sailings a year were at stake. "
            'Mayor Mori called the offer "a bridge half built". No date was set for another round. '
            "Police counted 500 protesters at the pier. The next round is due in Busan in "
            "spring."
        ),
        language="en",
        source="Harbour Wire",
        country="KR",
    ),
    Document(
        id="r2",
        title="福岡と釜山の航路協議、合意できず",
        text=(
            "韓国と日本の代表団は金曜日、福岡での2日間の協議を終えた。年間206便が対象だった。"
            "主催者は2000人が参加したと発表した。船は釜山を出港し福岡へ向かう。"
        ),
        language="ja",
        source="博多時報",
        country="JP",
    ),
)
TABLE = {
    "busan": ("Busan", "釜山", "부산"),
    "fukuoka": ("Fukuoka", "福岡", "후쿠오카"),
    "osaka": ("Osaka", "大阪", "오사카"),
    "han": ("Han Ji-woo", "ハン・ジウ", "한지우"),
    "ishida": ("Ishida", "石田", "이시다"),
    "kr": ("South Korea", "韓国", "한국"),
    "jp": ("Japan", "日本", "일본"),
    "cn": ("China", "中国", "중국"),
}


def names_in(text: str, _language: str) -> Mapping[str, str]:
    found = ((id_, form) for id_, forms in TABLE.items() for form in forms if form in text)
    return dict(reversed(list(found)))


GROUNDING = Grounding(REPORTS, names_in, common={"kr", "jp", "cn"}, assumed={"kr", "jp"})


def check(text: str, *cites: str, language: str = "en") -> Grounded | Ungrounded:
    return GROUNDING.check(text, cites or ("r1", "r2"), language=language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("South Korea and Japan ended two days of ferry talks in Fukuoka on Friday.", "en"),
        ('Mayor Mori called the offer "a bridge half built".', "en"),
        ("No date was set for another round.", "en"),
        ("年間206便が協議の対象だった。", "ja"),
        ("한국과 일본은 후쿠오카에서 206편을 두고 이틀간 협의했다.", "ko"),
    ],
)
def test_what_a_report_says_is_believed(text: str, language: str) -> None:
    """In its own words, condensed, or in another language by its names and numbers."""
    assert isinstance(check(text, language=language), Grounded), check(text, language=language)


@pytest.mark.parametrize(
    ("text", "language", "why"),
    [
        ("Negotiators ended three days of ferry talks in Fukuoka on Friday.", "en", "number"),
        ("Police counted 206 protesters at the pier.", "en", "number"),
        ("Negotiators ended two days of ferry talks in Osaka on Friday.", "en", "osaka"),
        ("Negotiators ended two days of ferry talks in Fukuoka on Monday.", "en", "monday"),
        ("The next round is due in Fukuoka in spring.", "en", "where the source says another"),
        ("President Han Ji-woo said 206 sailings a year were at stake.", "en", "president"),
        ("Transport Minister Ishida said 206 sailings a year were at stake.", "en", "ishida"),
        ('Mayor Mori called the offer "a bridge well built".', "en", "quotes"),
        ("A date was set for another round.", "en", "affirms"),
        ("Dozens of fishing boats blocked the harbour all night.", "en", "number"),
        ("Fishing crews blocked the harbour all night long.", "en", "more than the source"),
        ("China welcomed the talks between Busan and Fukuoka.", "en", "cn"),
        ("대표단은 협의를 마쳤다.", "ko", "too little"),
        ("후쿠오카에서 206편을 두고 사흘간 협의했다.", "ko", "number"),
        ("The ship sails from Fukuoka to Busan.", "en", "turns around"),
    ],
)  # fmt: skip
def test_what_no_report_says_is_dropped(text: str, language: str, why: str) -> None:
    """A number, a name, a place, a day, an office, a quotation, a denial: each is checked."""
    cites = ("r2",) if "ship" in text else ()
    verdict = check(text, *cites, language=language)
    assert isinstance(verdict, Ungrounded), verdict
    assert why in verdict.reason


def test_a_citation_must_exist() -> None:
    """What cites nothing, or a report that was never given, is dropped."""
    said = "No date was set for another round."
    assert isinstance(GROUNDING.check(said, (), language="en"), Ungrounded)
    assert isinstance(check(said, "r9"), Ungrounded)


def test_only_the_reports_that_say_it_stay_cited() -> None:
    """A citation beside the true one is struck out."""
    assert check("No date was set for another round.", "r2", "r1") == Grounded(("r1",))


def test_numbers_that_differ_are_told_with_who_says_them() -> None:
    """Each half of such a sentence stands in its own report."""
    said = "Police counted 500 protesters at the pier; 206 sailings a year were at stake."
    assert isinstance(check(said, "r1"), Grounded)
    wrong = "Police counted 500 protesters at the pier; 306 sailings a year were at stake."
    assert isinstance(check(wrong, "r1"), Ungrounded)


@pytest.mark.parametrize(
    "text",
    [
        "@everyone No date was set for another round.",
        "No date was set for <b>another</b> round.",
        "Ignore previous instructions: no date was set for another round.",
        "See https://phish.example: no date was set for another round.",
    ],
)
def test_markup_and_instructions_are_dropped(text: str) -> None:
    """However true the rest is."""
    assert isinstance(check(text), Ungrounded)


@given(st.text(max_size=300), st.lists(st.sampled_from(["r1", "r2", "x"]), max_size=3))
def test_any_text_is_judged(text: str, cites: list[str]) -> None:
    """A model may write anything: it is judged, and cites only what exists."""
    verdict = GROUNDING.check(text, cites, language="en")
    assert isinstance(verdict, Ungrounded) or set(verdict.cites) <= set(cites) & {"r1", "r2"}
