"""The digest as data for scripts."""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import Digest, Language
from bot.rendering.json import render_json
from bot.rendering.texts import Texts


def loaded(digest: Digest, texts: Texts) -> dict[str, Any]:
    document = json.loads(render_json(digest, texts))
    assert isinstance(document, dict)
    return document


def test_the_shape_is_kept(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """Scripts rely on these names."""
    document = loaded(digest_in(Language.EN), texts["en"])
    assert list(document) == [
        "topic", "title", "language", "zone", "since", "until", "slot_at", "late",
        "slots_skipped", "stories_left_out", "entries_read", "outlets_read",
        "stories_outside", "breaking", "week", "calendar", "corrections", "stories",
    ]  # fmt: skip
    story = document["stories"][1]
    assert {key: story[key] for key in story if key not in {"sentences", "sources"}} == {
        "number": 2,
        "id": 2,
        "version": 3,
        "kind": "update",
        "headline": "Three navies finish an autumn drill south of Jeju",
        "language": "en",
        "issue": "security-trilateral",
        "issue_name": "Security",
        "first_seen_at": "2026-11-22T13:00:00Z",
        "last_seen_at": "2026-11-23T08:00:00Z",
        "method": "extractive",
        "peripheral": False,
        "single_source": False,
        "correction": None,
        "coverage": {"KR": 1, "JP": 1, "elsewhere": 0},
        "panel": [
            {"side": "KR", "reports": 1, "outlets": ["Hanbit Ilbo"], "first": 2},
            {"side": "JP", "reports": 1, "outlets": ["Tokyo Morning Post"], "first": 1},
        ],
        "silent": [],
        "status": None,
        "update": 0,
        "since_told": None,
        "perspectives": [],
        "terms": [],
        "counts": [],
        "earlier": [],
    }
    assert story["sentences"][0]["sources"] == [1, 2]
    assert story["sources"][1] == {
        "number": 2,
        "entry_id": 102,
        "outlet": "Hanbit Ilbo",
        "country": "KR",
        "side": "KR",
        "language": "ko",
        "title": "한미일 가을 해상훈련 종료",
        "translation": None,
        "url": "https://news.example/ko/2?ref=rss&day=23",
        "published_at": "2026-11-23T01:00:00Z",
    }


def test_a_quiet_day_has_no_stories(texts: dict[str, Texts], quiet_digest: Digest) -> None:
    """The list is empty, not absent."""
    document = loaded(quiet_digest, texts["en"])
    assert document["stories"] == []
    assert document["entries_read"] == 43


@given(st.text(alphabet=st.characters()))
def test_hostile_text_is_data(
    texts: dict[str, Texts], with_text: Callable[[str], Digest], text: str
) -> None:
    """It always parses, and printing it sends no control character to a terminal."""
    output = render_json(with_text(text), texts["en"])
    json.loads(output)
    controls = {c for c in output if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl"}}
    assert controls <= {"\n", "\u200c", "\u200d"}


def test_an_unsafe_address_is_null(
    texts: dict[str, Texts], with_text: Callable[[str], Digest]
) -> None:
    """A script that opens what it finds opens no script."""
    (story,) = loaded(with_text("javascript:alert(1)"), texts["en"])["stories"]
    assert [source["url"] for source in story["sources"]][:2] == [None, None]
