"""Whether a sentence that somebody else wrote stands in the reports that it cites.

A model may say what no report does. A sentence is kept only where a sentence of one cited
report, with its neighbours, carries everything in it that can be checked: numbers and what
they count, names, offices, places, quotations, most of its words, and whether it affirms or
denies. What cannot be checked is not believed: the extractive summary stands ready.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.model import Document
from bot.summarize.candidates import in_script, is_safe, sentences_of
from bot.summarize.claims import Claims, claims_of, clauses_of, squeezed, ways_of
from bot.summarize.terms import terms_of

# The names in a text of a language (ISO 639-1): their ids, each with its form as written.
NamesIn = Callable[[str, str], Mapping[str, str]]

# Share of a sentence's terms that the source must have where both are in one language. On the
# development clusters (benchmarks/summaries.py) no false statement passes at this share.
SAME_LANGUAGE_SHARE = 0.6
# Across languages words cannot be compared: so many names, places and numbers must agree.
ANCHORS = 2
# A sentence may condense what stands apart: so many places of each report are tried.
NEAREST = 3
# Shorter or longer is no sentence of a digest (characters).
SHORTEST, LONGEST = 8, 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A text and what can be checked in it."""

    text: str
    language: str
    names: Mapping[str, str]
    claims: Claims
    terms: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A sentence of a report, the same with its title and neighbours, and the whole report."""

    core: Passage
    around: Passage
    report: Passage


@dataclass(frozen=True, slots=True)
class Grounded:
    """The sentence stands in these documents, in the order in which it cites them."""

    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ungrounded:
    """The sentence may not be told; ``reason`` says what of it stands nowhere."""

    reason: str


class Grounding:
    """Checks sentences against the reports of one story."""

    def __init__(
        self,
        documents: Sequence[Document],
        names_in: NamesIn,
        *,
        common: Collection[str] = (),
        assumed: Collection[str] = (),
    ) -> None:
        """Read the reports once; ``names_in`` finds the names of the table in a text.

        ``common`` names (countries) stand in most reports, and are no evidence that two
        sentences of different languages say the same. ``assumed`` ones (the topic's two
        sides) are what every report is about, and need not be named in it.
        """
        self._names_in = names_in
        self._common = frozenset(common)
        self._assumed = frozenset(assumed)
        self._places = {document.id: tuple(self._read(document)) for document in documents}

    def check(self, text: str, cites: Sequence[str], *, language: str) -> Grounded | Ungrounded:
        """Return where the sentence stands among the documents cited, or why it does not."""
        if problem := _unfit(text, language):
            return Ungrounded(problem)
        unknown = [cite for cite in cites if cite not in self._places]
        if unknown or not cites:
            return Ungrounded(f"cites what does not exist: {', '.join(unknown) or 'nothing'}")
        whole = self._find(text, cites, language)
        clauses = clauses_of(text, language)
        if isinstance(whole, Grounded) or len(clauses) == 1:
            return whole
        # "Police said 500, while organisers said 2,000": each half stands in its own report.
        parts = [self._find(clause, cites, language) for clause in clauses]
        grounded = [part for part in parts if isinstance(part, Grounded)]
        if len(grounded) < len(parts):
            return whole
        found = {cite for part in grounded for cite in part.cites}
        return Grounded(tuple(cite for cite in dict.fromkeys(cites) if cite in found))

    def _find(self, text: str, cites: Sequence[str], language: str) -> Grounded | Ungrounded:
        said = self._passage(text, language)
        told, problems = [], []
        for cite in dict.fromkeys(cites):
            nearest = sorted(self._places[cite], key=lambda place: -_nearness(said, place.core))
            verdicts = [self._problem(said, place) for place in nearest[:NEAREST]]
            told += [cite] * (None in verdicts)
            problems += verdicts[:1]
        return Grounded(tuple(told)) if told else Ungrounded(problems[0] or "")

    def _read(self, document: Document) -> Iterator[Place]:
        # What speaks to a machine reports nothing: it is no evidence for what it asks to be said.
        pieces = [piece for piece in sentences_of(document.text) if is_safe(piece)]
        # "NHK reported": who published is part of what may be told of a report.
        whole = "\n".join((document.title, *pieces, document.source))
        report = self._passage(whole, document.language)
        for at, piece in enumerate([document.title, *pieces]):
            near = (document.title, *pieces[max(0, at - 2) : at + 1])
            yield Place(
                core=self._passage(piece, document.language),
                around=self._passage("\n".join(near), document.language),
                report=report,
            )

    def _problem(self, said: Passage, place: Place) -> str | None:
        """Return what of a sentence a place in a report does not carry; None where it has all."""
        compare = _in_words if said.language == place.core.language else self._across
        checks = (
            self._names,
            _numbers,
            _keys,
            _quotes,
            _substitution,
            _direction,
            compare,
            _polarity,
        )
        return next(filter(None, (check(said, place) for check in checks)), None)

    def _names(self, said: Passage, place: Place) -> str | None:
        missing = said.names.keys() - place.report.names.keys() - self._assumed
        return f"names what the source does not: {', '.join(sorted(missing))}" if missing else None

    def _across(self, said: Passage, place: Place) -> str | None:
        """Compare by names and numbers: words of two languages cannot be."""
        known = squeezed(" ".join((*said.names.values(), place.report.text)))
        strange = sorted(word for word in said.claims.proper if squeezed(word) not in known)
        if strange:
            return f"names what cannot be checked in another language: {strange[0]}"
        names = said.names.keys() - self._common
        if len(names) + len(said.claims.quantities) + len(said.claims.days) < ANCHORS:
            return "has too little that can be checked in another language"
        return None

    def _passage(self, text: str, language: str) -> Passage:
        return Passage(
            text=text,
            language=language,
            names=self._names_in(text, language),
            claims=claims_of(text, language),
            terms=frozenset(terms_of(text)),
        )


def _unfit(text: str, language: str) -> str | None:
    if not SHORTEST <= len(text) <= LONGEST:
        return "is no sentence of a digest's length"
    if not is_safe(text):
        return "holds markup, an address or an instruction"
    return None if in_script(text, language) else "is in another language than the reader's"


def _nearness(said: Passage, source: Passage) -> float:
    """Tell how near a source sentence is: by words, or by what is checked across languages."""
    if said.language == source.language:
        return len(said.terms & source.terms) / max(1, len(said.terms | source.terms))
    numbers = {q.value for q in said.claims.quantities} & {
        q.value for q in source.claims.quantities
    }
    shared = (
        said.names.keys() & source.names.keys(),
        said.claims.places & source.claims.places,
        numbers,
    )
    return float(sum(map(len, shared)))


def _numbers(said: Passage, place: Place) -> str | None:
    for quantity in said.claims.quantities:
        if not any(quantity.told_by(other) for other in place.around.claims.quantities):
            return (
                f"has a number that the source has not: {quantity.value:f} {quantity.unit}".rstrip()
            )
    return None


def _keys(said: Passage, place: Place) -> str | None:
    """Compare what all languages share: days near the place, offices and capitals anywhere."""
    missing = (
        said.claims.days - place.around.claims.days
        | said.claims.offices - place.report.claims.offices
        | said.claims.places - place.report.claims.places
    )
    return f"says what the source does not: {min(missing)}" if missing else None


def _quotes(said: Passage, place: Place) -> str | None:
    strange = (q for q in said.claims.quotes if squeezed(q) not in squeezed(place.report.text))
    return f"quotes what the source does not say: {quote}" if (quote := next(strange, "")) else None


def _substitution(said: Passage, place: Place) -> str | None:
    """Find one thing put in another's place: Tokyo where the source sentence says Seoul."""
    core = place.core.claims
    units = {q.unit for q in said.claims.quantities - core.quantities}
    pairs = (
        (said.claims.places, core.places),
        (_near(said.claims.turns, core.turns), _near(core.turns, said.claims.turns)),
        *(
            (
                {q for q in said.claims.quantities if q.unit == u},
                {q for q in core.quantities if q.unit == u},
            )
            for u in units
        ),
    )
    for mine, theirs in pairs:
        if mine - theirs and theirs - mine:
            return f"says {min(map(str, mine - theirs))} where the source says another"
    return None


def _direction(said: Passage, place: Place) -> str | None:
    """Find what goes from where the source goes to, or the reverse."""
    for id_, form in said.names.items():
        ways = ways_of(form, said.text)
        told = ways_of(place.report.names.get(id_, form), place.report.text)
        if len(ways) == 1 and told and not ways & told:
            return f"turns around the way of {form}"
    return None


def _near(
    turns: frozenset[tuple[str, str]], others: frozenset[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Return the turns whose preposition or name the others have too."""
    words = {word for turn in others for word in turn}
    return frozenset(turn for turn in turns if not words.isdisjoint(turn))


def _in_words(said: Passage, place: Place) -> str | None:
    """Compare by words: both are in one language."""
    missing = [
        word for word in said.claims.proper if squeezed(word) not in squeezed(place.report.text)
    ]
    if missing:
        return f"names what the source does not: {min(missing)}"
    share = len(said.terms & place.around.terms) / max(1, len(said.terms))
    return None if share >= SAME_LANGUAGE_SHARE else "says more than the source"


def _polarity(said: Passage, place: Place) -> str | None:
    agree = said.claims.negated == place.core.claims.negated
    return None if agree else "affirms what the source denies, or the reverse"
