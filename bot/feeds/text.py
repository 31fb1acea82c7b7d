"""From markup to plain text: what a reader would see of it, and nothing else."""

import re
from html.parser import HTMLParser

# A raw text beyond this is cut before its markup is read: a whole long article has 60,000.
MAX_MARKUP_LENGTH = 200_000

# Elements whose content is not for reading.
HIDDEN = frozenset(
    {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "form"}
)

# Elements within a line: text on both sides of their tags belongs together. In Japanese a
# space there would split a word.
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "mark", "q", "rb"}
    | {"ruby", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "wbr"}
)

# The readings set above Japanese characters, which would double the words.
RUBY_READING = frozenset({"rt", "rp"})

# Markup that became visible: it had been escaped twice, as many publishing systems do.
ESCAPED_TWICE = re.compile(
    r"</?(?:a|b|blockquote|br|div|em|figure|h[1-6]|i|img|li|p|script|span|strong|style|table|td|ul)"
    r"(?:\s[^<>]*)?/?>|&(?:#\d{2,6}|#x[0-9a-f]{2,5}|amp|lt|gt|quot|apos|nbsp|[lr][ds]quo|hellip);",
    re.IGNORECASE,
)

# A tag that another one interrupts: html.parser takes time in the square of these
# (measured on Python 3.13.0: 10 s for 30 kB of "<a "), and a browser shows no such tag.
INTERRUPTED_TAG = re.compile(r"<(?!!--)(?=[^<>]*+<)")

# Characters that are not text: controls other than white space, lone surrogates,
# noncharacters, byte order marks, soft hyphens, zero-width spaces, and the directional
# marks and overrides that make a line read otherwise than it is written (CVE-2021-42574).
NOT_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def plain_text(markup: str, *, limit: int) -> str:
    """Return the text of a fragment of HTML: one line, at most ``limit`` characters.

    Tags, scripts, styles and comments are dropped, entities resolved (twice where the
    publisher escaped twice), white space folded, control and direction characters removed.
    """
    text = _visible(markup[:MAX_MARKUP_LENGTH])
    if ESCAPED_TWICE.search(text):
        text = _visible(text)
    return shorten(fold(text), limit)


def fold(text: str) -> str:
    """Return the text on one line, without the characters that are not text."""
    return " ".join(NOT_TEXT.sub("", text).split())


def shorten(text: str, limit: int) -> str:
    """Cut the text to ``limit`` characters, at a word's end where one is near."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, tail = cut.rpartition(" ")
    # Japanese has no spaces: only a short last word is given up.
    kept = head if space and len(tail) < limit // 4 else cut
    return kept.rstrip() + "…"


def _visible(markup: str) -> str:
    if "<" not in markup and "&" not in markup:
        return markup
    reader = _Visible()
    reader.feed(INTERRUPTED_TAG.sub("&lt;", _without_open_comment(markup)))
    reader.close()
    return "".join(reader.pieces)


def _without_open_comment(markup: str) -> str:
    opened = markup.find("<!--", markup.rfind("-->") + 1)
    return markup if opened < 0 else markup[:opened]


class _Visible(HTMLParser):
    """Collects what is shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        if tag in HIDDEN or tag in RUBY_READING:
            self._hidden.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if tag in self._hidden:
            # Whatever was opened inside ends with it.
            del self._hidden[self._hidden.index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)

    def unknown_decl(self, data: str) -> None:
        # <![CDATA[…]]> inside HTML is a comment to browsers, a text to publishers.
        if data.startswith("CDATA[") and not self._hidden:
            self.pieces.append(data.removeprefix("CDATA["))

    def _break(self, tag: str) -> None:
        if tag not in INLINE and tag not in RUBY_READING:
            self.pieces.append(" ")
