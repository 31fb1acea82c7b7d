"""A digest as JSON: data for scripts, in a shape that is kept.

Times are ISO 8601 in UTC, countries ISO 3166-1 alpha-2, languages ISO 639-1 (empty where
a feed does not tell)::

    {"topic", "title", "language", "zone", "since", "until", "slot_at": time | null,
     "late": bool, "slots_skipped", "stories_left_out", "entries_read", "outlets_read",
     "calendar": [{"occasion", "day", "title", "lines": [str], "issue", "approximate": bool,
                   "year_ago": [{"story", "headline", "outlet", "url" | null, "day"}]}],
     "corrections": [{"story", "headline", "at", "reason", "withdrawn": bool}],
     "stories": [
       {"number", "id", "version", "kind": "new" | "update", "headline", "language",
        "issue", "issue_name", "first_seen_at", "last_seen_at", "method", "single_source",
        "correction": {"at", "reason", "withdrawn": bool} | null,
        "coverage": {"KR", "JP", "elsewhere"},
        "sentences": [{"text", "sources": [number of a source]}],
        "sources": [
          {"number", "entry_id", "outlet", "country" | null, "side": "KR" | "JP" | "elsewhere",
           "language", "title", "url" | null, "published_at"}]}]}

``late``: the digest was due at ``slot_at`` and could not be written then; ``slots_skipped``
counts the earlier digests that it stands for. A ``url`` is null where the feed gave no safe
web address.
"""

import json
from datetime import UTC, datetime

from bot.domain.model import CorrectionNote, Digest, DigestItem, Prebrief, Source
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
        "calendar": [_prebrief(brief) for brief in digest.prebriefs],
        "corrections": [
            {"story": notice.story_id, "headline": clean(notice.headline, TITLE_LIMIT)}
            | _correction(notice.note)
            for notice in digest.corrections
        ],
        "stories": [_story(n, item, digest, texts) for n, item in enumerate(digest.items, 1)],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


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
        "single_source": len({source.outlet_name for source in item.sources}) == 1,
        "correction": _correction(item.correction) if item.correction else None,
        "coverage": _coverage(item, digest),
        "sentences": [{"text": clean(s.text), "sources": list(s.sources)} for s in item.sentences],
        "sources": [_source(source, digest) for source in item.sources],
    }


def _prebrief(brief: Prebrief) -> Json:
    return {
        "occasion": brief.occasion,
        "day": brief.day.isoformat(),
        "title": brief.title,
        "lines": list(brief.lines),
        "issue": brief.issue.value,
        "approximate": brief.approximate,
        "year_ago": [
            {
                "story": story.story_id,
                "headline": clean(story.headline, TITLE_LIMIT),
                "outlet": clean(story.outlet_name, NAME_LIMIT),
                "url": safe_url(story.url),
                "day": story.day.isoformat(),
            }
            for story in brief.year_ago
        ],
    }


def _correction(note: CorrectionNote) -> Json:
    return {
        "at": _utc(note.at),
        "reason": clean(note.reason, TITLE_LIMIT),
        "withdrawn": note.withdrawn,
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
