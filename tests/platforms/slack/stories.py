"""Digests and stories to render and send."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from bot.domain.model import Digest, DigestItem, DigestSentence, Issue, ItemKind, Language, Source
from bot.platforms.slack.render import Message
from tests.builders import NOW


def digest(*told: DigestItem, language: Language = Language.EN, title: str = "Topic") -> Digest:
    return Digest(
        topic="japan-korea",
        topic_title=title,
        sides=("KR", "JP"),
        language=language,
        zone="Asia/Seoul",
        since=NOW - timedelta(days=1),
        until=NOW,
        items=told,
        entries_read=12,
        outlets_read=4,
    )


def story(number: int = 1, *, reports: int = 3, url: str = "https://news.example/") -> DigestItem:
    return DigestItem(
        story_id=40 + number,
        story_version=1,
        kind=ItemKind.NEW,
        headline=f"Headline {number}",
        language="en",
        issue=Issue.SECURITY,
        sentences=(DigestSentence(text=f"Sentence of {number}.", sources=(1, 2)),),
        sources=tuple(report(n, url) for n in range(1, reports + 1)),
        first_seen_at=NOW,
        last_seen_at=NOW,
        method="extractive",
    )


def report(number: int, url: str) -> Source:
    return Source(
        number=number,
        entry_id=number,
        outlet_name=f"Outlet {number}",
        country=("KR", "JP", "US")[number % 3],
        language="en",
        title=f"Title {number}",
        url=f"{url}{number}",
        published_at=NOW - timedelta(minutes=number),
    )


def pieces(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the blocks."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from pieces(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from pieces(inner)


def said(messages: Sequence[Message]) -> str:
    """Return every word that the blocks show."""
    found = (piece.get("text") for message in messages for piece in pieces(message.blocks))
    return "\n".join(text for text in found if isinstance(text, str))
