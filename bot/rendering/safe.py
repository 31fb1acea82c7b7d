"""What comes from feeds, made harmless before any format sees it."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

# Longer than any headline, name or sentence of the outlets we follow; a hostile feed gets no page.
TITLE_LIMIT = 300
NAME_LIMIT = 80
SENTENCE_LIMIT = 1000

# Control, format and surrogate characters: escape sequences, bidirectional overrides, invisible
# text. The joiners are kept: emoji and several scripts are spelled with them.
UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
JOINERS = frozenset("\u200c\u200d")

# What stays bare in an address, besides letters, digits and "-._~". Everything else (brackets,
# quotes, spaces, "@", ";" that could end an entity) is percent-encoded and so never markup.
ADDRESS_SAFE = "%/:?#&=+,!$"

# "@name", "<@id>", "<#id>", "<!channel>": what chat platforms and forges read as a mention.
MENTION = re.compile(r"@(?=[\w&!])|<(?=[@#!])")
ZERO_WIDTH_SPACE = "\u200b"


def clean(text: str, limit: int = SENTENCE_LIMIT) -> str:
    """Return the text as one line without control or invisible characters, cut at ``limit``."""
    spaced = " ".join(text[: limit * 4].split())
    line = " ".join("".join(filter(_is_safe, spaced)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def defuse(text: str) -> str:
    """Return the text with a zero-width space in each mention, so that nobody is called."""
    return MENTION.sub(lambda match: match.group() + ZERO_WIDTH_SPACE, text)


def safe_url(url: str) -> str | None:
    """Return the address if it is a plain web address, percent-encoded; else None.

    Addresses with a user name are refused: ``https://known.example@evil.example`` deceives.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "\\" in url:
        return None
    return quote(parts.geturl(), safe=ADDRESS_SAFE, errors="replace")


def _is_safe(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character) not in UNSAFE_CATEGORIES
