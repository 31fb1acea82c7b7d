"""The table of names and the topic that come with Strait, read once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.model import Entry
from bot.domain.topic import Name, Topic
from bot.settings import bundled_config, load_names, load_topics
from bot.understanding.entities import Matcher
from bot.understanding.relevance import matcher_for
from bot.understanding.vectors import Encoder, load_encoder

START = datetime(2025, 8, 23, 0, 0, tzinfo=UTC)

MakeEntry = Callable[..., Entry]


@pytest.fixture(scope="session")
def names() -> tuple[Name, ...]:
    return load_names(bundled_config())


@pytest.fixture(scope="session")
def topic() -> Topic:
    return load_topics(bundled_config())["japan-korea"]


@pytest.fixture(scope="session")
def matcher(names: tuple[Name, ...], topic: Topic) -> Matcher:
    return matcher_for(topic, names)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that every machine has."""
    return load_encoder("use")


@pytest.fixture(scope="session")
def make_entry() -> MakeEntry:
    def make(id_: int, title: str, text: str = "", *, hours: float = 0, **changes: Any) -> Entry:
        at = START + timedelta(hours=hours)
        values: dict[str, Any] = {
            "id": id_,
            "feed_id": 1,
            "guid": f"guid-{id_}",
            "url": f"https://news.example/{id_}",
            "title": title,
            "text": text,
            "language": None,
            "outlet": "example",
            "outlet_name": "Example",
            "country": None,
            "published_at": at,
            "seen_at": at,
            "content_hash": str(id_),
        }
        return Entry(**values | changes)

    return make
