"""A digest as data, for the destinations that programs read: files and webhooks.

One JSON object::

    {"key": str, "topic", "title", "language", "slot_at": time | null,
     "digest": the document of bot.rendering.json, "markdown": str, "text": str}

``key`` is the delivery's own, the same with every attempt: two objects of one key are one
digest.
"""

import json
from collections.abc import Mapping

from bot.domain.model import Delivery, Digest, Notice, Rejected
from bot.rendering.texts import Texts

DAMAGED = "The stored digest is damaged: the next one is not."

SHARED = ("topic", "title", "language", "slot_at")


class DataMessenger:
    """What the messengers of data have in common: the whole digest in one part, no notices."""

    def __init__(self, texts: Mapping[str, Texts]) -> None:
        self._texts = texts

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Return the digest as data, in one part."""
        return (freeze(digest, self._texts[digest.language]),)

    def render_notice(self, notice: Notice) -> str | None:
        """Return nothing: who runs the bot reads its log."""
        return None


def whole(delivery: Delivery) -> bytes | Rejected:
    """Return a delivery's whole object as bytes, or that what was stored is no digest."""
    try:
        return with_key(delivery.payload, delivery.key).encode()
    except ValueError:
        return Rejected(problem=DAMAGED)


def freeze(digest: Digest, texts: Texts) -> str:
    """Return the digest as the outbox keeps it: the object above without its key."""
    from bot.rendering.json import render_json
    from bot.rendering.markdown import render_markdown
    from bot.rendering.text import render_text

    document = json.loads(render_json(digest, texts))
    frozen = {
        **{name: document[name] for name in SHARED},
        "digest": document,
        "markdown": render_markdown(digest, texts),
        "text": render_text(digest, texts),
    }
    return _compact(frozen)


def with_key(payload: str, key: str) -> str:
    """Return the whole object, on one line, beginning with its key.

    Raises ValueError for what ``freeze`` did not write.
    """
    frozen = json.loads(payload)
    if not isinstance(frozen, dict):
        raise ValueError("no object")  # noqa: TRY004 - as JSON's own errors
    return _compact({"key": key, **frozen})


def key_prefix(key: str) -> bytes:
    """Return what the object of that key begins with, on its line."""
    return f'{{"key":{json.dumps(key)},'.encode()


def _compact(value: object) -> str:
    # One line whatever the texts hold: JSON escapes line breaks, and ASCII the odd separators.
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
