"""What people write is read as they meant it; what cannot be read is answered with the mend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.search import SearchOptions
from bot.domain.model import Language
from bot.platforms.slack.asked import (
    Change,
    Help,
    ListDigests,
    Manage,
    ManageFeeds,
    Misuse,
    News,
    Request,
    Search,
    ShowStory,
    Subscribe,
)
from bot.platforms.slack.requests import read_request
from bot.rendering.texts import load_texts
from tests.platforms.slack.conftest import LOCALES

TOPICS = ("japan-korea",)
DAILY = "daily 08:00"
TEXTS = load_texts(LOCALES)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Help()),
        ("  HELP ", Help()),
        ("japan-korea", News(topic="japan-korea")),
        ("Japan-Korea 3d", News(topic="japan-korea", since="3d")),
        (
            "news japan-korea 3d lang=ko",
            News(topic="japan-korea", since="3d", language=Language.KO),
        ),
        ("story 12", ShowStory(story_id=12)),
        ("story #12 lang=ja", ShowStory(story_id=12, language=Language.JA)),
        ("ｓｔｏｒｙ　１２", ShowStory(story_id=12)),
        ("search 岸田 訪韓", Search(query="岸田 訪韓", options=SearchOptions())),
        (
            'Search "court ruling" since=7d lang=ja issue=courts a=b',
            Search(
                query='"court ruling" a=b',
                options=SearchOptions(since="7d", language="ja", issue="courts"),
            ),
        ),
        ("digest", ListDigests()),
        ("digest list", ListDigests()),
        ("digest PAUSE 3", Manage(verb="pause", subscription_id=3)),
        ("digest preview 3", Manage(verb="preview", subscription_id=3)),
        ("feeds", ManageFeeds(verb="list")),
        ("Feeds LIST", ManageFeeds(verb="list")),
        ("feeds check 12", ManageFeeds(verb="check", named="12")),
        ("feeds check Hanbit Daily", ManageFeeds(verb="check", named="Hanbit Daily")),
        (
            "feeds add https://h.example/rss?a=1",
            ManageFeeds(verb="add", named="https://h.example/rss?a=1"),
        ),
        (
            "feeds add <https://h.example/Rss>",
            ManageFeeds(verb="add", named="https://h.example/Rss"),
        ),
        (
            "feeds remove <https://h.example/|h.example>",
            ManageFeeds(verb="remove", named="https://h.example/"),
        ),
    ],
)
def test_requests(text: str, meant: Request) -> None:
    """Verbs in any case, numbers with or without #, full-width or not."""
    assert read_request(text, TOPICS) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (DAILY, Subscribe(schedule=DAILY, topic="japan-korea")),
        (
            f"{DAILY} Asia/Tokyo",
            Subscribe(schedule=DAILY, zone="Asia/Tokyo", topic="japan-korea"),
        ),
        (
            f"{DAILY} Asia/Tokyo japan-korea lang=ja stories=5",
            Subscribe(
                schedule=DAILY,
                zone="Asia/Tokyo",
                topic="japan-korea",
                language=Language.JA,
                stories=5,
            ),
        ),
        (
            "weekdays 08:00, 18:00 Asia/Tokyo",
            Subscribe(schedule="weekdays 08:00, 18:00", zone="Asia/Tokyo", topic="japan-korea"),
        ),
        (
            "weekly mon thu 8:00 UTC",
            Subscribe(schedule="weekly mon thu 8:00", zone="UTC", topic="japan-korea"),
        ),
        (
            "every 6 hours Etc/GMT+9",
            Subscribe(schedule="every 6 hours", zone="Etc/GMT+9", topic="japan-korea"),
        ),
        (
            "every 6 hours from 02:00 japan-korea",
            Subscribe(schedule="every 6 hours from 02:00", topic="japan-korea"),
        ),
        ("hourly", Subscribe(schedule="hourly", topic="japan-korea")),
        # What is mistyped before a time is part of the schedule: its sentence has the mend.
        ("weekly mondy 08:00", Subscribe(schedule="weekly mondy 08:00", topic="japan-korea")),
        ("daily", Subscribe(schedule="daily", topic="japan-korea")),
        (f"{DAILY} japan-korea", Subscribe(schedule=DAILY, topic="japan-korea")),
        (
            "lang=ko weekly monday 08:00 Asia/Seoul",
            Subscribe(
                schedule="weekly monday 08:00",
                zone="Asia/Seoul",
                topic="japan-korea",
                language=Language.KO,
            ),
        ),
    ],
)
def test_subscriptions(text: str, meant: Request) -> None:
    """A schedule, then a zone and a topic where they are given; options stand anywhere."""
    assert read_request(f"digest subscribe {text}", TOPICS) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3 weekdays 08:00", Change(subscription_id=3, schedule="weekdays 08:00")),
        (
            "#3 every 6 hours Asia/Tokyo stories=5",
            Change(subscription_id=3, schedule="every 6 hours", zone="Asia/Tokyo", stories=5),
        ),
        ("3 Asia/Tokyo", Change(subscription_id=3, zone="Asia/Tokyo")),
        ("3 lang=ja", Change(subscription_id=3, language=Language.JA)),
    ],
)
def test_changes(text: str, meant: Request) -> None:
    """A number, and whatever is to change."""
    assert read_request(f"digest change {text}", TOPICS) == meant


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("stroy 12", "guess", "story"),
        ("japan-corea", "guess", "japan-korea"),
        ("digest subscrib daily 08:00", "guess", "subscribe"),
        ("xyzzy", "unknown", "xyzzy"),
        ("digest xyzzy", "unknown", "xyzzy"),
        ("serach 岸田", "guess", "search"),
        ("search", "needs_query", ""),
        ("search lang=ja", "needs_query", ""),
        ("story", "needs_story", ""),
        ("story twelve", "needs_story", ""),
        ("story 9999999999999999999999", "needs_story", ""),
        ("story 1 2", "needs_story", ""),
        ("digest remove", "needs_number", "remove"),
        ("digest pause -1", "needs_number", "pause"),
        ("digest subscribe", "needs_schedule", ""),
        ("digest change", "needs_number", "change"),
        ("digest change daily 08:00", "needs_number", "change"),
        ("digest change 3", "needs_change", "3"),
        ("digest change 3 daily 08:00 Asia/Tokyo now", "too_much", "now"),
        ("digest list 3", "too_much", "3"),
        ("digest subscribe daily 08:00 Asia/Tokyo japan-korea now", "too_much", "now"),
        ("japan-korea 24h please", "too_much", "please"),
        ("news", "needs_topic", "japan-korea"),
        ("japan-korea lang=fr", "bad_option", "lang=fr"),
        ("japan-korea lan=ja", "bad_option", "lan=ja"),
        ("japan-korea stories=5", "bad_option", "stories=5"),
        ("digest subscribe daily 08:00 stories=0", "bad_option", "stories=0"),
        ("digest subscribe daily 08:00 stories=many", "bad_option", "stories=many"),
    ],
)
def test_misuse(text: str, key: str, value: str) -> None:
    """The answer names the word that is wrong, and the nearest right one."""
    misuse = read_request(text, TOPICS)
    assert isinstance(misuse, Misuse)
    assert misuse.key == f"slack.{key}"
    assert value in " ".join(misuse.values.values())


def test_a_topic_must_be_named_where_there_are_several() -> None:
    """Nobody is subscribed to a topic by guess."""
    misuse = read_request(f"digest subscribe {DAILY} Asia/Tokyo", ("a", "b"))
    assert misuse == Misuse(key="slack.needs_topic", values={"topics": "a, b"})


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [
                    "digest",
                    "story",
                    "news",
                    "search",
                    "subscribe",
                    "daily",
                    "every",
                    "change",
                    "pause",
                    "=",
                    "lang=",
                    "{x}",
                    "12",
                    "a=b=c",
                ]
            )
        ).map(" ".join),
    )
)
def test_anything_can_be_written(text: str) -> None:
    """Nothing that is written raises, and every misuse has its sentence in each language."""
    request = read_request(text, TOPICS)
    if isinstance(request, Misuse):
        for texts in TEXTS.values():
            assert texts.say(request.key, command="/news", **request.values)
