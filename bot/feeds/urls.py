"""Addresses: one spelling per page, so that the same article is known again."""

from urllib.parse import unquote_plus

from yarl import URL

from bot.domain.errors import InputError

# The longest address that sitemaps may name (sitemaps.org) and Discord takes in an embed.
MAX_URL_LENGTH = 2048

# Families of campaign parameters: Google Analytics (utm_), Matomo (mtm_, matomo_, pk_,
# piwik_), HubSpot (hsa_, _hs), Oracle's Omeda (oly_), as in Miniflux's urlcleaner.go.
TRACKING_PREFIXES = ("utm_", "mtm_", "matomo_", "pk_", "piwik_", "hsa_", "_hs", "__hs", "oly_")

# Click identifiers, each of one service, as in Miniflux's urlcleaner.go and in Mozilla's
# and Brave's lists of stripped query parameters.
TRACKING_NAMES = frozenset(
    {
        "fbclid",  # Facebook
        "igshid",
        "igsh",  # Instagram
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "gclsrc",
        "srsltid",  # Google
        "msclkid",  # Microsoft
        "twclid",  # X
        "ttclid",  # TikTok
        "li_fat_id",  # LinkedIn
        "yclid",
        "ysclid",
        "_openstat",  # Yandex
        "mc_cid",
        "mc_eid",  # Mailchimp
        "mkt_tok",  # Marketo
        "vero_id",
        "vero_conv",  # Vero
        "wickedid",  # Wicked Reports
        "ml_subscriber",
        "ml_subscriber_hash",  # MailerLite
        "rb_clickid",  # RudderStack
        "s_cid",  # Adobe Analytics
        "dm_i",  # Dotdigital
        "ef_id",  # Adobe Advertising
        "_ga",
        "_gl",  # Google Analytics' cross-domain linker
        "campaign_id",
        "campaign_medium",
        "campaign_name",
        "campaign_source",
        "campaign_term",
        "campaign_content",
    }
)

# Parameters that say only how the reader came, on these sites (and below them):
# the BBC's at_ family (AT Internet), the New York Times' feed marks.
SITE_TRACKING: dict[str, tuple[str, ...]] = {
    "bbc.com": ("at_",),
    "bbc.co.uk": ("at_",),
    "nytimes.com": ("partner", "emc"),
}

# What a browser removes from an address before reading it (WHATWG URL Standard, 4.4).
IGNORED_CHARACTERS = str.maketrans("", "", "\t\r\n")


def canonical_url(url: str, base: str | None = None) -> str:
    """Return the one spelling of an article's address.

    Resolved against ``base``, host in lower case (IDNA), without default port, user,
    password, fragment and tracking parameters; the other parameters stay in their order.
    Applying it twice changes nothing. Raises InputError where the address is not http or
    https, has no host, or is longer than MAX_URL_LENGTH.
    """
    parsed = _parse(url, base)
    query = _without_tracking(parsed)
    canonical = f"{parsed.origin()}{parsed.raw_path}{'?' if query else ''}{query}"
    return _bounded(canonical)


def feed_url(url: str) -> str:
    """Return a feed's address as it is polled: checked, without fragment, else untouched.

    User, password and every parameter stay. Raises InputError as ``canonical_url`` does.
    """
    return _bounded(str(_parse(url, None).with_fragment(None)))


def shown_url(url: str) -> str:
    """Return an address that may be shown and logged: without user, password and query."""
    try:
        parsed = _parse(url, None)
    except InputError:
        return "(an address that cannot be read)"
    return str(parsed.with_user(None).with_query(None).with_fragment(None))


def _parse(url: str, base: str | None) -> URL:
    text = url.strip().translate(IGNORED_CHARACTERS)
    if len(text) > MAX_URL_LENGTH:
        raise InputError(_TOO_LONG)
    if not text:
        # Resolved, it would be the base: every item without an address would have that one.
        raise InputError("There is no address: give one such as https://example.org/rss")
    try:
        parsed = URL(base).join(URL(text)) if base else URL(text)
        host = (parsed.host or "").rstrip(".")
        if parsed.scheme in {"http", "https"} and host and parsed.port != 0:
            # yarl checks a host only where it is set.
            return parsed.with_host(host)
    except (ValueError, UnicodeError):
        raise InputError(
            f"{_quoted(text)} is not an address: give one such as https://example.org/rss"
        ) from None
    raise InputError(f"{_quoted(text)} is no web address: it must begin with http:// or https://")


def _without_tracking(url: URL) -> str:
    pieces = url.raw_query_string.split("&")
    kept = (piece for piece in pieces if piece and not _is_tracking(url.host or "", piece))
    return "&".join(kept)


def _is_tracking(host: str, piece: str) -> bool:
    name = unquote_plus(piece.partition("=")[0]).lower()
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES) or _is_site_mark(host, name)


def _is_site_mark(host: str, name: str) -> bool:
    for site, marks in SITE_TRACKING.items():
        if host == site or host.endswith("." + site):
            return name.startswith(marks) if marks[0].endswith("_") else name in marks
    return False


def _bounded(url: str) -> str:
    if len(url) > MAX_URL_LENGTH:
        raise InputError(_TOO_LONG)
    return url


_TOO_LONG = (
    f"The address is longer than {MAX_URL_LENGTH} characters: give the page's short address."
)


def _quoted(text: str) -> str:
    """Name an address in a message, without what follows an @ or a question mark in it."""
    shown = text.partition("?")[0].rpartition("@")[2][:80]
    return f"“{shown}”"
