"""The pipeline over files, without a database."""

from collections.abc import Callable
from pathlib import Path

from bot.app.core import make_encoder
from bot.commands.news import find_topic
from bot.domain.errors import InputError
from bot.jobs.files import write_whole
from bot.jobs.replay import ReplayTotals, replay_file
from bot.jobs.summarize_file import summarize_file
from bot.settings import Settings
from bot.summarize.extractive import ExtractiveSummarizer


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
    on_start: Callable[[int], None] = lambda count: None,
    on_progress: Callable[[int], None],
) -> int:
    """Summarize given clusters; needs neither database nor settings. Returns how many."""
    return summarize_file(
        source,
        out,
        summarizer=ExtractiveSummarizer(),
        max_words=max_words,
        on_start=on_start,
        on_progress=on_progress,
    )


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
