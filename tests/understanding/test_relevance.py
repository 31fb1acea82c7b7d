"""Relevance and issues."""

import math

import pytest

from bot.domain.model import Issue
from bot.domain.topic import Topic
from bot.understanding.entities import Matcher
from bot.understanding.issues import issue_of
from bot.understanding.meaning import direction_of, meaning
from bot.understanding.reasons import said_for
from bot.understanding.relevance import Judge, Sighting, Verdict, sighted
from bot.understanding.text import lead
from bot.understanding.vectors import Encoder


@pytest.fixture(scope="session")
def judge(topic: Topic, matcher: Matcher) -> Judge:
    return Judge(topic, matcher.names)


def seen(matcher: Matcher, title: str, language: str, country: str | None = None) -> Sighting:
    return sighted(matcher, title=title, text="", language=language, country=country)


def meant(encoder: Encoder, topic: Topic, title: str) -> float:
    """What the vector of a title adds, as the reader adds it."""
    direction = direction_of(topic.id, encoder.name)
    return meaning(encoder.encode([lead(title, "")])[0], direction)


def verdict(
    judge: Judge, matcher: Matcher, title: str, language: str, country: str | None = None
) -> Verdict:
    return judge.verdict(seen(matcher, title, language, country))


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Japan and South Korea agree to resume ministerial talks", "en"),
        ("日韓外相が会談、懸案の解決へ協議継続", "ja"),
        ("외교부, 日 총리 야스쿠니 공물 봉납에 깊은 유감", "ko"),
        ("강제징용 피해자, 日기업 상대 손해배상 소송 승소", "ko"),
        ("韓国外相が訪日、日本の首相と会談へ", "ja"),
    ],
)
def test_relations_between_the_two_are_kept(
    judge: Judge, matcher: Matcher, topic: Topic, encoder: Encoder, title: str, language: str
) -> None:
    """Governments, disputes and courts, in each language."""
    read = judge.verdict(seen(matcher, title, language), meant(encoder, topic, title))
    assert read.relevance >= topic.threshold


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Japan beat South Korea 2-0 to win volleyball championship", "en"),
        ("The best Korean barbecue restaurants in Tokyo", "en"),
        ("Asian stocks fall: Nikkei and Kospi lose ground", "en"),
        ("오늘의 날씨: 전국 대체로 흐림", "ko"),
        ("한일시멘트, 2분기 영업이익 증가", "ko"),
        ("東京で韓国ドラマのファンイベント、俳優が来日公演", "ja"),
        ("Court orders company to pay damages after ruling", "en"),
        ("", "en"),
    ],
)
def test_what_only_looks_related_is_left_out(
    judge: Judge, matcher: Matcher, topic: Topic, encoder: Encoder, title: str, language: str
) -> None:
    """Sports, food, markets, weather, companies of that name, and other people's courts."""
    read = judge.verdict(seen(matcher, title, language), meant(encoder, topic, title))
    assert read.relevance < topic.threshold


def test_nothing_between_the_two_is_nought(judge: Judge, matcher: Matcher) -> None:
    """Words of diplomacy alone never add up: one of the sides' matters must be named."""
    told = verdict(judge, matcher, "Ministers summon ambassador over treaty dispute", "en")
    assert told == Verdict(relevance=0.0, reasons=("− nothing between the two sides",))


def test_reasons_say_what_spoke_for_and_against(judge: Judge, matcher: Matcher) -> None:
    """The reader can ask why."""
    told = verdict(judge, matcher, "Japan and South Korea meet in volleyball final", "en")
    assert "+ both sides in the title" in told.reasons
    assert any(reason.startswith("− sport") for reason in told.reasons)


def test_home_words_mean_the_papers_own_state(judge: Judge, matcher: Matcher) -> None:
    """정부 is Seoul in a Korean paper, but not where the outlet is of the other side."""
    title = "정부, 일본에 항의"
    assert "home_title" in judge.signals(seen(matcher, title, "ko", "KR"))
    assert "home_title" in judge.signals(seen(matcher, title, "ko"))
    assert "home_title" not in judge.signals(seen(matcher, title, "ko", "JP"))


@pytest.mark.parametrize(
    ("title", "language", "issue"),
    [
        ("日韓首脳が会談、シャトル外交を再開", "ja", Issue.SUMMIT_DIPLOMACY),
        ("일본, 독도 영유권 주장에 외교부 항의", "ko", Issue.TERRITORY),
        ("Japan ordered to compensate 'comfort women'", "en", Issue.HISTORY_COMFORT_WOMEN),
        ("후쿠시마 오염수 방류에 수산물 규제", "ko", Issue.FUKUSHIMA),
        ("강제징용 배상 소송", "ko", Issue.HISTORY_FORCED_LABOUR),
        ("GSOMIA: Seoul ends intelligence pact", "en", Issue.SECURITY),
        ("A quiet day", "en", Issue.OTHER),
    ],
)
def test_the_issue_is_the_matter_named(
    matcher: Matcher, topic: Topic, title: str, language: str, issue: Issue
) -> None:
    """Names speak for issues; where none does it is other."""
    assert issue_of(seen(matcher, title, language), matcher.names, topic) is issue


def test_reasons_name_who_and_what_is_named(judge: Judge, matcher: Matcher) -> None:
    """A journalist reads the names as they were written."""
    told = verdict(judge, matcher, "Kishida and Yoon speak about Dokdo", "en")
    assert told.reasons[-1] == "names Kishida, Yoon, Dokdo"


def test_the_signals_add_up_to_the_relevance(judge: Judge, matcher: Matcher, topic: Topic) -> None:
    """What is told to have moved the score is all that did."""
    told = judge.verdict(seen(matcher, "Japan and South Korea hold summit", "en"), meaning=0.25)
    score = topic.weights["bias"] + sum(told.moved.values())
    assert told.relevance == pytest.approx(1 / (1 + math.exp(-score)))
    assert told.moved["meaning"] == 0.25


@pytest.mark.parametrize(
    ("place", "at_home"), [("서울", True), ("도쿄", False), ("워싱턴", False), ("", True)]
)
def test_a_correspondent_abroad_does_not_write_of_the_state_at_home(
    judge: Judge, matcher: Matcher, place: str, at_home: bool
) -> None:
    """국회 in a report from Tokyo is the Diet: the dateline says where it was written."""
    text = f"({place}=연합뉴스) 김철수 기자 = 다음 달 소집된다." if place else "다음 달 소집된다."
    entry = sighted(matcher, title="日 새 총리, 국회 연설", text=text, language="ko", country=None)
    assert ("home_title" in judge.signals(entry)) is at_home


def test_another_states_president_is_not_the_one_at_home(judge: Judge, matcher: Matcher) -> None:
    """대통령 right behind a person is that person's office."""
    ours = judge.signals(seen(matcher, "대통령, 일본에 항의", "ko"))
    theirs = judge.signals(seen(matcher, "트럼프 대통령, 일본에 항의", "ko"))
    assert "home_title" in ours
    assert "home_title" not in theirs


def test_third_countries_take_their_share(judge: Judge, matcher: Matcher) -> None:
    """A text about others that names both sides in passing says less of the two."""
    two = judge.signals(seen(matcher, "Japan and South Korea hold talks", "en"))
    more = judge.signals(seen(matcher, "Trump on China, Japan, South Korea and Taiwan", "en"))
    assert "third_share" not in two
    assert "only_title" in two
    assert more["third_share"] == pytest.approx(3 / 5)
    assert "only_title" not in more


def test_every_weighted_signal_has_words_of_its_own(topic: Topic) -> None:
    """A reader sees reasons, not the names of variables."""
    said = [said_for(signal) for signal in topic.weights if signal != "bias"]
    assert [words for words in said if "_" in words] == []
