"""What is new in a story's later reports, in one sentence of theirs."""

from collections.abc import Collection, Sequence

from bot.domain.model import CitedSentence, Document
from bot.summarize.candidates import Fitness, candidates
from bot.summarize.terms import terms_of

# A sentence with a larger share of its words told before repeats more than it tells.
LEAST_NEW = 0.35
# Of each later report, as many sentences from its beginning: there its own news stands.
LOOKED_AT = 4


def newest_sentence(
    documents: Sequence[Document], new: Collection[str], language: str
) -> CitedSentence | None:
    """Return the sentence of a new report that says most of what no old report says.

    ``new`` are the ids of the reports that the reader has not been told; among equals the
    latest of ``documents`` wins. None where nothing in ``language`` is new enough, or stands
    alone.
    """
    old = {term for d in documents if d.id not in new for term in terms_of(f"{d.title} {d.text}")}
    later = [document for document in documents if document.id in new]
    found = [
        (_novelty(candidate.text, old), candidate.document, -candidate.position, candidate.text)
        for candidate in candidates(later, language)
        if not (candidate.leaning or candidate.dangling)
        and candidate.position < LOOKED_AT
        and candidate.fitness is Fitness.WHOLE
    ]
    novelty, index, _, text = max(found, default=(0.0, 0, 0, ""))
    if novelty < LEAST_NEW:
        return None
    return CitedSentence(text=text, cites=(later[index].id,))


def _novelty(text: str, old: Collection[str]) -> float:
    """Return the share of a sentence's terms that are not among the old ones."""
    terms = set(terms_of(text))
    return len(terms - set(old)) / len(terms) if terms else 0.0
