"""How a delivery is known again: by its nonce while fresh, later by a mark in the footer."""

from hashlib import sha256

# Discord: a nonce has at most 25 characters, https://docs.discord.com/developers/resources/message
NONCE_LENGTH = 24

# 48 bits: among the few thousand messages of a search no two are ever alike.
MARK_LENGTH = 12

SEPARATOR = " · "

# A narrow space that does not break.
NARROW = "\u202f"


def nonce(key: str) -> str:
    """Return the nonce of a delivery's key: the same for every attempt."""
    return _hash(key)[:NONCE_LENGTH]


def mark(key: str) -> str:
    """Return what a delivery's message ends with, as a reader sees it: "№ 3f9a2c7d1e4b"."""
    return f"№{NARROW}{_hash(key)[:MARK_LENGTH]}"


def signed(footer: str, key: str) -> str:
    """Return the footer with the delivery's mark at its end."""
    return f"{footer}{SEPARATOR}{mark(key)}"


def is_signed(text: str, key: str) -> bool:
    """Tell whether a text ends with the delivery's mark.

    Only ever ask this of a footer: it is ours, while a feed could put a mark into a story.
    """
    return text.rstrip().endswith(_hash(key)[:MARK_LENGTH])


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
