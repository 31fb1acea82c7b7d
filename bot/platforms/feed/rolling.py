"""A feed file of the last entries: replaced whole or not at all, whatever dies meanwhile.

A name that ends in ``.json`` holds a JSON Feed, any other an Atom feed. The file is its own
history: what it holds is read back before it is written anew.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from bot.rendering.feeds import ATOM, XML_LANG, FeedEntry, FeedHead, render_atom, render_json_feed

# A feed is made to be served by another program, under another user.
MODE = 0o644

# A feed of ours holds some digests of a few kilobytes each.
MOST_BYTES = 16 * 1024 * 1024


class BrokenFeedError(Exception):
    """The file is no feed that we wrote."""


def put(path: Path, head: FeedHead, entry: FeedEntry, *, keep: int) -> None:
    """Put an entry into the file, in the place of one of its id; the oldest ones fall out.

    Raises OSError where the file cannot be written, BrokenFeedError where it is another's.
    """
    with _alone(path):
        others = [known for known in _read(path) if known.id != entry.id]
        newest = sorted([*others, entry], key=lambda known: known.published_at)[-keep:]
        render = render_json_feed if _is_json(path) else render_atom
        _replace(path, render(head, newest))


def has_entry(path: Path, entry_id: str) -> bool:
    """Tell whether the file has the entry; raises as ``put`` does."""
    return any(known.id == entry_id for known in _read(path))


def _is_json(path: Path) -> bool:
    return path.suffix.casefold() == ".json"


def _read(path: Path) -> Sequence[FeedEntry]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BrokenFeedError
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise
        return ()
    except UnicodeDecodeError as error:
        raise BrokenFeedError from error
    try:
        return _json_entries(content) if _is_json(path) else _atom_entries(content)
    except (ValueError, KeyError, TypeError, AttributeError, ET.ParseError) as error:
        raise BrokenFeedError from error


def _json_entries(content: str) -> list[FeedEntry]:
    return [
        FeedEntry(
            id=item["id"],
            title=item["title"],
            html=item["content_html"],
            text=item["content_text"],
            language=item["language"],
            published_at=datetime.fromisoformat(item["date_published"]),
            updated_at=datetime.fromisoformat(item["date_modified"]),
        )
        for item in json.loads(content)["items"]
    ]


def _atom_entries(content: str) -> list[FeedEntry]:
    if "<!DOCTYPE" in content:
        # None of ours has one, and entities could make it endless.
        raise BrokenFeedError
    feed = ET.fromstring(content)  # noqa: S314 - our own file, without a document type

    def text(entry: ET.Element, name: str) -> str:
        found = entry.find(f"{{{ATOM}}}{name}")
        if found is None:
            raise BrokenFeedError
        return found.text or ""

    if feed.tag != f"{{{ATOM}}}feed":
        raise BrokenFeedError
    return [
        FeedEntry(
            id=text(entry, "id"),
            title=text(entry, "title"),
            html=text(entry, "content"),
            text=text(entry, "summary"),
            language=entry.get(XML_LANG, ""),
            published_at=datetime.fromisoformat(text(entry, "published")),
            updated_at=datetime.fromisoformat(text(entry, "updated")),
        )
        for entry in feed.findall(f"{{{ATOM}}}entry")
    ]


def _replace(path: Path, content: str) -> None:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    part = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), MODE)
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # Until the folder is on the disk the new name is not.
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one writer at a time read and replace the file: two processes may hand over."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
