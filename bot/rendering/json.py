"""A digest as JSON: data for scripts, in a shape that is kept.

Times are ISO 8601 in UTC, countries ISO 3166-1 alpha-2, languages ISO 639-1 (empty where
a feed does not tell)::

    {"topic", "title", "language", "zone", "since", "until", "slot_at": time | null,
     "late": bool, "slots_skipped", "stories_left_out", "entries_read", "outlets_read",
     "stories_outside", "breaking": bool, "week": [
       {"issue", "issue_name", "stories", "reports", "by_day": [seven counts of reports],
        "temperature": -1..1 | null, "cooperation", "friction", "main_story": id, "headline",
        "language", "url" | null}],
     "stories": [
       {"number", "id", "version", "kind": "new" | "update", "headline", "language",
        "issue", "issue_name", "first_seen_at", "last_seen_at", "method", "peripheral": bool,
        "single_source",
        "coverage": {"KR", "JP", "elsewhere"},
        "sentences": [{"text", "sources": [number of a source]}],
        "sources": [
          {"number", "entry_id", "outlet", "country" | null, "side": "KR" | "JP" | "elsewhere",
           "language", "title", "url" | null, "published_at"}]}]}

``late``: the digest was due at ``slot_at`` and could not be written then; ``slots_skipped``
counts the earlier digests that it stands for. ``stories_outside`` are left out by the
subscription's filters; ``breaking`` is told between the slots; ``week`` is the arc of a weekly
digest, its days ending with the digest's own. A ``url`` is null where the feed gave no safe
web address.
"""

import json
from datetime import UTC, datetime

from bot.domain.model import Digest, DigestItem, IssueWeek, Source
from bot.rendering.safe import NAME_LIMIT, TITLE_LIMIT, clean, safe_url
from bot.rendering.texts import Texts
from bot.rendering.view import ELSEWHERE, side_of

Json = dict[str, object]


def render_json(digest: Digest, texts: Texts) -> str:
    """Return the digest in the shape above, indented, non-ASCII text readable."""
    document = {
        "topic": digest.topic,
        "title": clean(digest.topic_title, TITLE_LIMIT),
        "language": digest.language.value,
        "zone": digest.zone,
        "since": _utc(digest.since),
        "until": _utc(digest.until),
        "slot_at": _utc(digest.slot_at) if digest.slot_at else None,
        "late": digest.late,
        "slots_skipped": digest.slots_skipped,
        "stories_left_out": digest.stories_left_out,
        "entries_read": digest.entries_read,
        "outlets_read": digest.outlets_read,
        "stories_outside": digest.stories_outside,
        "breaking": digest.breaking,
        "week": [_week(week, texts) for week in digest.arc],
        "stories": [_story(n, item, digest, texts) for n, item in enumerate(digest.items, 1)],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _week(week: IssueWeek, texts: Texts) -> Json:
    return {
        "issue": week.issue.value,
        "issue_name": texts.issue(week.issue),
        "stories": week.stories,
        "reports": week.reports,
        "by_day": list(week.by_day),
        "temperature": week.temperature,
        "cooperation": week.cooperation,
        "friction": week.friction,
        "main_story": week.main_story_id,
        "headline": clean(week.headline, TITLE_LIMIT),
        "language": clean(week.language, NAME_LIMIT),
        "url": safe_url(week.url),
    }


def _story(number: int, item: DigestItem, digest: Digest, texts: Texts) -> Json:
    return {
        "number": number,
        "id": item.story_id,
        "version": item.story_version,
        "kind": item.kind.value,
        "headline": clean(item.headline, TITLE_LIMIT),
        "language": clean(item.language, NAME_LIMIT),
        "issue": item.issue.value,
        "issue_name": texts.issue(item.issue),
        "first_seen_at": _utc(item.first_seen_at),
        "last_seen_at": _utc(item.last_seen_at),
        "method": clean(item.method, NAME_LIMIT),
        "peripheral": item.peripheral,
        "single_source": len({source.outlet_name for source in item.sources}) == 1,
        "coverage": _coverage(item, digest),
        "sentences": [{"text": clean(s.text), "sources": list(s.sources)} for s in item.sentences],
        "sources": [_source(source, digest) for source in item.sources],
    }


def _coverage(item: DigestItem, digest: Digest) -> dict[str, int]:
    sides = [side_of(source.country, digest) for source in item.sources]
    return {side: sides.count(side) for side in (*digest.sides, ELSEWHERE)}


def _source(source: Source, digest: Digest) -> Json:
    return {
        "number": source.number,
        "entry_id": source.entry_id,
        "outlet": clean(source.outlet_name, NAME_LIMIT),
        "country": clean(source.country, NAME_LIMIT) if source.country else None,
        "side": side_of(source.country, digest),
        "language": clean(source.language, NAME_LIMIT),
        "title": clean(source.title, TITLE_LIMIT),
        "url": safe_url(source.url),
        "published_at": _utc(source.published_at),
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
