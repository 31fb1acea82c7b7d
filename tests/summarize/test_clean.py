"""Removing what newsrooms and feeds add to a report."""

import pytest

from bot.summarize.clean import clean_lines, clean_title, is_furniture, strip_dateline


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("(서울=연합뉴스) 홍길동 기자 = 두 정상이 만났다.", "두 정상이 만났다."),
        ("(서울·도쿄=연합뉴스) 홍길동 김철수 특파원 = 회담이 열렸다.", "회담이 열렸다."),
        ("[서울=뉴시스]홍길동 기자 = 회담이 열렸다.", "회담이 열렸다."),
        ("(안동=한빛일보) 기자 = 두 정상이 만났다.", "두 정상이 만났다."),
        ("【ソウル＝山田太郎】両首脳が会談した。", "両首脳が会談した。"),
        ("（ソウル共同）両首脳が会談した。", "両首脳が会談した。"),
        ("［ソウル 12日 ロイター］ - 両首脳が会談した。", "両首脳が会談した。"),
        ("SEOUL, Nov. 12 (Yonhap) -- The leaders met.", "The leaders met."),
        ("TOKYO (Reuters) - The leaders met.", "The leaders met."),
        ("SEOUL — The leaders met.", "The leaders met."),
        ("(CNN)The leaders met.", "The leaders met."),
        ("MOSCOW, August 14. /TASS/. The leaders met.", "The leaders met."),
    ],
)
def test_datelines_and_bylines_fall_away(line: str, expected: str) -> None:
    """What is left starts with the report's own first word."""
    assert strip_dateline(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "The NATO (OTAN) summit - the third this year - opened.",
        "K-pop groups toured Japan.",
        "한일 정상회담(APEC 계기)이 열렸다.",
        "BTS and others sang.",
        "「歓迎する」と述べた。",
    ],
)
def test_a_report_without_dateline_is_left_alone(line: str) -> None:
    """A bracket, a dash or capitals alone make no dateline."""
    assert strip_dateline(line) == line


@pytest.mark.parametrize(
    "sentence",
    [
        "READ MORE: A new chapter opens",
        "Loading...",
        "Click here to see the gallery.",
        "The president (left) and the prime minister (right) shake hands.",
        "Photo: Harbour of Busan",
        "Sign up for our morning letter.",
        "▶ 관련 기사 보기",
        "무단 전재 및 재배포 금지",
        "회담장에 들어서는 두 정상. 외교부 제공 [사진=외교부 제공]",
        "【関連記事】港の式典",
        "この記事は会員限定です。",
        "握手する両首脳（左）",
    ],
)
def test_furniture_of_pages_is_known(sentence: str) -> None:
    """Captions, credits and calls to click are no news in any of the languages."""
    assert is_furniture(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The left wing of the party watched the vote.",
        "She read more than anyone.",
        "백악관이 공개한 사진 한 장이 논란이 되고 있다.",
        "写真家が展覧会を開いた。",
        "Sen. Kim (R-Ky.) opposed the bill.",
        "월 구독료는 4천원으로 정해졌다.",
    ],
)
def test_news_is_no_furniture(sentence: str) -> None:
    """A word that captions use does not make a caption."""
    assert not is_furniture(sentence)


def test_lines_keep_their_words() -> None:
    """Of a page's lines those that tell something remain, verbatim."""
    text = "SEOUL — The leaders met.\n\nLoading...\nREAD MORE: Other news\nThey agreed."
    assert clean_lines(text) == ["The leaders met.", "They agreed."]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[속보] 한일 정상 통화", "한일 정상 통화"),
        ("한일 정상 통화(종합2보)", "한일 정상 통화"),
        ("[단독][속보] 한일 정상 통화", "한일 정상 통화"),
        ("【速報】日韓首脳が会談", "日韓首脳が会談"),
        ("BREAKING: Leaders meet in Seoul", "Leaders meet in Seoul"),
        ("Leaders meet in Seoul - The Harbour Times", "Leaders meet in Seoul"),
        ("Leaders meet in Seoul | Hanbit", "Leaders meet in Seoul"),
        ("Ready to talk, says Tokyo — Kremlin", "Ready to talk, says Tokyo — Kremlin"),
        ("[속보]", "[속보]"),
    ],
)
def test_headlines_lose_edition_marks_and_outlets(title: str, expected: str) -> None:
    """Marks of the edition and the outlet go; who is quoted stays, and never is all gone."""
    assert clean_title(title, ["Hanbit"]) == expected


def test_a_paragraph_is_not_lost_for_one_sentence() -> None:
    """A long line that holds a call to click is kept: its sentences are judged one by one."""
    line = "The ferry sailed. " * 10 + "Click here for more."
    assert clean_lines(line) == [line]
