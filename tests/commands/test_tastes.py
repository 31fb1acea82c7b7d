"""What people write of their taste is read, or refused with the mend."""

from contextlib import suppress
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.tastes import TasteWords, apply, read_options
from bot.domain.errors import InputError
from bot.domain.model import Breaking, Expression, Filters, Issue, Length, Quiet, Taste
from bot.domain.outlets import Outlets
from bot.understanding.expressions import check_pattern
from tests.builders import OUTLETS, TASTE


def tasted(before: Taste = TASTE, **words: Any) -> Taste:
    return apply(before, TasteWords(**words), outlets=Outlets(OUTLETS), check_pattern=check_pattern)


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ({"issues": "territory, courts"}, {"issues": (Issue.TERRITORY, Issue.COURTS)}),
        ({"first": "courts、territory"}, {"prefer": (Issue.COURTS, Issue.TERRITORY)}),
        ({"outlets": "hanbit ilbo, MORNING"}, {"outlets": ("hanbit", "morning")}),
        ({"countries": "kr,JP, kr"}, {"countries": ("KR", "JP")}),
        ({"languages": "KO"}, {"languages": ("ko",)}),
        ({"publishers": " 3 "}, {"min_outlets": 3}),
        ({"level": "Peripheral"}, {"peripheral": True}),
        (
            {"include": "summit, “court, ruling” ,/a\\/b, c/,竹島"},
            {
                "include": (
                    Expression(text="summit"),
                    Expression(text="court, ruling"),
                    Expression(text="a/b, c", is_pattern=True),
                    Expression(text="竹島"),
                )
            },
        ),
    ],
)
def test_filters_are_read(words: dict[str, Any], filters: dict[str, Any]) -> None:
    """Lists by commas, phrases in quotes, patterns between slashes; nothing else changes."""
    assert tasted(**words).filters == Filters(**filters)


def test_what_is_not_written_stays_and_all_empties_a_list() -> None:
    """One thing is changed at a time."""
    made = tasted(issues="courts", include="summit", length="brief", breaking="3/60")
    changed = tasted(made, issues="all", quiet="22:00-7:00")
    assert changed.filters == Filters(include=(Expression(text="summit"),))
    assert changed.length is Length.BRIEF
    assert changed.breaking == Breaking(
        outlets=3, minutes=60, quiet=Quiet(start=time(22), end=time(7))
    )
    again = tasted(changed, breaking="4 in 30 minutes")
    assert again.breaking == Breaking(
        outlets=4, minutes=30, quiet=Quiet(start=time(22), end=time(7))
    )
    assert tasted(again, quiet="off").breaking == Breaking(outlets=4, minutes=30)
    assert tasted(again, breaking="off").breaking is None
    assert tasted(made) is made


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ({"issues": "sport"}, "write one of summit-diplomacy, .*courts"),
        ({"outlets": "Hanbyt"}, "did you mean Hanbit Ilbo"),
        ({"outlets": "zzzz"}, "there is Hanbit Ilbo, Tokyo Morning Post"),
        ({"countries": "Korea"}, "two letters, such as KR or JP"),
        ({"include": "/a(b/"}, r"/a\(b/ cannot be read at character 1: missing \)"),
        ({"include": "/ab"}, "close the expression with a slash"),
        ({"include": "x*, …"}, "no letter or digit"),
        ({"include": 'a, "b'}, "divide what you list by commas"),
        ({"include": "a,,b"}, "divide what you list by commas"),
        ({"exclude": ",".join("abcdefghijklmnopqrstuvwxyz")}, "write 20 at most"),
        ({"exclude": "x" * 101}, "write 100 characters at most"),
        ({"publishers": "0"}, "from 1 to 20"),
        ({"publishers": "²"}, "from 1 to 20"),
        ({"level": "deep"}, "write core or peripheral"),
        ({"length": "long"}, "write headlines or brief or full"),
        ({"breaking": "soon"}, "such as 3/60, or off"),
        ({"breaking": "3/0"}, "write 1 to 1440"),
        ({"quiet": "22:00-07:00"}, "say when that is too"),
        ({"breaking": "3", "quiet": "22-7"}, "write it as HH:MM"),
        ({"breaking": "3", "quiet": "night"}, "write 22:00-07:00, or off"),
        ({"breaking": "3", "quiet": "07:00-07:00"}, "begin and end at the same time"),
    ],
)
def test_what_cannot_be_read_is_answered_with_the_mend(words: dict[str, Any], mend: str) -> None:
    """One sentence that says what to write instead."""
    with pytest.raises(InputError, match=mend):
        tasted(**words)


@given(st.text(max_size=200))
def test_no_text_of_a_chat_user_breaks_the_reading(text: str) -> None:
    """It is read or refused, whatever it is."""
    for name in ("include", "issues", "outlets", "countries", "breaking", "publishers"):
        with suppress(InputError):
            tasted(TASTE, **{name: text})


def test_options_in_a_line() -> None:
    """Values may have spaces in quotes, in expressions, and after commas."""
    line = 'daily 08:00 issues=territory, courts include="court ruling",/a b/ Asia/Tokyo lang=ja'
    words, rest = read_options(line)
    assert words == TasteWords(issues="territory, courts", include='"court ruling",/a b/')
    assert rest.split() == ["daily", "08:00", "Asia/Tokyo", "lang=ja"]
    assert read_options("issues=courts, stories=5") == (
        TasteWords(issues="courts,"),
        " stories=5",
    )
