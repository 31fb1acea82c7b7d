"""The evaluation data, where it is there: it belongs to its publishers and is never shipped."""

import csv
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot.domain.topic import Name, Topic

ROOT = Path(__file__).parents[1]
LABELS = Path(__file__).parent / "labels"
VARIABLE = "STRAIT_EVAL_DATA"
ABSENT = (
    f"The evaluation data is absent: set {VARIABLE} to its folder, or put it in ../shared/data "
    "beside the checkout."
)

Record = Mapping[str, Any]


def folder() -> Path | None:
    """Return the folder of the evaluation data, None where it is absent."""
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else ROOT.parent / "shared" / "data"
    return path if path.is_dir() else None


def records(name: str) -> list[Record]:
    """Return the lines of a file of the evaluation data.

    Raises:
        FileNotFoundError: the data is absent; the error says how to point at it.
    """
    found = folder()
    if found is None:
        raise FileNotFoundError(ABSENT)
    with (found / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled(name: str) -> list[Record]:
    """Return the items of the stream that ``labels/NAME.csv`` labels, with what it says of them.

    They come in order of publication, their addresses as their ids.

    Raises:
        FileNotFoundError: the data is absent; the error says how to point at it.
    """
    with (LABELS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        labels = {row["url"]: row for row in csv.DictReader(lines)}
    stream = {row["url"]: row for row in records("stream_dev.jsonl") if row["url"] in labels}
    rows = [{**stream[url], **label, "id": url} for url, label in labels.items()]
    return sorted(rows, key=lambda row: datetime.fromisoformat(row["published"]))


def chains() -> Mapping[str, list[str]]:
    """Return the chains of follow-ups: the events of each, by the chain's name.

    Raises:
        FileNotFoundError: the data is absent; the error says how to point at it.
    """
    found = folder()
    if found is None:
        raise FileNotFoundError(ABSENT)
    text = (found / "trilingual_dev_chains.json").read_text("utf-8")
    return TypeAdapter(dict[str, list[str]]).validate_python(json.loads(text))


def names() -> tuple[Name, ...]:
    """Return the table of names of this checkout."""
    table = tomllib.loads((ROOT / "config" / "names.toml").read_text("utf-8"))
    return TypeAdapter(tuple[Name, ...]).validate_python(table["name"])


def topic(topic_id: str = "japan-korea") -> Topic:
    """Return a topic of this checkout."""
    text = (ROOT / "config" / "topics" / f"{topic_id}.toml").read_text("utf-8")
    return TypeAdapter(Topic).validate_python(tomllib.loads(text))
