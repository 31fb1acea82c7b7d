"""The pipeline over files, without a database."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from bot.app.core import make_encoder
from bot.app.language_model import make_model
from bot.commands.news import find_topic
from bot.domain.errors import InputError
from bot.domain.model import Document, Summary
from bot.domain.spending import Budget, Reservation, Spending
from bot.jobs.files import write_whole
from bot.jobs.replay import ReplayTotals, replay_file
from bot.jobs.summarize_file import Summarizer, summarize_file
from bot.settings import Settings
from bot.summarize.extractive import ExtractiveSummarizer
from bot.summarize.llm import LlmSummarizer


def replay(
    settings: Settings,
    source: Path,
    out: Path,
    *,
    topic: str,
    assume_relevant: bool,
    on_start: Callable[[int], None] = lambda count: None,
    on_progress: Callable[[int], None],
) -> ReplayTotals:
    """Run the reading over archived entries; needs no database.

    ``on_start`` is told how many there are, ``on_progress`` how many are done.
    """
    return replay_file(
        source,
        out,
        topic=find_topic(settings.topics, topic),
        names=settings.names,
        encoder=make_encoder(settings),
        assume_relevant=assume_relevant,
        on_start=on_start,
        on_progress=on_progress,
    )


def summarize(
    source: Path,
    out: Path,
    *,
    max_words: int,
    model_of: Settings | None = None,
    on_start: Callable[[int], None] = lambda count: None,
    on_progress: Callable[[int], None],
) -> int:
    """Summarize given clusters, by the model of settings if they are given. Returns how many.

    Needs no database: a model's budget is that of this run. Raises InputError where the
    settings name no model.
    """
    with ExitStack() as stack:
        summarizer = _modelled(model_of, stack) if model_of else ExtractiveSummarizer()
        return summarize_file(
            source,
            out,
            summarizer=summarizer,
            max_words=max_words,
            on_start=on_start,
            on_progress=on_progress,
        )


def _modelled(settings: Settings, stack: ExitStack) -> Summarizer:
    model = make_model(settings, OneRun())
    if model is None:
        raise InputError("No model is named: set LLM_MODEL, and LLM_BASE_URL or LLM_API_KEY.")
    runner = stack.enter_context(asyncio.Runner())
    stack.callback(lambda: runner.run(model.close()))
    return Waiting(model, runner)


class OneRun:
    """Keeps what one run spends, in memory."""

    def __init__(self) -> None:
        self._spent = Spending()

    async def reserve(self, most: Spending, budget: Budget) -> Reservation | None:
        """Set a request's most aside; None where the budget does not allow it."""
        if not budget.holds(self._spent + most):
            return None
        self._spent += most
        return Reservation(day=date.min, most=most)

    async def settle(self, reserved: Reservation, spent: Spending, method: str) -> None:
        """Put what was really spent in place of what was set aside."""
        self._spent = self._spent + -reserved.most + spent


class Waiting:
    """A model's summaries for who cannot await them."""

    def __init__(self, model: LlmSummarizer, runner: asyncio.Runner) -> None:
        self._model, self._runner = model, runner

    def summarize(self, documents: Sequence[Document], *, language: str, max_words: int) -> Summary:
        """Summarize reports of one event."""
        asked = self._model.summarize(documents, language=language, max_words=max_words)
        return self._runner.run(asked)


def write_page(page: Path, text: str) -> None:
    """Write a page whole, for its owner alone, in a folder that is made where it is missing.

    Raises InputError, with the mend, where it cannot be written.
    """
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {page.parent} cannot be made ({error.strerror}): name another place."
        ) from error
    write_whole(page, [text.rstrip("\n")])
