"""Runs the real reading over archived entries: what the running bot would have decided."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from bot.domain.errors import InputError
from bot.domain.model import Entry, Reading
from bot.domain.topic import Name, Topic
from bot.jobs.files import numbered_lines, write_whole
from bot.jobs.read_entries import BATCH
from bot.understanding.reader import ReadBatch, Reader
from bot.understanding.vectors import Encoder

# Archives of news hold nothing from other years; arithmetic near year 1 or 9999 overflows.
FIRST_YEAR, LAST_YEAR = 1800, 2199
_EXAMPLE = (
    '{"url": "https://…", "source": "…", "published": "2025-08-23T09:00:00+09:00", "title": "…"}'
)


def _in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, which it is taken for where it names no zone."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError(
            "year",
            "the year must be from {first} to {last}",
            {"first": FIRST_YEAR, "last": LAST_YEAR},
        )
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Moment = Annotated[datetime, AfterValidator(_in_utc)]


class ReplayLine(BaseModel):
    """One line of a replay file. Unknown keys are let pass: archives carry more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | None = None
    url: str | None = None
    source: str = ""
    published: Moment
    title: Text
    summary: str | None = None
    text: str | None = None
    lang: str | None = None
    country: str | None = None
    feed: str | None = None

    @property
    def key(self) -> str:
        """The id of the line: its own, or its address."""
        return self.id or self.url or ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayTotals:
    """What a replay did."""

    entries: int
    relevant: int
    duplicates: int
    stories: int


def replay_file(
    source: Path,
    out: Path,
    *,
    topic: Topic,
    names: Sequence[Name],
    encoder: Encoder,
    assume_relevant: bool = False,
    on_start: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ReplayTotals:
    """Read the entries of ``source`` in order of arrival and write one decision a line.

    ``on_start`` is told how many entries there are, ``on_progress`` how many are read so far.
    ``out`` appears whole or not at all.

    Raises:
        InputError: the file cannot be read or written, or a line is not an entry.
    """
    lines = [_parsed(number, line) for number, line in numbered_lines(source)]
    on_start(len(lines))
    reader = Reader(
        topic=topic,
        names=names,
        encoder=encoder,
        new_story_id=count(1).__next__,
        assume_relevant=assume_relevant,
    )
    readings = read_all(reader, lines, on_progress)
    rows = decisions(lines, readings)
    write_whole(out, (json.dumps(row, ensure_ascii=False) for row in rows))
    return _totals(readings)


def _parsed(number: int, line: str) -> ReplayLine:
    """Return the entry of a line. Raises InputError that names the line and the mend."""
    try:
        parsed = ReplayLine.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "JSON"
        raise InputError(
            f"Line {number}: {where}: {first['msg']}; write a line like {_EXAMPLE}"
        ) from error
    if not parsed.key:
        raise InputError(f"Line {number}: neither id nor url; give one of them.")
    return parsed


def entry_of(number: int, line: ReplayLine) -> Entry:
    """Return a line as the entry the running bot would have stored; it arrives when published."""
    text = line.text or line.summary or ""
    digest = hashlib.sha256(f"{line.title}\n{text}".encode()).hexdigest()
    return Entry(
        id=number,
        feed_id=None,
        guid=line.key,
        url=line.url or line.key,
        title=line.title,
        text=text,
        language=line.lang,
        outlet=line.source,
        outlet_name=line.source,
        country=line.country,
        published_at=line.published,
        seen_at=line.published,
        content_hash=digest,
    )


def read_all(
    reader: Reader, lines: Sequence[ReplayLine], on_progress: Callable[[int], None]
) -> list[Reading]:
    """Return the final reading of each line; entry ids are positions from 1."""
    readings: list[Reading] = []
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        batch = reader.read([entry_of(start + at, line) for at, line in enumerate(part, start=1)])
        readings.extend(replace(reading, vector=None) for reading in batch.readings)
        readings = _merged(readings, batch)
        on_progress(len(readings))
    return readings


def _merged(readings: list[Reading], batch: ReadBatch) -> list[Reading]:
    """Give the readings of stories that were merged their new one, those forgotten as well."""
    left = {readings[id_ - 1].story_id: story for id_, story in batch.moved.items()}
    if not left:
        return readings
    return [replace(one, story_id=left.get(one.story_id, one.story_id)) for one in readings]


def decisions(
    lines: Sequence[ReplayLine], readings: Sequence[Reading]
) -> Iterator[Mapping[str, Any]]:
    """Yield the decision of each line, in the shape of the ``replay`` command."""
    for line, reading in zip(lines, readings, strict=True):
        original = reading.duplicate_of
        yield {
            "id": line.key,
            "lang": reading.language,
            "relevance": round(reading.relevance, 4),
            "relevant": reading.relevant,
            "reasons": list(reading.reasons),
            "issue": str(reading.issue) if reading.relevant else None,
            "duplicate_of": lines[original - 1].key if original is not None else None,
            "story": str(reading.story_id) if reading.story_id is not None else None,
        }


def _totals(readings: Sequence[Reading]) -> ReplayTotals:
    return ReplayTotals(
        entries=len(readings),
        relevant=sum(reading.relevant for reading in readings),
        duplicates=sum(reading.duplicate_of is not None for reading in readings),
        stories=len({reading.story_id for reading in readings} - {None}),
    )
