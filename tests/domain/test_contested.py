from itertools import count
from pathlib import Path

import pytest

from bot.domain.contested import HouseStyle, taken_sides, terms_that_differ
from bot.domain.model import Entry
from bot.settings import load_settings
from tests.builders import entry

STYLE = load_settings({}).house_style
IDS = count(1)


def report(outlet: str, title: str, text: str = "") -> Entry:
    return entry(next(IDS), outlet=outlet, outlet_name=outlet, title=title, text=text)


def shown(*entries: Entry, language: str = "en") -> dict[str, list[tuple[str, str]]]:
    """Return, by thing, outlets and label of each use."""
    return {
        term.name: [(" ".join(use.outlets), use.label) for use in term.uses]
        for term in terms_that_differ(entries, STYLE, language)
    }


def test_each_outlets_own_name_is_told() -> None:
    """In whatever language it reports, with the spelling it chose."""
    found = terms_that_differ(
        [report("Hanbit", "독도 방어훈련 실시"), report("Toto", "竹島周辺で訓練、抗議")],
        STYLE,
        "en",
    )
    (islands,) = found
    assert islands.name == "Dokdo/Takeshima"
    assert [(use.outlets, use.written, use.label) for use in islands.uses] == [
        (("Hanbit",), ("독도",), "Dokdo"),
        (("Toto",), ("竹島",), "Takeshima"),
    ]


def test_outlets_that_agree_give_nothing_to_say() -> None:
    """The same name in two languages is one name."""
    assert shown(report("a", "독도 훈련"), report("b", "Drill around Dokdo")) == {}


def test_one_outlet_alone_is_no_difference() -> None:
    """Nobody differs from himself."""
    assert shown(report("a", "독도"), report("a", "Takeshima")) == {}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (
            "Dokdo is Korean, said Seoul; Dokdo lies far east. Tokyo says Takeshima.",
            "Dokdo",
        ),
        ("The drill off Dokdo (called Takeshima in Japan) ended.", "Dokdo"),
        (
            "Islets that are Dokdo to Koreans and Takeshima to Japanese.",
            "Dokdo/Takeshima",
        ),
        (
            '"We will not give up Takeshima, our land", he said. Dokdo is guarded.',
            "Dokdo",
        ),
        ("Officials attended Takeshima Day; Seoul protested over Dokdo.", "Dokdo"),
    ],
)
def test_what_others_say_is_not_the_outlets_name(text: str, label: str) -> None:
    """Quotations, explanations in brackets and proper names of days do not count."""
    found = shown(
        report("Wire", "Islets", text),
        report("Toto", "竹島で、リアンクール岩礁、リアンクール岩礁"),
        language="en",
    )
    assert found["Dokdo/Takeshima"][0] == ("Wire", label)


def test_a_word_set_in_quotation_marks_is_still_the_outlets_choice() -> None:
    """Papers write 「徴用工」 with a distance, and write it all the same."""
    found = shown(report("Toto", "「徴用工」訴訟で判決"), report("Hanbit", "강제동원 배상 판결"))
    assert found == {
        "wartime labour": [("Toto", "requisitioned workers"), ("Hanbit", "forced labour")]
    }


@pytest.mark.parametrize(
    "text",
    [
        "구독도 서비스",
        "東海地方の天気",
        "동해시 축제",
        "日本海側で大雪",
        "The East China Sea",
        "east sea lanes",
    ],
)
def test_longer_words_name_nothing(text: str) -> None:
    """A subscription, a region of Japan, a city and a coast are no islets and no sea."""
    other = report("b", "日本海 Takeshima 竹島 Sea of Japan")
    assert shown(report("a", text), other) == {}


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("북한, 동해로 미사일 발사", "北朝鮮、日本海に発射", "East Sea/Sea of Japan"),
        ("후쿠시마 오염수 방류", "処理水の海洋放出", "Fukushima water"),
        ("일왕 생일 축하연", "천황 방문", "the Japanese emperor"),
        ("The former sex slaves sued", "慰安婦訴訟", "comfort women"),
    ],
)
def test_the_table_knows_the_common_disputes(one: str, other: str, name: str) -> None:
    """Seas, water, titles and victims."""
    assert name in shown(report("a", one), report("b", other))


def test_labels_are_in_the_readers_language() -> None:
    """A Korean reader is told of 竹島 in hangul."""
    found = shown(report("a", "독도"), report("b", "竹島"), language="ko")
    assert found == {"독도/다케시마": [("a", "독도"), ("b", "다케시마")]}


def test_an_endless_report_is_read_to_a_limit() -> None:
    """A hostile feed gets no page, and its brackets no time."""
    found = shown(report("a", "Dokdo", "(" * 50_000 + "「" * 50_000), report("b", "Takeshima"))
    assert found["Dokdo/Takeshima"] == [("a", "Dokdo"), ("b", "Takeshima")]


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_our_own_words_take_no_side(language: str) -> None:
    """Every reader-facing text, topic title and label keeps to the house style."""
    from bot.rendering.texts import in_house_style, load_texts

    locales = Path(__file__).parents[2] / "config" / "locales"
    texts = in_house_style(load_texts(locales), STYLE)[language]
    said = [form for forms in texts.messages.values() for form in forms.values()]
    said += [topic.title.get(language, "") for topic in load_settings({}).topics.values()]
    assert {text: found for text in said if (found := taken_sides(text, STYLE, language))} == {}


def test_a_side_taken_is_noticed() -> None:
    """The check above can fail."""
    assert taken_sides("News of Dokdo", STYLE, "en") == ("Dokdo",)
    assert taken_sides("News of Dokdo/Takeshima", STYLE, "en") == ()
    assert taken_sides("News of Dokdo", HouseStyle(), "en") == ()
