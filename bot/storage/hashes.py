"""By what a changed entry is told from an unchanged one."""

import hashlib


def content_hash(title: str, text: str) -> str:
    """Return the SHA-256 of what an entry says."""
    return hashlib.sha256(f"{title}\0{text}".encode(errors="replace")).hexdigest()
