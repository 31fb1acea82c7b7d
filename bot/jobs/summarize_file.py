"""Summarize the clusters of a file: what ``summarize FILE --out OUT`` does."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.domain.errors import InputError
from bot.domain.model import Document, Summary
from bot.jobs.files import numbered_lines, write_whole


class Summarizer(Protocol):
    """What the job needs of a summarizer: the extractive one, or one that asks a model."""

    def summarize(self, documents: Sequence[Document], *, language: str, max_words: int) -> Summary:
        """Summarize reports of one event for readers of ``language`` (ISO 639-1)."""
        ...


def summarize_file(
    source: Path,
    out: Path,
    *,
    summarizer: Summarizer,
    max_words: int,
    on_progress: Callable[[int], None],
    on_start: Callable[[int], None] = lambda _: None,
) -> int:
    """Summarize every cluster of ``source`` (JSON lines) into ``out`` and return their number.

    ``on_start`` is told how many clusters there are, ``on_progress`` how many are done. ``out``
    appears whole or not at all. Raises ``InputError`` for a file that cannot be read or written
    and for a line that is no cluster; it names the line and the mend.
    """
    lines = numbered_lines(source)
    on_start(len(lines))
    clusters = (_cluster(line, f"Line {number} of {source.name}") for number, line in lines)
    return write_whole(out, _answers(clusters, summarizer, max_words, on_progress))


def _answers(
    clusters: Iterable[tuple[str, str, list[Document]]],
    summarizer: Summarizer,
    max_words: int,
    on_progress: Callable[[int], None],
) -> Iterator[str]:
    """Yield the output line of each cluster."""
    for done, (cluster, language, documents) in enumerate(clusters, start=1):
        summary = summarizer.summarize(documents, language=language, max_words=max_words)
        yield json.dumps(_answer(cluster, summary), ensure_ascii=False)
        on_progress(done)


def _answer(cluster: str, summary: Summary) -> dict[str, Any]:
    sentences = [{"text": s.text, "cites": list(s.cites)} for s in summary.sentences]
    return {
        "id": cluster,
        "headline": summary.headline,
        "sentences": sentences,
        "method": summary.method,
    }


def _cluster(line: str, where: str) -> tuple[str, str, list[Document]]:
    """Return the id, the language and the documents of a line."""
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        message = f"{where} is not JSON: write one object per line."
        raise InputError(message) from error
    if not isinstance(record, dict):
        message = f'{where} is not an object: write {{"id", "lang", "docs"}}.'
        raise InputError(message)
    docs = record.get("docs")
    if not isinstance(docs, list) or not docs:
        message = f'{where} has no documents: give "docs" a list with at least one.'
        raise InputError(message)
    documents = [_document(doc, f"{where}, document {i}") for i, doc in enumerate(docs, start=1)]
    _require_unique(documents, where)
    return _text(record, "id", where), _text(record, "lang", where), documents


def _document(record: object, where: str) -> Document:
    if not isinstance(record, dict):
        message = f'{where} is not an object: write {{"id", "title", "text", "lang", "source"}}.'
        raise InputError(message)
    country = record.get("country")
    return Document(
        id=_text(record, "id", where),
        title=_text(record, "title", where),
        text=_text(record, "text", where),
        language=_text(record, "lang", where),
        source=_text(record, "source", where),
        country=country if isinstance(country, str) else None,
    )


def _text(record: dict[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        message = f'{where} has no "{key}": give it as a string.'
        raise InputError(message)
    # JSON may name half a character (a lone surrogate), which no UTF-8 file can hold.
    return value.encode("utf-8", "replace").decode("utf-8")


def _require_unique(documents: Sequence[Document], where: str) -> None:
    """Two documents of one id could not be told apart in a citation."""
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            message = f'{where} has two documents "{document.id}": give each its own id.'
            raise InputError(message)
        seen.add(document.id)
