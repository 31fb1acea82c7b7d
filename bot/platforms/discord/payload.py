"""What the outbox keeps of a page, and the request bodies that it becomes."""

import json
from dataclasses import dataclass
from typing import Any

import discord

from bot.platforms.discord.marker import nonce, signed
from bot.platforms.discord.render import Page, to_view

NO_MENTIONS = discord.AllowedMentions.none()

LAYOUT = discord.MessageFlags(components_v2=True).value
NO_PREVIEWS = discord.MessageFlags(suppress_embeds=True).value


@dataclass(frozen=True, kw_only=True, slots=True)
class Bodies:
    """The JSON bodies of a delivery's message: the layout, if any, and plain text in its stead."""

    layout: dict[str, Any] | None
    plain: dict[str, Any]


def freeze(page: Page) -> str:
    """Return the page as the outbox keeps it: JSON."""
    components: list[dict[str, Any]] = to_view(page).to_components()  # type: ignore[no-untyped-call]
    return _compact({"components": components, "plain": page.plain})


def freeze_plain(text: str) -> str:
    """Return words without a layout as the outbox keeps them."""
    return _compact({"plain": text})


def bodies(payload: str, key: str) -> Bodies:
    """Return what to post of a frozen page for the delivery of that key.

    Raises ValueError, KeyError, IndexError or TypeError for what ``freeze`` did not write.
    """
    frozen = json.loads(payload)
    shared = {
        "nonce": nonce(key),
        "enforce_nonce": True,
        "allowed_mentions": NO_MENTIONS.to_dict(),
    }
    plain = {"content": signed(frozen["plain"], key), "flags": NO_PREVIEWS, **shared}
    if "components" not in frozen:
        return Bodies(layout=None, plain=plain)
    footer = frozen["components"][0]["components"][-1]
    footer["content"] = signed(footer["content"], key)
    layout = {"components": frozen["components"], "flags": LAYOUT, **shared}
    return Bodies(layout=layout, plain=plain)


def edits(payload: str, key: str) -> list[dict[str, Any]]:
    """Return what to put in a message's place, the best first, for the delivery of that key.

    A message that was posted as plain words may become a layout, never the other way round
    (https://docs.discord.com/developers/components/reference#legacy-message-component-behavior).
    Raises as ``bodies`` does.
    """
    posts = bodies(payload, key)
    found = [posts.layout, None if posts.layout is None else posts.layout | {"content": None}]
    plain = posts.plain | {"flags": NO_PREVIEWS}
    unnamed = [body for body in (*found, plain) if body is not None]
    return [
        {name: value for name, value in body.items() if name not in {"nonce", "enforce_nonce"}}
        for body in unnamed
    ]


def _compact(frozen: object) -> str:
    return json.dumps(frozen, ensure_ascii=False, separators=(",", ":"))
