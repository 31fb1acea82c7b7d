"""Makes values of the core types with sensible defaults."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from bot.domain.model import (
    AtTimes,
    Destination,
    Entry,
    Feed,
    Issue,
    Language,
    Outlet,
    ParsedEntry,
    Reading,
    Schedule,
    Story,
    Subscription,
    SubscriptionStatus,
    Taste,
)
from bot.domain.topic import Topic

NOW = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)

OUTLETS = (
    Outlet(
        id="hanbit", name="Hanbit Ilbo", country="KR", languages=("ko",), domains=("h.example",)
    ),
    Outlet(id="morning", name="Tokyo Morning Post", country="JP", languages=("en",)),
)

DAILY = Schedule(rule=AtTimes(times=(time(8),)), zone="Asia/Seoul")
CHANNEL = Destination(platform="console", workspace="local", channel="output")


def topic(**changes: Any) -> Topic:
    values: dict[str, Any] = {
        "id": "japan-korea",
        "title": {"en": "Japan–Korea relations"},
        "sides": ("JP", "KR"),
        "threshold": 0.5,
    }
    return Topic(**values | changes)


def feed(**changes: Any) -> Feed:
    values: dict[str, Any] = {"id": 1, "url": "https://h.example/rss", "name": "Hanbit Ilbo"}
    return Feed(**values | changes)


def parsed(number: int = 1, **changes: Any) -> ParsedEntry:
    values: dict[str, Any] = {
        "guid": f"guid-{number}",
        "url": f"https://h.example/{number}",
        "title": f"Leaders meet in Seoul, part {number}",
        "text": "They agreed to meet again.",
        "published_at": NOW - timedelta(hours=number),
        "language": "en",
    }
    return ParsedEntry(**values | changes)


def entry(number: int = 1, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": number,
        "feed_id": 1,
        "guid": f"guid-{number}",
        "url": f"https://h.example/{number}",
        "title": f"Leaders meet in Seoul, part {number}",
        "text": "They agreed to meet again.",
        "language": "en",
        "outlet": "hanbit",
        "outlet_name": "Hanbit Ilbo",
        "country": "KR",
        "published_at": NOW - timedelta(hours=number),
        "seen_at": NOW,
        "content_hash": f"hash-{number}",
    }
    return Entry(**values | changes)


def reading(number: int = 1, **changes: Any) -> Reading:
    values: dict[str, Any] = {
        "entry_id": number,
        "topic": "japan-korea",
        "language": "en",
        "relevance": 0.9,
        "relevant": True,
        "reasons": ("both governments",),
        "issue": Issue.SUMMIT_DIPLOMACY,
        "story_id": 1,
    }
    return Reading(**values | changes)


def story(number: int = 1, **changes: Any) -> Story:
    values: dict[str, Any] = {
        "id": number,
        "topic": "japan-korea",
        "headline": "Leaders meet in Seoul",
        "issue": Issue.SUMMIT_DIPLOMACY,
        "lead_entry_id": number,
        "first_seen_at": NOW - timedelta(hours=2),
        "last_seen_at": NOW - timedelta(hours=1),
        "entries": (entry(number),),
    }
    return Story(**values | changes)


TASTE = Taste(topics=("japan-korea",), schedule=DAILY, language=Language.EN, max_stories=10)


def subscription(**changes: Any) -> Subscription:
    values: dict[str, Any] = {
        "id": 1,
        "destination": CHANNEL,
        "taste": TASTE,
        "status": SubscriptionStatus.ACTIVE,
        "created_at": datetime(1970, 1, 1, tzinfo=UTC),
        "last_slot_at": NOW,
    }
    return Subscription(**values | changes)
