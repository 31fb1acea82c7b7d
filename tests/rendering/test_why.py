"""The answer to why in every language: whole sentences, harmless, and a kept shape as JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.account import Account, Candidate, IssueSigns, Moved, Named
from bot.domain.explanation import Compared, SubscriptionFate, TopicWhy, Why
from bot.domain.filters import LeftOut, Rule
from bot.domain.model import DeliveryStatus, Issue, ItemKind, Language
from bot.domain.standing import Standing
from bot.domain.topic import Level, Topic
from bot.domain.why import Because, Fate, PassedOver, Told
from bot.rendering.texts import Texts
from bot.rendering.why import WhyWriter, bulleted
from bot.rendering.why_json import why_json
from bot.settings import bundled_config, load_topics
from bot.understanding.reasons import MEANING
from tests.builders import NOW, entry, reading, story, subscription, topic

CONFIG = bundled_config()
TOPICS = [t for folder in (CONFIG, CONFIG / "more") for t in load_topics(folder).values()]
FILTERS = set(Rule) - {Rule.TOLD, Rule.ISSUE_CAP, Rule.OUTLET_CAP, Rule.ROOM}
STOOD = Standing(place=4, of=12, limit=3, score=2.0, least=4.0)
HOSTILE = "<script>\x1b[31m\u202e@everyone"


def account() -> Account:
    return Account(
        relevance=0.9,
        level=Level.CORE,
        bias=-3.7,
        moved=(
            Moved(signal="both_title", words="both sides in the title", by=2.3),
            Moved(signal="cue_sport_between", words="sport words", by=-0.7),
            Moved(signal="cue_custom", words="custom words", by=0.1),
        ),
        names=(Named(form="독도", id="dokdo", kind="place", countries=("JP", "KR")),),
        sides=("JP", "KR"),
        issue=Issue.TERRITORY,
        issues=(IssueSigns(issue=Issue.TERRITORY, score=5.0, signs=("named_title", "words_text")),),
        candidates=(Candidate(story_id=1, odds=2.0), Candidate(story_id=7, odds=-1.5)),
        join=-0.1,
    )


def answer(fate: Fate | None = None) -> Why:
    told = TopicWhy(
        topic=topic(),
        reading=reading(issue=Issue.TERRITORY),
        level=Level.CORE,
        account=account(),
        original=entry(3),
        story=story(lead_entry_id=9),
        joined=Compared(candidate=Candidate(story_id=1, odds=2.0), story=story()),
        runner_up=Compared(candidate=Candidate(story_id=7, odds=-1.5), story=None),
    )
    fates = (SubscriptionFate(subscription=subscription(), fate=fate),) if fate else ()
    return Why(entry=entry(), alike=(entry(2),), topics=(told,), story=story(), fates=fates)


def writer(chosen: Texts) -> WhyWriter:
    return WhyWriter(texts=chosen, zone="Asia/Seoul", now=NOW)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("because", Because)
def test_every_reason_is_a_sentence_in_every_language(
    because: Because, language: Language, texts: dict[str, Texts]
) -> None:
    """With what it is about filled in, and nothing left open."""
    stood = STOOD if because in {Because.BEHIND, Because.AFTER_SLOT} else None
    told = Told(slot_at=NOW, place=1, of=3, kind=ItemKind.NEW, version=1, has_report=True)
    fate = Fate(
        because=because,
        at=NOW,
        standing=stood,
        told=(told,) if because is Because.TOLD else (),
        rule="issue" if because is Because.FILTERED else None,
        problem="Out." if because is Because.PAUSED else None,
    )
    said = writer(texts[language]).fate(fate)
    assert said.strip()
    assert not set(said) & set("{}")
    if stood is not None:
        assert all(shown in said for shown in ("4", "12", "3", "2.00"))


@pytest.mark.parametrize("language", Language)
def test_what_decided_between_stories_is_said(language: Language, texts: dict[str, Texts]) -> None:
    """Caps with what they count; likeness, where the weight alone would not explain it."""
    issue = LeftOut(rule=Rule.ISSUE_CAP, wanted=("7",), found=("courts",))
    outlet = LeftOut(rule=Rule.OUTLET_CAP, wanted=("7",), found=("hanbit",))
    room = LeftOut(rule=Rule.ROOM, wanted=("3",))
    lines = [
        writer(texts[language]).fate(
            Fate(because=because, at=NOW, standing=replace(STOOD, left=left, score=score))
        )
        for because in (Because.BEHIND, Because.AFTER_SLOT)
        for left, score in ((issue, 9.0), (outlet, 9.0), (room, 9.0), (room, 2.0))
    ]
    assert len(set(lines)) == len(lines)
    for number in (0, 4):
        assert "7" in lines[number]
        assert texts[language].issue(Issue.COURTS) in lines[number]
        assert "hanbit" in lines[number + 1]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("rule", sorted(FILTERS))
def test_every_filter_has_its_words(
    rule: Rule, language: Language, texts: dict[str, Texts]
) -> None:
    """In an answer and in a preview."""
    fate = Fate(because=Because.FILTERED, rule=rule)
    write = writer(texts[language])
    words = texts[language].say(f"why.rules.{rule}")
    assert words in write.fate(fate)
    assert words in list(write.passed_over([PassedOver(story=story(), fate=fate)]))[1]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("of", TOPICS, ids=lambda one: one.id)
def test_every_signal_of_a_topic_has_words_of_its_language(
    of: Topic, language: Language, texts: dict[str, Texts]
) -> None:
    """A refitted relevance may have other signals than before: their ids are no words."""
    messages = texts[language].messages
    for signal in {*of.weights, MEANING} - {"bias"}:
        cue = signal.removeprefix("cue_").removesuffix("_between")
        key = f"why.cues.{cue}" if signal.startswith("cue_") else f"why.signals.{signal}"
        assert key in messages
        said = writer(texts[language]).signal(Moved(signal=signal, words="", by=1.0))
        assert signal not in said


@pytest.mark.parametrize("language", Language)
def test_what_was_told_at_once_is_said_to_be_so(
    language: Language, texts: dict[str, Texts]
) -> None:
    """It was in no digest of a slot, so that no place in one is named."""
    told = Told(slot_at=NOW, place=1, of=1, kind=ItemKind.NEW, version=1)
    usual, at_once = (
        writer(texts[language]).fate(Fate(because=Because.TOLD, at=NOW, told=(one,)))
        for one in (told, replace(told, breaking=True))
    )
    assert at_once != usual
    assert {"en": "breaking", "ja": "速報", "ko": "속보"}[language] in at_once


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("status", DeliveryStatus)
def test_what_became_of_a_message_is_said(
    status: DeliveryStatus, language: Language, texts: dict[str, Texts]
) -> None:
    """Each status has its words, other than those of a message that arrived."""
    told = Told(slot_at=NOW, place=1, of=3, kind=ItemKind.UPDATE, version=1, delivery=status)
    fate = Fate(because=Because.TOLD, at=NOW, told=(told,))
    sent = replace(told, delivery=DeliveryStatus.SENT)
    said, usual = (writer(texts[language]).fate(replace(fate, told=(one,))) for one in (told, sent))
    assert (said == usual) is (status is DeliveryStatus.SENT)


def test_an_answer_reads_from_the_signals_to_the_story(texts: dict[str, Texts]) -> None:
    """Each number with its sign; a topic's own cue by its group's name."""
    lines = list(writer(texts["en"]).lines(answer(Fate(because=Because.TOLD_ALREADY, at=NOW))))
    text = "\n".join(lines)
    assert "    +2.30  both sides in the title" in lines
    assert "    −0.70  sport words beside both sides or a matter of theirs" in lines
    assert "    +0.10  custom words" in lines
    assert "독도 (JP, KR)" in text
    assert "Dokdo / Takeshima (a matter between the two in the title" in text
    assert "log-odds +2.00 now, joining from −0.10 on" in text
    assert "story:7, log-odds −1.50" in text
    assert "entry:2" in text
    assert "Subscription 1 (console, output): not told" in text


def test_what_is_read_otherwise_now_is_said(texts: dict[str, Texts]) -> None:
    """The numbers are worked out from what is stored now: a difference is no secret."""
    same, other = answer(), answer()
    [one] = other.topics
    other = replace(other, topics=(replace(one, account=replace(one.account, relevance=0.4)),))
    said = [
        any("Read again now" in line for line in writer(texts["en"]).lines(why))
        for why in (same, other)
    ]
    assert said == [False, True]


@pytest.mark.parametrize("language", Language)
def test_a_story_lists_its_reports(language: Language, texts: dict[str, Texts]) -> None:
    """With their relevance, a dozen at most; that it took another in is said."""
    reports = tuple(entry(number) for number in range(1, 16))
    why = Why(story=story(entries=reports), readings={1: reading(1)}, merged_from=7)
    lines = list(writer(texts[language]).lines(why))
    assert sum(line.strip().startswith("entry:") for line in lines) == 12
    assert any("entry:1  0.90" in line for line in lines)
    assert any("3" in line and "entry" not in line for line in lines[2:])
    assert any("7" in line for line in lines)


@pytest.mark.parametrize("language", Language)
def test_what_a_preview_leaves_out_is_a_line_each(
    language: Language, texts: dict[str, Texts]
) -> None:
    """Nothing is said where nothing is left out."""
    behind = PassedOver(story=story(2), fate=Fate(because=Because.BEHIND, standing=STOOD))
    known = PassedOver(story=story(3), fate=Fate(because=Because.TOLD_ALREADY))
    write = writer(texts[language])
    lines = list(write.passed_over([behind, known]))
    assert len(lines) == 3
    assert "story:2" in lines[1]
    assert "story:3" in lines[2]
    assert list(write.passed_over([])) == []
    assert len(list(write.passed_over([behind] * 20))) == 1 + 12 + 1


def test_hostile_titles_stay_one_harmless_line(texts: dict[str, Texts]) -> None:
    """Of entries, stories and outlets, in words and as JSON."""
    bad = entry(title=HOSTILE, outlet_name=HOSTILE, url="javascript:alert(1)")
    why = replace(answer(), entry=bad, story=story(headline=HOSTILE, entries=(bad,)))
    for line in writer(texts["en"]).lines(why):
        assert not set(line) & {"\x1b", "\u202e", "\n"}
    data = why_json(why)
    assert "\\u202e" not in json.dumps(data)
    assert data["entry"]["url"] is None  # type: ignore[index]


def test_the_json_has_the_documented_shape() -> None:
    """What is computed now stands apart from what was stored."""
    left = LeftOut(rule=Rule.ROOM)
    stood = replace(STOOD, left=left)
    fate = Fate(because=Because.BEHIND, at=NOW, standing=stood, rule=left.rule)
    data = json.loads(json.dumps(why_json(answer(fate))))
    assert set(data) == {"entry", "topics", "story", "subscriptions"}
    [told] = data["topics"]
    assert (told["relevance"], told["again"]["relevance"]) == (0.9, 0.9)
    assert told["again"]["signals"][0] == {
        "signal": "both_title",
        "words": "both sides in the title",
        "log_odds": 2.3,
    }
    assert told["runner_up"] == {"story": 7, "log_odds": -1.5, "headline": None}
    assert told["candidates"][0] == {"story": 1, "log_odds": 2.0}
    [one] = data["subscriptions"]
    assert (one["because"], one["rule"]) == ("behind", "room")
    assert one["at"] == NOW.isoformat()
    assert one["standing"] == {"place": 4, "of": 12, "limit": 3, "score": 2.0, "least": 4.0}


def test_indents_become_bullets() -> None:
    """Chat platforms do not show them."""
    assert bulleted("a") == "a"
    assert bulleted("  b") == "• b"
    assert bulleted("    c") == "◦ c"


def test_times_of_another_day_have_their_day(texts: dict[str, Texts]) -> None:
    """In the reader's zone."""
    fate = Fate(because=Because.TOLD_ALREADY, at=NOW - timedelta(days=3))
    assert "Nov 17" in writer(texts["en"]).fate(fate)
