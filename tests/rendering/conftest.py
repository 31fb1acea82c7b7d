"""Digests to render: a realistic one in each language, a hostile one, a quiet one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.model import (
    Counted,
    CountsDiffer,
    CountTold,
    Digest,
    DigestItem,
    DigestPerspective,
    DigestSentence,
    Issue,
    ItemKind,
    Language,
    SinceTold,
    Source,
    StoryRef,
    StoryStatus,
    Teller,
    TermsDiffer,
    TermUse,
)
from bot.rendering.texts import Texts, load_texts

LOCALES = Path(__file__).parents[2] / "config" / "locales"
UNTIL = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

HANBIT = ("Hanbit Ilbo", "KR", "ko")
NAMSAN = ("Namsan Herald", "KR", "en")
CHEONGPA = ("Cheongpa Broadcasting", "KR", "ko")
MORNING = ("Tokyo Morning Post", "JP", "en")
HARUMI = ("晴海新聞", "JP", "ja")
SETO = ("瀬戸内タイムズ", "JP", "ja")
HARBOUR = ("Harbour Wire", "SG", "en")

TITLES = {Language.EN: "Japan–Korea relations", Language.JA: "日韓関係", Language.KO: "한일관계"}

SHUTTLE = {
    Language.EN: (
        "Leaders agree to meet twice a year as shuttle diplomacy resumes",
        "The two leaders agreed on Monday to visit each other's country at least twice a year.",
        "Officials will draw up a joint list of economic projects before the spring meeting.",
        "No joint statement was issued on questions of history.",
    ),
    Language.JA: (
        "両首脳、シャトル外交の定着へ年2回の相互訪問で一致",
        "両首脳は月曜日の会談で、少なくとも年に2回、互いの国を訪問することで一致した。",
        "春の会談までに、経済分野の共同事業の一覧を両政府の実務者がまとめる。",
        "歴史問題に関する共同文書は発表されなかった。",
    ),
    Language.KO: (
        "양국 정상, 셔틀외교 정착 위해 연 2회 상호 방문 합의",
        "두 정상은 월요일 회담에서 적어도 한 해 두 차례 서로의 나라를 방문하기로 합의했다.",
        "양국 실무진은 봄 회담 전까지 공동 경제 사업 목록을 마련한다.",
        "과거사 문제에 관한 공동 문서는 발표되지 않았다.",
    ),
}
DRILL = {
    Language.EN: (
        "Three navies finish an autumn drill south of Jeju",
        "Ships of the three countries ended a four-day exercise in international waters.",
    ),
    Language.JA: (
        "3か国の艦艇、済州島の南で秋の共同訓練を終える",
        "3か国の艦艇が公海上で4日間の訓練を終えた。",
    ),
    Language.KO: (
        "한미일 함정, 제주 남방에서 가을 연합훈련 마쳐",
        "세 나라 함정이 공해상에서 나흘간의 훈련을 마쳤다.",
    ),
}

Report = tuple[tuple[str, str, str], str, float]


@pytest.fixture(scope="session")
def texts() -> dict[str, Texts]:
    return load_texts(LOCALES)


@pytest.fixture(scope="session")
def digest_in() -> Callable[[Language], Digest]:
    return a_digest


@pytest.fixture(scope="session")
def quiet_digest() -> Digest:
    return replace(a_digest(Language.EN), items=(), stories_left_out=0)


@pytest.fixture(scope="session")
def with_text() -> Callable[[str], Digest]:
    return hostile


def a_digest(language: Language) -> Digest:
    return Digest(
        topic="japan-korea",
        topic_title=TITLES[language],
        sides=("KR", "JP"),
        language=language,
        zone="Asia/Tokyo" if language is Language.JA else "Asia/Seoul",
        since=UNTIL - timedelta(hours=24),
        until=UNTIL,
        items=(shuttle(language), drill(language), untranslated()),
        stories_left_out=3,
        entries_read=43,
        outlets_read=14,
        slot_at=UNTIL,
    )


def shuttle(language: Language) -> DigestItem:
    headline, *sentences = SHUTTLE[language]
    reports: list[Report] = [
        (NAMSAN, "Seoul and Tokyo settle on two summits a year", 2.5),
        (HARUMI, "日韓首脳、年2回の相互訪問で一致 経済協力の一覧を春までに", 3),
        (HANBIT, '한일 정상 "셔틀외교 정착"… 연 2회 상호 방문키로', 4),
        (MORNING, "Shuttle diplomacy to become a fixture, leaders say", 4.25),
        (CHEONGPA, "정상회담 공동 발표문에 과거사 언급 없어", 6),
        (HARBOUR, "Neighbours promise regular summits and a project list", 20),
    ]
    return item(
        1,
        headline,
        [(sentences[0], (1, 2)), (sentences[1], (2,)), (sentences[2], (5, 3))],
        reports,
        language=language,
        issue=Issue.SUMMIT_DIPLOMACY,
    )


def drill(language: Language) -> DigestItem:
    headline, sentence = DRILL[language]
    reports: list[Report] = [
        (MORNING, "Autumn drill of three navies ends", 7),
        (HANBIT, "한미일 가을 해상훈련 종료", 8),
    ]
    update = item(
        2, headline, [(sentence, (1, 2))], reports, language=language, issue=Issue.SECURITY
    )
    return replace(update, kind=ItemKind.UPDATE, story_version=3)


def untranslated() -> DigestItem:
    reports: list[Report] = [(SETO, "対馬の仏像、寺に戻って半年 住民が記念の催し", 15)]
    return item(
        3,
        "対馬の仏像、寺に戻って半年",
        [("返還から半年となり、地元の寺で住民らが記念の催しを開いた。", (1,))],
        reports,
        language=Language.JA,
        issue=Issue.CULTURE,
    )


def item(
    story_id: int,
    headline: str,
    sentences: list[tuple[str, tuple[int, ...]]],
    reports: list[Report],
    *,
    language: str,
    issue: Issue,
) -> DigestItem:
    return DigestItem(
        story_id=story_id,
        story_version=1,
        kind=ItemKind.NEW,
        headline=headline,
        language=language,
        issue=issue,
        sentences=tuple(DigestSentence(text=text, sources=cites) for text, cites in sentences),
        sources=tuple(source(n, report) for n, report in enumerate(reports, 1)),
        first_seen_at=UNTIL - timedelta(hours=20),
        last_seen_at=UNTIL - timedelta(hours=1),
        method="extractive",
    )


def source(number: int, report: Report) -> Source:
    (outlet, country, language), title, hours_ago = report
    return Source(
        number=number,
        entry_id=100 + number,
        outlet_name=outlet,
        country=country,
        language=language,
        title=title,
        url=f"https://news.example/{language}/{number}?ref=rss&day=23",
        published_at=UNTIL - timedelta(hours=hours_ago),
    )


def with_evidence(item: DigestItem, text: str) -> DigestItem:
    """Return the item as an update with all that can stand beside a summary, saying ``text``."""
    told = DigestSentence(text=text, sources=(1,))
    return replace(
        item,
        kind=ItemKind.UPDATE,
        update=2,
        news=SinceTold(reports=3, sides=("JP",), sentence=told),
        perspectives=(DigestPerspective(side="KR", text=text, sources=(2,)),),
        terms=(
            TermsDiffer(
                name="Dokdo/Takeshima",
                uses=(
                    TermUse(outlets=(text, "Hanbit Ilbo"), written=(text,), label="Dokdo"),
                    TermUse(outlets=("Toto",), written=("竹島",), label="Takeshima"),
                ),
            ),
        ),
        counts=(
            CountsDiffer(
                what=Counted.ATTENDED,
                told=(
                    CountTold(value="500", reports=(1,), teller=Teller.POLICE),
                    CountTold(value="2000", reports=(1, 2), teller=Teller.ORGANISERS),
                ),
            ),
        ),
        silent=("JP",),
        earlier=(StoryRef(id=7, headline=text, last_seen_at=UNTIL - timedelta(days=9)),),
        status=StoryStatus.DEVELOPING,
    )


def hostile(text: str) -> Digest:
    """Return a digest that says ``text`` wherever a feed has a say, its addresses included."""
    usual = drill(Language.EN)
    sources = tuple(
        replace(
            s,
            outlet_name=text,
            title=text,
            url=text,
            language=text,
            country=text,
            translation=text,
        )
        for s in usual.sources
    )
    linked = replace(usual.sources[0], number=3, title=text, url=f"https://news.example/{text}")
    bad = replace(
        with_evidence(usual, text),
        headline=text,
        language=text,
        sentences=(DigestSentence(text=text, sources=(1, 3)),),
        sources=(*sources, linked),
    )
    return replace(a_digest(Language.EN), items=(bad,))
