"""The answer to ``why`` as JSON: data for scripts, in a shape that is kept.

Times are ISO 8601 in UTC; log-odds are natural; what is null is not known or not kept::

    {"entry": {"id", "url", "title", "outlet", "country", "language", "published_at",
               "seen_at", "alike": [entry id]} | null,
     "topics": [
       {"topic", "threshold", "level": "core" | "peripheral" | "no", "read": bool,
        "relevance" | null, "reasons": [text], "issue",
        "again": {"relevance", "level", "bias", "signals": [{"signal", "words", "log_odds"}],
                  "names": [{"form", "id", "kind", "countries", "role"}], "sides": [country],
                  "issue", "issues": [{"issue", "score", "signs"}]},
        "duplicate_of": {"id", "url", "title"} | null,
        "story": {"id", "headline", "reports"} | null,
        "joined": {"story", "log_odds"} | null, "joins_from" | null,
        "runner_up": {"story", "headline", "log_odds"} | null,
        "candidates": [{"story", "log_odds"}]}],
     "story": {"id", "topic", "headline", "issue", "first_seen_at", "last_seen_at", "version",
               "merged_from" | null,
               "reports": [{"id", "url", "title", "outlet", "relevance", "reasons"}]} | null,
     "subscriptions": [
       {"id", "platform", "workspace", "channel", "because", "at", "problem", "rule",
        "has_grown",
        "standing": {"place", "of", "limit", "score", "least"} | null,
        "told": [{"slot_at", "place", "of", "kind", "version", "has_report", "delivery",
                  "breaking": bool}]}]}

``relevance``, ``reasons``, ``issue`` and ``story`` are as they were stored; ``again``,
``joined``, ``runner_up`` and ``candidates`` are computed now, from what is stored now.
``because`` is one of ``bot.domain.why.Because``, ``rule`` one of ``bot.domain.filters.Rule``.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from bot.domain.account import Account, Candidate
from bot.domain.explanation import Compared, SubscriptionFate, TopicWhy, Why
from bot.domain.model import Entry, Reading, Story
from bot.domain.standing import Standing
from bot.domain.why import Fate, Told
from bot.rendering.safe import TITLE_LIMIT, clean, safe_url

Json = dict[str, object]


def why_json(why: Why) -> Json:
    """Return the answer in the shape above."""
    return {
        "entry": _entry(why.entry, why.alike) if why.entry else None,
        "topics": [_topic(one) for one in why.topics],
        "story": _story(why.story, why.readings or {}, why.merged_from) if why.story else None,
        "subscriptions": [_subscription(one) for one in why.fates],
    }


def _entry(entry: Entry, alike: tuple[Entry, ...]) -> Json:
    return {
        "id": entry.id,
        "url": safe_url(entry.url),
        "title": clean(entry.title, TITLE_LIMIT),
        "outlet": clean(entry.outlet_name),
        "country": entry.country,
        "language": entry.language,
        "published_at": _utc(entry.published_at),
        "seen_at": _utc(entry.seen_at),
        "alike": [one.id for one in alike],
    }


def _topic(told: TopicWhy) -> Json:
    reading, account = told.reading, told.account
    return {
        "topic": told.topic.id,
        "threshold": told.topic.threshold,
        "level": told.level.value,
        "read": reading is not None,
        "relevance": reading.relevance if reading else None,
        "reasons": list(reading.reasons) if reading else [],
        "issue": (reading.issue if reading else account.issue).value,
        "again": _account(account),
        "duplicate_of": _brief(told.original) if told.original else None,
        "story": _headline(told.story) if told.story else None,
        "joined": _candidate(told.joined.candidate) if told.joined else None,
        "joins_from": account.join,
        "runner_up": _compared(told.runner_up) if told.runner_up else None,
        "candidates": [_candidate(one) for one in account.candidates],
    }


def _account(account: Account) -> Json:
    return {
        "relevance": account.relevance,
        "level": account.level.value,
        "bias": account.bias,
        "signals": [
            {"signal": one.signal, "words": one.words, "log_odds": one.by} for one in account.moved
        ],
        "names": [asdict(one) | {"countries": list(one.countries)} for one in account.names],
        "sides": list(account.sides),
        "issue": account.issue.value,
        "issues": [
            {"issue": one.issue.value, "score": one.score, "signs": list(one.signs)}
            for one in account.issues
        ],
    }


def _candidate(candidate: Candidate) -> Json:
    return {"story": candidate.story_id, "log_odds": candidate.odds}


def _compared(compared: Compared) -> Json:
    headline = clean(compared.story.headline, TITLE_LIMIT) if compared.story else None
    return _candidate(compared.candidate) | {"headline": headline}


def _headline(story: Story) -> Json:
    return {
        "id": story.id,
        "headline": clean(story.headline, TITLE_LIMIT),
        "reports": len(story.entries),
    }


def _brief(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "url": safe_url(entry.url),
        "title": clean(entry.title, TITLE_LIMIT),
    }


def _story(story: Story, readings: Mapping[int, Reading], merged_from: int | None) -> Json:
    return _headline(story) | {
        "topic": story.topic,
        "issue": story.issue.value,
        "first_seen_at": _utc(story.first_seen_at),
        "last_seen_at": _utc(story.last_seen_at),
        "version": story.version,
        "merged_from": merged_from,
        "reports": [_report(entry, readings.get(entry.id)) for entry in story.entries],
    }


def _report(entry: Entry, reading: Reading | None) -> Json:
    return _brief(entry) | {
        "outlet": clean(entry.outlet_name),
        "relevance": reading.relevance if reading else None,
        "reasons": list(reading.reasons) if reading else [],
    }


def _subscription(found: SubscriptionFate) -> Json:
    where = found.subscription.destination
    return {
        "id": found.subscription.id,
        "platform": where.platform,
        "workspace": where.workspace,
        "channel": where.channel,
        **fate_json(found.fate),
    }


def fate_json(fate: Fate) -> Json:
    """Return what became of a story in a subscription, in the shape above."""
    return {
        "because": fate.because.value,
        "at": _utc(fate.at) if fate.at else None,
        "problem": fate.problem,
        "rule": fate.rule,
        "has_grown": fate.has_grown,
        "standing": _standing(fate.standing) if fate.standing else None,
        "told": [_told(one) for one in fate.told],
    }


def _standing(stood: Standing) -> Json:
    shown = asdict(stood)
    # Why the digest leaves it out is the fate's ``rule``.
    del shown["left"]
    return shown


def _told(told: Told) -> Json:
    return {
        "slot_at": _utc(told.slot_at),
        "place": told.place,
        "of": told.of,
        "kind": told.kind.value,
        "version": told.version,
        "has_report": told.has_report,
        "delivery": told.delivery.value if told.delivery else None,
        "breaking": told.breaking,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
