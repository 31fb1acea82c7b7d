"""Web addresses as people type and see them."""

import re
from urllib.parse import SplitResult, urlsplit

UNREADABLE = "(an address that cannot be read)"

# Parameters whose names say that their values are secrets.
SECRET_PARAMETER = re.compile(
    r"(?<=[?&;])([^=&;#]*(?:key|token|auth|secret|passw|pwd|sig|credential|session)[^=&;#]*=)[^&;#]+",
    re.IGNORECASE,
)


def is_web_address(url: str) -> bool:
    """Tell whether it is an absolute http or https address."""
    parts = _split(url)
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)


def shown_url(url: str) -> str:
    """Return what may be shown of an address: no user, password, query or fragment.

    These hold the secrets of private feeds. Text that is no address loses the same parts,
    for it may be one that was mistyped.
    """
    parts = _split(url.strip())
    if parts is None:
        return UNREADABLE
    if not parts.netloc:
        return url.strip().partition("?")[0].partition("#")[0].rpartition("@")[2]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".removeprefix("://")


def without_credentials(url: str) -> str:
    """Return the address without user, password, and parameters that are named like secrets.

    Unlike what ``shown_url`` returns, it is still the address of the same feed.
    """
    parts = _split(url)
    if parts is None:
        return UNREADABLE
    whole = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    shown = SECRET_PARAMETER.sub(r"\1", whole)
    # An address that geturl only spells differently is left as it is.
    return shown if shown != urlsplit(url).geturl() else url


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        # Raises for a port that is none. It is one half of a password that holds a slash or a
        # question mark: the user's name and both halves would be shown.
        _ = parts.port
    except ValueError:
        return None
    return parts
