"""What kind of document an address answered with, before anything parses it."""

import re
from dataclasses import dataclass
from enum import StrEnum

# A tag with more attributes than this is an attack: feedparser takes time in their square
# (measured: 0.24 s at 5,000). Real feeds have some 20, with all their namespaces.
MAX_ATTRIBUTES = 500

# Where a feed's first element must begin: behind a stray warning, not behind a whole page.
SEARCHED_LENGTH = 64 * 1024

# What may stand before the first element (XML 1.0, productions 22 to 28).
PROLOG_PIECE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*>", re.DOTALL | re.IGNORECASE)
INTERNAL_SUBSET = re.compile(r"<!DOCTYPE[^>\[]*\[|<!ENTITY\b", re.IGNORECASE)
FEED_ELEMENT = re.compile(r"<(?:\w{1,20}:)?(?:rss|rdf|feed|channel)[\s>/]", re.IGNORECASE)
HTML_ELEMENT = re.compile(r"<(?:html|head|body|script|div|title|meta|p)[\s>/]", re.IGNORECASE)
HTML_DOCTYPE = re.compile(r"<!DOCTYPE\s+html", re.IGNORECASE)

# One tag with its quoted attributes; possessive, and never past the next "<", so that no
# text makes it slow.
TAG = re.compile(r"""<[A-Za-z_](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""")
ITEM = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s/>]")


class Kind(StrEnum):
    """What a document is."""

    XML_FEED = "xml feed"
    JSON = "json"
    HTML = "html"
    EMPTY = "empty"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document and what it is; ``root`` is where a feed's first element begins."""

    text: str
    kind: Kind
    root: int = 0


def inspect(text: str) -> Document:
    """Say what a document is by how it begins, whatever its Content-Type claims."""
    start = _prolog_end(text)
    head = text[start : start + SEARCHED_LENGTH]
    if not head.strip():
        return Document(text=text, kind=Kind.EMPTY)
    if head[0] in "{[":
        return Document(text=text, kind=Kind.JSON)
    feed, html = FEED_ELEMENT.search(head), HTML_ELEMENT.search(head)
    if feed and not (html and html.start() < feed.start() and HTML_DOCTYPE.search(text[:start])):
        return Document(text=text, kind=Kind.XML_FEED, root=start + feed.start())
    is_page = html or HTML_DOCTYPE.search(text[: start + 200])
    return Document(text=text, kind=Kind.HTML if is_page else Kind.OTHER)


def _prolog_end(text: str) -> int:
    end = 0
    while piece := PROLOG_PIECE.match(text, end):
        end = piece.end()
    return end


def declares_entities(document: Document) -> bool:
    """Tell whether an internal subset or an entity declaration stands before the feed.

    A bare DOCTYPE is legal: RSS 0.91 has one.
    """
    return INTERNAL_SUBSET.search(document.text, 0, document.root) is not None


def has_too_many_attributes(text: str) -> bool:
    """Tell whether a tag has more than MAX_ATTRIBUTES attributes."""
    shortest = MAX_ATTRIBUTES * len(" a=b")
    tags = (match[0] for match in TAG.finditer(text) if match.end() - match.start() > shortest)
    return any(tag.count("=") > MAX_ATTRIBUTES for tag in tags)


def first_items(text: str, limit: int) -> str:
    """Return the document with its first ``limit`` items: feeds begin with the newest."""
    starts = [match.start() for match in ITEM.finditer(text)]
    if len(starts) <= limit:
        return text
    cut = starts[limit]
    # The ends of </item>, </entry> and </atom:entry>.
    closing = max(text.rfind("item>", cut), text.rfind("entry>", cut))
    after = text.index(">", closing) + 1 if closing >= 0 else len(text)
    return text[:cut] + text[after:]
