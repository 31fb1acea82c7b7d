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
    """The JSON bodies of a delivery's message: the layout, and plain text in its stead."""

    layout: dict[str, Any]
    plain: dict[str, Any]


def freeze(page: Page) -> str:
    """Return the page as the outbox keeps it: JSON."""
    components: list[dict[str, Any]] = to_view(page).to_components()  # type: ignore[no-untyped-call]
    frozen = {"components": components, "plain": page.plain}
    return json.dumps(frozen, ensure_ascii=False, separators=(",", ":"))


def bodies(payload: str, key: str) -> Bodies:
    """Return what to post of a frozen page for the delivery of that key.

    Raises ValueError, KeyError, IndexError or TypeError for what ``freeze`` did not write.
    """
    frozen = json.loads(payload)
    footer = frozen["components"][0]["components"][-1]
    footer["content"] = signed(footer["content"], key)
    shared = {
        "nonce": nonce(key),
        "enforce_nonce": True,
        "allowed_mentions": NO_MENTIONS.to_dict(),
    }
    plain = {"content": signed(frozen["plain"], key), "flags": NO_PREVIEWS}
    return Bodies(
        layout={"components": frozen["components"], "flags": LAYOUT, **shared},
        plain={**plain, **shared},
    )
