"""A digest as JSON: data for scripts, in a shape that is kept.

Times are ISO 8601 in UTC, countries ISO 3166-1 alpha-2, languages ISO 639-1 (empty where
a feed does not tell)::

    {"topic", "title", "language", "zone", "since", "until", "slot_at": time | null,
     "late": bool, "slots_skipped", "stories_left_out", "entries_read", "outlets_read",
     "stories_outside", "breaking": bool, "week": [
       {"issue", "issue_name", "stories", "reports", "by_day": [seven counts of reports],
        "temperature": -1..1 | null, "cooperation", "friction", "main_story": id, "headline",
        "language", "url" | null}],
     "calendar": [{"occasion", "day", "title", "lines": [str], "issue", "approximate": bool,
                   "year_ago": [{"story", "headline", "outlet", "url" | null, "day"}]}],
     "corrections": [{"story", "headline", "at", "reason", "withdrawn": bool}],
     "stories": [
       {"number", "id", "version", "kind": "new" | "update", "headline", "language",
        "issue", "issue_name", "first_seen_at", "last_seen_at", "method", "peripheral": bool,
        "single_source", "correction": {"at", "reason", "withdrawn": bool} | null,
        "coverage": {"KR", "JP", "elsewhere"},
        "panel": [{"side", "reports", "outlets": [name], "first": number of a source}],
        "silent": ["KR" | "JP"], "status": "developing" | "today" | "quiet" | "settled" | null,
        "update", "since_told": {"reports", "sides": [side], "sentence": sentence | null} | null,
        "perspectives": [{"side", "text", "sources"}],
        "terms": [{"name", "uses": [{"outlets": [name], "written": [term], "label"}]}],
        "counts": [{"what", "told": [{"value", "teller": "police" | "organisers" | null,
                                      "sources"}]}],
        "earlier": [{"id", "headline", "last_seen_at"}],
        "sentences": [{"text", "sources": [number of a source]}],
        "sources": [
          {"number", "entry_id", "outlet", "country" | null, "side": "KR" | "JP" | "elsewhere",
           "language", "title", "translation" | null, "url" | null, "published_at"}]}]}

``late``: the digest was due at ``slot_at`` and could not be written then; ``slots_skipped``
counts the earlier digests that it stands for. ``panel`` has the sides that reported a story of
several outlets, ``silent`` those that had the time to and did not; ``update`` numbers the
updates that the destination was told (0: it is new). A ``value`` is a decimal number as text.
``stories_outside`` are left out by the
subscription's filters; ``breaking`` is told between the slots; ``week`` is the arc of a weekly
digest, its days ending with the digest's own. A ``url`` is null where the feed gave no safe
web address.
"""

import json
from datetime import UTC, datetime

from bot.domain.lens import ELSEWHERE
from bot.domain.model import (
    CorrectionNote,
    CountsDiffer,
    Digest,
    DigestItem,
    IssueWeek,
    Prebrief,
    SinceTold,
    Source,
    TermsDiffer,
)
from bot.rendering.safe import NAME_LIMIT, TITLE_LIMIT, clean, safe_url
from bot.rendering.texts import Texts
from bot.rendering.view import side_of

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
        "calendar": [_prebrief(brief) for brief in digest.prebriefs],
        "corrections": [
            {"story": notice.story_id, "headline": clean(notice.headline, TITLE_LIMIT)}
            | _correction(notice.note)
            for notice in digest.corrections
        ],
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
        "correction": _correction(item.correction) if item.correction else None,
        "coverage": _coverage(item, digest),
        **evidence_json(item, digest),
        "sentences": [{"text": clean(s.text), "sources": list(s.sources)} for s in item.sentences],
        "sources": [_source(source, digest) for source in item.sources],
    }


def evidence_json(item: DigestItem, digest: Digest) -> Json:
    """Return what stands beside a story's summary, in the shape above."""
    return {
        "panel": _panel(item, digest),
        "silent": list(item.silent),
        "status": item.status.value if item.status else None,
        "update": item.update,
        "since_told": _since_told(item.news),
        "perspectives": [
            {"side": side_of(p.side, digest), "text": clean(p.text), "sources": list(p.sources)}
            for p in item.perspectives
        ],
        "terms": [_term(term) for term in item.terms],
        "counts": [_count(count) for count in item.counts],
        "earlier": [
            {
                "id": story.id,
                "headline": clean(story.headline, TITLE_LIMIT),
                "last_seen_at": _utc(story.last_seen_at),
            }
            for story in item.earlier
        ],
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


def _panel(item: DigestItem, digest: Digest) -> list[Json]:
    if len({source.outlet_name for source in item.sources}) < 2:  # noqa: PLR2004 - several
        return []
    return [
        {
            "side": side,
            "reports": len(own),
            "outlets": [
                clean(name, NAME_LIMIT) for name in dict.fromkeys(s.outlet_name for s in own)
            ],
            "first": min(own, key=lambda source: (source.published_at, source.number)).number,
        }
        for side in (*digest.sides, ELSEWHERE)
        if (own := [source for source in item.sources if side_of(source.country, digest) == side])
    ]


def _since_told(news: SinceTold | None) -> Json | None:
    if news is None:
        return None
    told = news.sentence
    sentence = {"text": clean(told.text), "sources": list(told.sources)} if told else None
    return {"reports": news.reports, "sides": list(news.sides), "sentence": sentence}


def _term(term: TermsDiffer) -> Json:
    return {
        "name": term.name,
        "uses": [
            {
                "outlets": [clean(name, NAME_LIMIT) for name in use.outlets],
                "written": [clean(form, NAME_LIMIT) for form in use.written],
                "label": use.label,
            }
            for use in term.uses
        ],
    }


def _count(count: CountsDiffer) -> Json:
    return {
        "what": count.what.value,
        "told": [
            {"value": one.value, "teller": one.teller.value or None, "sources": list(one.reports)}
            for one in count.told
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
        "translation": clean(source.translation, TITLE_LIMIT) or None,
        "url": safe_url(source.url),
        "published_at": _utc(source.published_at),
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
