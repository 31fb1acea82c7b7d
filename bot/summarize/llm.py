"""Summaries by a model behind an OpenAI-compatible endpoint, each sentence checked.

What the model says is believed only as far as ``grounding`` finds it in the reports. Where
too little is left, or the endpoint fails or costs too much, the extractive summary stands in;
``Summary.method`` says how a summary came to be.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.domain.model import CitedSentence, Document, Perspective, Summary
from bot.domain.spending import Budget, Reservation, Spending, most_tokens
from bot.summarize.endpoint import Answer, Endpoint, EndpointError
from bot.summarize.extractive import ExtractiveSummarizer
from bot.summarize.grounding import Grounded, Grounding, NamesIn
from bot.summarize.prompt import (
    PROMPT_VERSION,
    BadAnswerError,
    Draft,
    DraftSentence,
    messages,
    named,
    parse,
    schema,
)
from bot.summarize.terms import measure

log = structlog.get_logger()

Settle = Callable[[Spending, str], None]

# Below so many grounded sentences the extractive summary tells more, and more surely.
FEWEST_SENTENCES = 1
MOST_SENTENCES = 3
# A summary may be this much longer than asked before its last sentences are dropped.
LENIENCE = 1.25
# After a failure nobody waits for the endpoint again for so long (seconds): a digest of ten
# stories must not wait ten time-outs.
PAUSE = 60.0
LONGEST_PAUSE = 3600.0
LONGEST_HEADLINE = 160
OUTPUT_TOKENS = 900
# Translated titles that are believed: a side and its neighbours have three first reports.
MOST_TITLES = 3

SIDES = {"seoul": "KR", "tokyo": "JP", "elsewhere": "elsewhere"}

# How a summary came to be; the extractive ones say why the model's was not taken.
BY_MODEL = "llm:"
UNGROUNDED, UNREADABLE = "extractive:ungrounded", "extractive:unreadable"
# These pass: the same story is asked for again when it is next told.
UNREACHABLE, OVER_BUDGET = "extractive:unreachable", "extractive:budget"
PASSING = frozenset({UNREACHABLE, OVER_BUDGET})


class Ledger(Protocol):
    """Keeps what was spent on each day (UTC), for all processes together."""

    async def reserve(self, most: Spending, budget: Budget) -> Reservation | None:
        """Set a request's most aside; None where the day's budget does not allow it."""
        ...

    async def settle(self, reserved: Reservation, spent: Spending, method: str) -> None:
        """Put what was really spent in place of what was set aside, and count the method."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class NameTable:
    """What grounding knows of names: see ``Grounding``."""

    names_in: NamesIn
    common: Collection[str] = ()
    assumed: Collection[str] = ()


class LlmSummarizer:
    """Asks a model, keeps what is grounded, and falls back to extraction."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        names: NameTable,
        ledger: Ledger,
        budget: Budget,
        concurrency: int = 2,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use an endpoint within a budget, with so many requests at once."""
        self._endpoint = endpoint
        self._names = names
        self._ledger = ledger
        self._budget = budget
        self._at_once = asyncio.Semaphore(concurrency)
        self._extractive = ExtractiveSummarizer()
        self._monotonic = monotonic
        self._paused_until = 0.0

    @property
    def name(self) -> str:
        """How its summaries came to be: ``Summary.method``."""
        return f"{BY_MODEL}{self._endpoint.model}"

    @property
    def version(self) -> str:
        """What makes a kept summary another one: the model and the wording of the prompt."""
        return f"{self.name}:{PROMPT_VERSION}"

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        await self._endpoint.close()

    async def summarize(
        self,
        documents: Sequence[Document],
        *,
        language: str,
        max_words: int = 60,
        before: Summary | None = None,
    ) -> Summary:
        """Summarize reports of one event; ``before`` is what readers were told of it last.

        Raises ValueError where there is no document.
        """
        extracted = await asyncio.to_thread(
            self._extractive.summarize, documents, language=language, max_words=max_words
        )
        asked = messages(documents, language=language, max_words=max_words, before=before)
        answer = await self._answer(asked)
        if isinstance(answer, str):
            return replace(extracted, method=answer)
        written = await asyncio.to_thread(
            self._grounded, answer, documents, language, max_words, extracted
        )
        log.info("summary", method=written.method, sentences=len(written.sentences))
        return written

    async def _answer(self, asked: list[dict[str, str]]) -> Draft | str:
        """Return the model's draft, or by what method to do without."""
        if self._monotonic() < self._paused_until:
            return UNREACHABLE
        most_in = most_tokens("".join(message["content"] for message in asked))
        most = self._budget.price(most_in, OUTPUT_TOKENS)
        reserved = await self._ledger.reserve(most, self._budget)
        if reserved is None:
            log.warning("model not asked: the day's budget is spent")
            return OVER_BUDGET
        async with self._settled(reserved) as settle:
            return await self._ask(asked, settle, most)

    @asynccontextmanager
    async def _settled(self, reserved: Reservation) -> AsyncIterator[Settle]:
        """Give back what a request did not use, whatever becomes of it."""
        used: list[tuple[Spending, str]] = []
        try:
            yield lambda spent, method: used.append((spent, method))
        finally:
            spent, method = used[-1] if used else (Spending(), UNREACHABLE)
            await asyncio.shield(self._ledger.settle(reserved, spent, method))

    async def _ask(
        self, asked: list[dict[str, str]], settle: Settle, most: Spending
    ) -> Draft | str:
        try:
            async with self._at_once:
                answer = await self._endpoint.ask(asked, schema=schema(), most=OUTPUT_TOKENS)
        except EndpointError as error:
            wait = min(error.retry_after or PAUSE, LONGEST_PAUSE)
            self._paused_until = self._monotonic() + wait
            log.warning("model not reached", problem=str(error), pause_seconds=wait)
            return UNREACHABLE
        counted = answer.tokens_in + answer.tokens_out
        # Where the endpoint does not count, the most that it can have been is taken.
        spent = self._budget.price(answer.tokens_in, answer.tokens_out) if counted else most
        draft = _draft(answer)
        settle(spent, draft if isinstance(draft, str) else self.name)
        return draft

    def _grounded(
        self,
        draft: Draft,
        documents: Sequence[Document],
        language: str,
        max_words: int,
        extracted: Summary,
    ) -> Summary:
        """Return what of a draft stands in the reports, or the extract where that is too little."""
        check = _Check(named(documents), self._names, language)
        sentences = check.all(draft.sentences[: 2 * MOST_SENTENCES])
        told = _within(sentences, language, max_words)
        if len(told) < FEWEST_SENTENCES:
            return replace(extracted, method=UNGROUNDED)
        headline = draft.headline.strip()
        fit = len(headline) <= LONGEST_HEADLINE and check.headline(headline)
        return Summary(
            language=language,
            headline=headline if fit else extracted.headline,
            sentences=told,
            method=self.name,
            perspectives=check.perspectives(draft),
            changed=check.one(draft.changed) if draft.changed else None,
            titles=check.titles(draft),
        )


class _Check:
    """Grounds a draft's parts, and puts the documents' own ids for those the model knows."""

    def __init__(self, reports: Mapping[str, Document], names: NameTable, language: str) -> None:
        self._ids = {id_: document.id for id_, document in reports.items()}
        self._languages = {id_: document.language for id_, document in reports.items()}
        self._countries = {id_: document.country for id_, document in reports.items()}
        self._language = language
        documents = [replace(document, id=id_) for id_, document in reports.items()]
        self._grounding = Grounding(
            documents, names.names_in, common=names.common, assumed=names.assumed
        )

    def one(self, drafted: DraftSentence) -> CitedSentence | None:
        """Return a drafted sentence with its citations, or None where it stands nowhere."""
        found = self._find(drafted.text, drafted.cites)
        if found is None:
            return None
        return CitedSentence(
            text=drafted.text.strip(), cites=tuple(self._ids[cite] for cite in found)
        )

    def all(self, drafted: Sequence[DraftSentence]) -> list[CitedSentence]:
        """Return the drafted sentences that stand in the reports, each once."""
        found = {sentence.text.strip(): self.one(sentence) for sentence in drafted}
        return [sentence for sentence in found.values() if sentence is not None]

    def titles(self, draft: Draft) -> tuple[CitedSentence, ...]:
        """Return the translated titles that stand in their one report, of another language."""
        told: dict[str, CitedSentence] = {}
        for drafted in draft.titles[:MOST_TITLES]:
            cites = tuple(dict.fromkeys(drafted.cites))
            foreign = len(cites) == 1 and self._languages.get(cites[0]) != self._language
            title = self.one(drafted) if foreign and len(drafted.text) <= LONGEST_HEADLINE else None
            if title is not None:
                told.setdefault(title.cites[0], title)
        return tuple(told.values())

    def headline(self, text: str) -> bool:
        """Tell whether a headline stands in any report."""
        return self._find(text, tuple(self._ids)) is not None

    def perspectives(self, draft: Draft) -> tuple[Perspective, ...]:
        """Return what each side stresses, as far as that side's own reports say it."""
        told: dict[str, Perspective] = {}
        for drafted in draft.perspectives:
            side = SIDES[drafted.side]
            mine = tuple(c for c in drafted.cites if self._side(self._countries.get(c)) == side)
            found = self._find(drafted.text, mine)
            if found and side not in told:
                cites = tuple(self._ids[cite] for cite in found)
                told[side] = Perspective(side=side, text=drafted.text.strip(), cites=cites)
        return tuple(told.values())

    def _side(self, country: str | None) -> str:
        return country if country in {"KR", "JP"} else "elsewhere"

    def _find(self, text: str, cites: Sequence[str]) -> tuple[str, ...] | None:
        verdict = self._grounding.check(text.strip(), cites, language=self._language)
        if isinstance(verdict, Grounded):
            return verdict.cites
        log.info("sentence dropped", reason=verdict.reason)
        return None


def _draft(answer: Answer) -> Draft | str:
    try:
        return parse(answer.content)
    except BadAnswerError as error:
        log.warning("model not understood", problem=str(error))
        return UNREADABLE


def _within(
    sentences: Sequence[CitedSentence], language: str, max_words: int
) -> tuple[CitedSentence, ...]:
    """Return the first sentences that fit; the first alone may be longer."""
    told: list[CitedSentence] = []
    for sentence in sentences[:MOST_SENTENCES]:
        length = sum(measure(s.text, language) for s in (*told, sentence))
        if told and length > max_words * LENIENCE:
            break
        told.append(sentence)
    return tuple(told)
