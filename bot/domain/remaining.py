"""What is left to tell of a story where reports of it must not be told any more."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from bot.domain.model import CountsDiffer, DigestItem, DigestPerspective, DigestSentence
from bot.domain.model.evidence import TermsDiffer, TermUse

Cited = TypeVar("Cited", DigestSentence, DigestPerspective)

# Fewer names or numbers do not differ.
SEVERAL = 2


def without_reports(item: DigestItem, gone: Collection[int]) -> DigestItem:
    """Take the reports of these numbers out, and what only they said.

    The others keep their numbers.
    """
    kept = _without_evidence(item, gone)
    return replace(
        kept,
        sentences=_cut(item.sentences, gone),
        perspectives=_cut(item.perspectives, gone),
        news=item.news and replace(item.news, sentence=_one(_cut(_told(item), gone))),
        sources=tuple(source for source in item.sources if source.number not in gone),
    )


def without_words(item: DigestItem, hidden: Collection[int]) -> DigestItem:
    """Leave out whatever was taken from the texts of these reports, though others say it too.

    The reports themselves stay.
    """
    kept = _without_evidence(item, hidden)
    return replace(
        kept,
        sentences=_free_of(item.sentences, hidden),
        perspectives=_free_of(item.perspectives, hidden),
        news=item.news and replace(item.news, sentence=_one(_free_of(_told(item), hidden))),
    )


def _cut(told: Iterable[Cited], gone: Collection[int]) -> tuple[Cited, ...]:
    cut = [replace(one, sources=tuple(n for n in one.sources if n not in gone)) for one in told]
    return tuple([one for one in cut if one.sources])


def _free_of(told: Iterable[Cited], hidden: Collection[int]) -> tuple[Cited, ...]:
    return tuple([one for one in told if not set(one.sources).intersection(hidden)])


def _told(item: DigestItem) -> list[DigestSentence]:
    return [item.news.sentence] if item.news and item.news.sentence else []


def _one(told: tuple[DigestSentence, ...]) -> DigestSentence | None:
    return told[0] if told else None


def _without_evidence(item: DigestItem, gone: Collection[int]) -> DigestItem:
    """Leave out the names and numbers that only these reports give."""
    heard = {source.outlet_name for source in item.sources if source.number not in gone}
    terms = (replace(term, uses=_uses(term, heard)) for term in item.terms)
    counts = (_counts(found, gone) for found in item.counts)
    return replace(
        item,
        terms=tuple(term for term in terms if len(term.uses) >= SEVERAL),
        counts=tuple(found for found in counts if len(found.told) >= SEVERAL),
    )


def _uses(term: TermsDiffer, heard: Collection[str]) -> tuple[TermUse, ...]:
    uses = (replace(u, outlets=tuple(n for n in u.outlets if n in heard)) for u in term.uses)
    return tuple(use for use in uses if use.outlets)


def _counts(found: CountsDiffer, gone: Collection[int]) -> CountsDiffer:
    told = (replace(t, reports=tuple(n for n in t.reports if n not in gone)) for t in found.told)
    return replace(found, told=tuple(one for one in told if one.reports))
