"""A second pair of countries is one file: the same code and names, other sides."""

from itertools import count

import pytest

from bot.domain.topic import Name, Topic
from bot.jobs.replay import ReplayLine, decisions, read_all
from bot.settings import bundled_config, load_topics
from bot.understanding.entities import Matcher
from bot.understanding.reader import Reader
from bot.understanding.relevance import Judge, matcher_for, sighted
from bot.understanding.vectors import Encoder


@pytest.fixture(scope="module")
def china() -> Topic:
    return load_topics(bundled_config() / "more")["japan-china"]


@pytest.fixture(scope="module")
def chinese(china: Topic, names: tuple[Name, ...]) -> Matcher:
    return matcher_for(china, names)


@pytest.mark.parametrize(
    ("title", "language", "kept"),
    [
        ("Japan and China foreign ministers hold talks in Beijing", "en", True),
        ("日中首脳が会談、輸入規制の撤廃を協議", "ja", True),
        ("중국과 일본 외교장관 회담, 양국 현안 협의", "ko", True),
        ("Japan and South Korea foreign ministers hold talks in Seoul", "en", False),
        ("Japan beat China 3-0 in the volleyball final", "en", False),
        ("A quiet day", "en", False),
    ],
)
def test_only_news_of_this_pair_is_kept(
    china: Topic, chinese: Matcher, title: str, language: str, kept: bool
) -> None:
    """Its weights are carried over from a pair that has labelled news."""
    seen = sighted(chinese, title=title, text="", language=language, country=None)
    relevance = Judge(china, chinese.names).verdict(seen).relevance
    assert (relevance >= china.threshold) is kept


def test_a_replay_reads_it_by_the_same_code(
    china: Topic, names: tuple[Name, ...], encoder: Encoder
) -> None:
    """One summit in two languages is one story; what is of other pairs is in none."""
    titles = [
        "Japan and China leaders hold summit in Beijing, agree on talks over seafood ban",
        "日中首脳が北京で会談、水産物の輸入規制めぐる協議で合意",
        "Japan and South Korea foreign ministers hold talks in Seoul",
        "Heavy rain expected across the region",
    ]
    lines = [
        ReplayLine.model_validate(
            {
                "url": f"https://news.example/{at}",
                "source": f"outlet-{at}",
                "published": f"2025-11-20T0{at}:00:00Z",
                "title": title,
            }
        )
        for at, title in enumerate(titles)
    ]
    reader = Reader(topic=china, names=names, encoder=encoder, new_story_id=count(1).__next__)
    told = list(decisions(lines, read_all(reader, lines, lambda _: None)))
    assert [one["relevant"] for one in told] == [True, True, False, False]
    assert told[0]["story"] == told[1]["story"] is not None
    assert told[2]["story"] is told[3]["story"] is None


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("중국 금융감독 당국이 조사", "sport"),
        ("중일 통화스와프 연장", "diplomacy"),
        ("전시 동원 피해자", "entertainment"),
        ("간토대지진 학살", "weather"),
    ],
)
def test_words_that_hold_a_cue_are_no_cue(chinese: Matcher, text: str, group: str) -> None:
    """The traps that the pair with labelled news taught hold here too."""
    assert group not in chinese.find(text, "ko").cues
