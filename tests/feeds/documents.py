"""Feed documents made for the tests."""

from collections.abc import Sequence


def rss(*items: str, channel: str = "", declaration: str = '<?xml version="1.0"?>') -> str:
    """Return an RSS 2.0 document of these items' inner XML."""
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{declaration}<rss version="2.0"><channel><title>Harbour Wire</title>'
        f"{channel}{body}</channel></rss>"
    )


def item(number: int = 1, *, title: str | None = None, extra: str = "") -> str:
    """Return an item's inner XML."""
    words = title if title is not None else f"Ministers meet again, day {number}"
    return (
        f"<title>{words}</title><link>https://wire.example/{number}</link>"
        f"<guid>wire-{number}</guid>{extra}"
    )


def feed_of(numbers: Sequence[int]) -> bytes:
    """Return an RSS document with one item for each number."""
    return rss(*(item(number) for number in numbers)).encode()
