"""Block Kit pieces for words of any origin.

Everything is ``plain_text`` or ``rich_text``, whose words Slack shows as they are: it looks
for markup, emoji names, links and mentions in ``mrkdwn`` alone, and none is made here.
Mentions are defused all the same: nobody must be called by what a feed says.
"""

import html
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from slack_sdk.models.blocks import (
    ContextBlock,
    HeaderBlock,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextListElement,
    RichTextSectionElement,
    SectionBlock,
)

from bot.rendering.safe import defuse

Block = dict[str, Any]
T = TypeVar("T")
Part = RichTextElementParts.Text | RichTextElementParts.Link | RichTextElementParts.Channel

# https://docs.slack.dev/reference/block-kit/blocks: what a header and a text object hold.
HEADER_LIMIT = 150
TEXT_LIMIT = 3000

# Longer addresses are trackers or traps, and a message has room for few of them.
ADDRESS_LIMIT = 1000

# Slack refuses elements without text; a feed can name an outlet with invisible characters.
NOTHING = "–"


def header(text: str) -> Block:
    """Return a heading, cut to what one may hold."""
    return _dict(HeaderBlock(text=_plain(text, HEADER_LIMIT)))


def context(text: str) -> Block:
    """Return a line of small grey words."""
    return _dict(ContextBlock(elements=[_plain(text, TEXT_LIMIT)]))


def paragraph(text: str) -> Block:
    """Return plain words that keep their line breaks."""
    return _dict(SectionBlock(text=_plain(text, TEXT_LIMIT)))


def rich(*elements: RichTextSectionElement | RichTextListElement) -> Block:
    """Return rich text of sections and lists."""
    return _dict(RichTextBlock(elements=list(elements)))


def section(parts: Iterable[Part]) -> RichTextSectionElement:
    """Return a run of words and links."""
    return RichTextSectionElement(elements=list(parts))


def bullets(lines: Iterable[Sequence[Part]]) -> RichTextListElement:
    """Return a bulleted list."""
    return RichTextListElement(style="bullet", elements=[section(line) for line in lines])


def words(text: str, *, bold: bool = False) -> Part:
    """Return words that are shown as they are."""
    return RichTextElementParts.Text(text=defuse(text) or NOTHING, style=_style(bold=bold))


def code(text: str) -> Part:
    """Return words as they are to be typed."""
    style = RichTextElementParts.TextStyle(code=True)
    return RichTextElementParts.Text(text=defuse(text) or NOTHING, style=style)


def link(text: str, url: str | None, *, bold: bool = False) -> Part:
    """Return words that lead to a safe web address, or words alone where there is none."""
    if url is None or len(url) > ADDRESS_LIMIT:
        return words(text, bold=bold)
    return RichTextElementParts.Link(text=defuse(text) or NOTHING, url=url, style=_style(bold=bold))


def escape(text: str) -> str:
    """Return words for a message's ``text``, where Slack does look for markup and mentions."""
    return html.escape(defuse(text), quote=False)


def cut(text: str, limit: int) -> str:
    """Return the text in at most ``limit`` UTF-16 units, as Slack's own clients count."""
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)]
    return kept.decode("utf-16-le", errors="ignore").rstrip() + "…"


def units(text: str) -> int:
    """Return the text's length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def size(blocks: Sequence[Block]) -> int:
    """Return the UTF-16 units that the blocks take as JSON: more than Slack counts of them."""
    written = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
    return units(written)


def paragraphs(lines: Iterable[str]) -> list[Block]:
    """Return plain lines in as many paragraphs as they need."""
    groups = packed(lines, lambda group: units(defuse("\n".join(group))) <= TEXT_LIMIT)
    return [paragraph("\n".join(group)) for group in groups]


def packed(things: Iterable[T], fits: Callable[[Sequence[T]], bool]) -> Iterator[list[T]]:
    """Yield groups of things in order, each as large as fits; one alone is taken as it is."""
    group: list[T] = []
    for thing in things:
        if group and not fits([*group, thing]):
            yield group
            group = []
        group.append(thing)
    if group:
        yield group


def _plain(text: str, limit: int) -> PlainTextObject:
    return PlainTextObject(text=cut(defuse(text), limit) or NOTHING, emoji=False)


def _style(*, bold: bool) -> RichTextElementParts.TextStyle | None:
    return RichTextElementParts.TextStyle(bold=True) if bold else None


def _dict(block: HeaderBlock | ContextBlock | SectionBlock | RichTextBlock) -> Block:
    made: Block = block.to_dict()
    return made
