"""The summarizer that needs no model: sentences of the reports themselves, cited."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain.model import CitedSentence, Document, Summary
from bot.summarize.candidates import Candidate, candidates, in_script, is_safe, without_markup
from bot.summarize.choice import choose, weigh
from bot.summarize.clean import clean_title
from bot.summarize.headline import choose_headline
from bot.summarize.terms import measure, terms_of, unit

Floats = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]

METHOD = "extractive"
# Two sentences are one when they share this much of their terms, and all their numbers.
SAME_SENTENCE = 0.9
_NUMBERS = re.compile(r"\d+")


class ExtractiveSummarizer:
    """Chooses the sentences that tell what the reports agree on, in the reader's language.

    ``embed`` turns n texts into unit vectors (n × dimensions) of a multilingual encoder; it is
    called once per story. Without one, words and numbers alone decide.
    """

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed

    def summarize(
        self,
        documents: Sequence[Document],
        *,
        language: str,
        max_words: int = 60,
        max_sentences: int = 3,
    ) -> Summary:
        """Summarize reports of one event for readers of ``language`` (ISO 639-1).

        If a report is in that language, sentences come from its kind alone, else from the
        language that most reports have; ``Summary.language`` says which. ``max_words`` counts
        English words, in Japanese and Korean as many characters as say the same
        (``terms.CHARACTERS_PER_WORD``). Sentences are verbatim, each citing every document that has
        it. There are none where no report has a fit one: the headline then stands alone.
        Raises ``ValueError`` where there is no document.
        """
        if not documents:
            message = "A summary needs at least one document."
            raise ValueError(message)
        told, found = _told(documents, language)
        titles = [clean_title(d.title, [o.source for o in documents]) for d in documents]
        chosen: list[Candidate] = []
        if found:
            lengths = [measure(candidate.text, told) for candidate in found]
            centrality = self._centrality(found, titles)
            weighed = weigh(found, documents, titles, lengths, max_words, centrality)
            chosen = [found[i] for i in choose(found, weighed, most=max_sentences)]
        return Summary(
            language=told,
            headline=_headline(documents, titles, language),
            sentences=tuple(_cited(s, found, documents) for s in in_reading_order(chosen)),
            method=METHOD,
        )

    def _centrality(self, found: Sequence[Candidate], titles: Sequence[str]) -> Floats | None:
        """Return how close each sentence is to the whole story, whatever its languages (n)."""
        if self._embed is None:
            return None
        vectors = self._embed([*(candidate.text for candidate in found), *titles])
        closeness: Floats = vectors[: len(found)] @ unit(vectors.mean(axis=0))
        return closeness


def in_reading_order(sentences: Sequence[Candidate]) -> list[Candidate]:
    """Put what opens a report first, and what follows on within a report behind it."""
    return sorted(sentences, key=lambda s: (s.position, s.document))


def _told(documents: Sequence[Document], language: str) -> tuple[str, list[Candidate]]:
    """Return the language that the story is told in and the sentences it can be told with."""
    counts = Counter(document.language for document in documents if document.text.strip())
    for choice in [language, *(other for other, _ in counts.most_common() if other != language)]:
        found = candidates(documents, choice)
        if found:
            return choice, found
    return _title_language(documents, language), []


def _title_language(documents: Sequence[Document], language: str) -> str:
    languages = [document.language for document in documents]
    return language if language in languages else Counter(languages).most_common(1)[0][0]


def _headline(documents: Sequence[Document], titles: Sequence[str], language: str) -> str:
    """Choose among the titles in the reader's language, else in any; safe ones if there are.

    Empty where no document has a title.
    """
    named = [(d.language, t) for d, t in zip(documents, titles, strict=True) if t]
    own = [(spoken, t) for spoken, t in named if spoken == language and in_script(t, language)]
    usable = own or named
    safe = [(spoken, t) for spoken, t in usable if is_safe(t)]
    safe = safe or [(spoken, without_markup(t)) for spoken, t in usable]
    if not safe:
        return ""
    sources = [*(document.text for document in documents), *titles]
    return choose_headline([t for _, t in safe], sources, language=safe[0][0])


def _cited(
    sentence: Candidate, found: Sequence[Candidate], documents: Sequence[Document]
) -> CitedSentence:
    """Cite the document of a sentence, then the others that have it word for word or nearly."""
    own = sentence.document
    others = {c.document for c in found if c.document != own and _same(c.text, sentence.text)}
    cites = [documents[own].id, *(documents[i].id for i in sorted(others))]
    return CitedSentence(text=sentence.text, cites=tuple(cites))


def _same(one: str, other: str) -> bool:
    """Say whether two sentences tell the same with the same numbers."""
    if _NUMBERS.findall(one) != _NUMBERS.findall(other):
        return False
    a, b = set(terms_of(one)), set(terms_of(other))
    return len(a & b) >= SAME_SENTENCE * len(a | b)
