"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Mapping
from typing import Any

from bot.feeds.items import RawItem

VERSION = "https://jsonfeed.org/version/"


def read_json(text: str) -> Mapping[str, Any] | None:
    """Return the JSON object of a JSON Feed, or None where the text is no JSON Feed."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    return document if _text(document, "version").startswith(VERSION) else None


def raw_item(item: object) -> RawItem | None:
    """Return an item of a JSON Feed; None where it is no object."""
    if not isinstance(item, dict):
        return None
    return RawItem(
        guid=_text(item, "id") or None,
        links=[_text(item, "url"), _text(item, "external_url")],
        title=_escaped(_text(item, "title")),
        texts=[
            _text(item, "content_html"),
            _escaped(_text(item, "content_text")),
            _escaped(_text(item, "summary")),
        ],
        dates=[_text(item, "date_published"), _text(item, "date_modified")],
        language=_text(item, "language") or None,
    )


def feed_text(document: Mapping[str, Any], key: str) -> str:
    """Return a plain string of the feed, as markup."""
    return _escaped(_text(document, key))


def _text(item: Mapping[str, Any], key: str) -> str:
    # Version 1.0 allowed numbers as ids.
    value = item.get(key)
    return str(value) if isinstance(value, str | int) else ""


def _escaped(text: str) -> str:
    # These members are plain text by the specification: a "<" in them is a character.
    return text.replace("&", "&amp;").replace("<", "&lt;")
