"""Corrections of what was told: what each changes, and how a told story looks after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.model import CorrectionNote, Digest, DigestItem, DigestSentence
from bot.domain.remaining import without_reports

# A reason is shown to every reader, beside the story.
LONGEST_REASON = 300
LONGEST_TEXT = 500


class CorrectionKind(StrEnum):
    """What an admin did."""

    WITHDRAW = "withdraw"
    RESTORE = "restore"
    HEADLINE = "headline"
    SENTENCE = "sentence"
    REMOVE_ENTRY = "remove-entry"


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """One act of an admin, for the record and for whoever tells the story afterwards.

    A headline or a sentence (its text ``before``) is replaced by ``after`` in one language; a
    sentence with nothing after it is taken out. ``entry_id`` is the report that was taken out.
    """

    story_id: int
    kind: CorrectionKind
    reason: str
    made_by: str
    made_at: datetime
    language: str | None = None
    before: str = ""
    after: str = ""
    entry_id: int | None = None
    id: int = 0


def corrected(item: DigestItem, made: Sequence[Correction]) -> DigestItem:
    """Return the story as it reads after its corrections, with a note of the last that counts.

    A withdrawn story keeps its place and its number, and says nothing but that it was withdrawn.
    """
    if (last := _withdrawal(made)) is not None:
        return replace(_emptied(item), correction=_note(last, withdrawn=True))
    for correction in made:
        changed = _apply(item, correction)
        if changed != item:
            item = replace(changed, correction=_note(correction))
    return item


def corrected_digest(digest: Digest, made: Mapping[int, Sequence[Correction]]) -> Digest:
    """Return a digest, with its stories corrected; ``made`` is by the stories' ids.

    The week's arc has no line by the headline of a story that was withdrawn.
    """
    items = tuple(corrected(item, made.get(item.story_id, ())) for item in digest.items)
    arc = (week for week in digest.arc if _withdrawal(made.get(week.main_story_id, ())) is None)
    return replace(digest, items=items, arc=tuple(arc))


def _withdrawal(made: Sequence[Correction]) -> Correction | None:
    """Return the correction that withdrew a story, unless it was restored after it."""
    kinds = [c for c in made if c.kind in {CorrectionKind.WITHDRAW, CorrectionKind.RESTORE}]
    return kinds[-1] if kinds and kinds[-1].kind is CorrectionKind.WITHDRAW else None


def last_note(made: Iterable[Correction], *, language: str) -> CorrectionNote | None:
    """Return the newest correction that a reader of that language would see."""
    seen = [c for c in made if c.language in {None, language}]
    if not seen:
        return None
    return _note(seen[-1], withdrawn=seen[-1].kind is CorrectionKind.WITHDRAW)


def _apply(item: DigestItem, correction: Correction) -> DigestItem:
    match correction.kind:
        case CorrectionKind.HEADLINE if correction.language == item.language:
            return replace(item, headline=correction.after)
        case CorrectionKind.SENTENCE if correction.language == item.language:
            return _with_sentence(item, correction)
        case CorrectionKind.REMOVE_ENTRY:
            numbers = {s.number for s in item.sources if s.entry_id == correction.entry_id}
            return without_reports(item, numbers) if numbers else item
    return item


def _emptied(item: DigestItem) -> DigestItem:
    return replace(
        item,
        headline="",
        sentences=(),
        sources=(),
        news=None,
        perspectives=(),
        terms=(),
        counts=(),
        silent=(),
        earlier=(),
        status=None,
    )


def _with_sentence(item: DigestItem, correction: Correction) -> DigestItem:
    """Mend the sentence wherever it stands: in the summary, or as the newest of an update."""
    news = item.news
    if news is not None and news.sentence is not None:
        mended = _mended([news.sentence], correction)
        news = replace(news, sentence=mended[0] if mended else None)
    return replace(item, sentences=_mended(item.sentences, correction), news=news)


def _mended(
    sentences: Iterable[DigestSentence], correction: Correction
) -> tuple[DigestSentence, ...]:
    return tuple(
        replace(s, text=correction.after) if s.text == correction.before else s
        for s in sentences
        if s.text != correction.before or correction.after
    )


def _note(correction: Correction, *, withdrawn: bool = False) -> CorrectionNote:
    return CorrectionNote(at=correction.made_at, reason=correction.reason, withdrawn=withdrawn)
