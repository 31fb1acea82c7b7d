"""Languages of entries."""

import pytest

from bot.understanding.language import UNKNOWN, language_of


@pytest.mark.parametrize(
    ("text", "hint", "code"),
    [
        ("李대통령 “한일은 동반자”", None, "ko"),
        ("日韓首脳がシャトル外交の再開で一致", None, "ja"),
        ("Leaders of both countries agreed to resume visits", None, "en"),
        ("Les dirigeants des deux pays se sont rencontrés à Tokyo", None, "fr"),
        ("삼성 Galaxy S25 Ultra 공개", "en", "ko"),
    ],
)
def test_the_script_decides_before_the_feed(text: str, hint: str | None, code: str) -> None:
    """Hangul is Korean and kana Japanese, whatever the feed says; Latin is identified."""
    assert language_of(text, hint) == code


def test_han_alone_takes_the_feeds_word() -> None:
    """首脳会談 could be Japanese or Chinese: the feed knows, and its tag may carry a region."""
    assert language_of("日韓首脳会談", "ja-JP") == "ja"
    assert language_of("韓日首腦會談", "zh_TW") == "zh"


def test_a_few_letters_take_the_feeds_word() -> None:
    """A classifier only guesses at two words."""
    assert language_of("Tokyo", "en") == "en"


@pytest.mark.parametrize(
    "headline",
    [
        "Japan tops mango trade",
        "Taipei woos Okinawa travellers",
        "Sumo: Onosato eyes Nagoya title",
    ],
)
def test_a_headline_of_names_takes_the_feeds_word(headline: str) -> None:
    """English made of foreign names is no Javanese or Nigerian Pidgin."""
    assert language_of(headline, "en") == "en"


def test_a_feed_that_is_surely_wrong_is_not_believed() -> None:
    """A German report in a feed that says English is German."""
    told = "Die Außenminister beider Länder trafen sich am Montag zu Gesprächen in Tokio"
    assert language_of(told, "en") == "de"


def test_no_letters_and_no_hint_is_unknown() -> None:
    """Numbers and marks have no language; a nonsense hint is no hint."""
    assert language_of("2025 – 08", None) == UNKNOWN
    assert language_of("2025", "eng-lish!") == UNKNOWN
