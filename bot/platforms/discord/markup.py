"""Discord's dialect of Markdown: plain text made to show as itself, links, moments, lengths."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.rendering.markdown import escape as escape_markdown

# Written without "https://" these still become links or invitations: "discord.gg/…".
BARE_ADDRESS = re.compile(r"\.(?=\w+/)")

# ":smile:" becomes an emoji.
SHORTCODE = re.compile(r":(?=\w+:)")

# Discord reads a link's text up to its brackets, escaped or not.
BRACKETS = str.maketrans("[]", "()")

# Where an ISO 3166-1 alpha-2 letter lies among the regional indicators, which make flags.
FLAG_OFFSET = ord("🇦") - ord("A")
COUNTRY_CODE = re.compile(r"[A-Z]{2}")
GLOBE = "🌏"

# A feed can name an outlet with characters that nobody sees.
NOTHING = "–"

# Longer addresses are trackers or traps, and a message has room for few of them.
ADDRESS_LIMIT = 800


def escape(text: str) -> str:
    """Return one line of plain text as Markdown that shows exactly it and mentions nobody."""
    return SHORTCODE.sub(r"\\:", BARE_ADDRESS.sub(r"\\.", escape_markdown(text)))


def link(text: str, url: str | None) -> str:
    """Return a link that shows no preview; the text alone where the address is none or endless."""
    text = text or NOTHING
    if not url or len(url) > ADDRESS_LIMIT:
        return escape(text)
    return f"[{escape(text.translate(BRACKETS))}](<{url}>)"


def ago(moment: datetime) -> str:
    """Return a moment as each reader's Discord tells it: "3 hours ago", kept up to date."""
    return f"<t:{int(moment.timestamp())}:R>"


def on(moment: datetime) -> str:
    """Return a moment as a date and time in each reader's own zone and language."""
    return f"<t:{int(moment.timestamp())}:F>"


def flag(country: str) -> str:
    """Return the flag of a country code, or a globe for anything else."""
    if not COUNTRY_CODE.fullmatch(country):
        return GLOBE
    return "".join(chr(ord(letter) + FLAG_OFFSET) for letter in country)


def units(text: str) -> int:
    """Return the length in UTF-16 units: never less than however Discord counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def chunks(lines: Sequence[str], limit: int) -> list[str]:
    """Join lines into as few texts of at most ``limit`` units as possible, in order."""
    texts: list[str] = []
    for line in lines:
        if texts and units(texts[-1]) + 1 + units(line) <= limit:
            texts[-1] = f"{texts[-1]}\n{line}"
        else:
            texts.append(line)
    return texts
