"""Slack's limits on blocks, as its reference and its users report them; ours are narrower."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]

MOST_BLOCKS = 50
ALL_BLOCKS = 11_341  # the smallest total that Slack was seen to refuse
HEADER, TEXT, ELEMENTS = 150, 3000, 10
STYLES = {"bold", "italic", "strike", "code"}


def units(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def problem_with(blocks: object) -> str | None:
    """Return Slack's error code for the blocks, or None where it would take them."""
    if not isinstance(blocks, list) or list(_wrong(blocks)):
        return "invalid_blocks"
    total = units(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
    return "msg_blocks_too_long" if total >= ALL_BLOCKS else None


def _wrong(blocks: Sequence[Block]) -> Iterator[str]:
    if not 0 < len(blocks) <= MOST_BLOCKS:
        yield f"{len(blocks)} blocks"
    for block in blocks:
        check = CHECKS.get(str(block.get("type")))
        if check is None:
            yield f"unknown block {block.get('type')}"
        else:
            yield from check(block)


def _header(block: Block) -> Iterator[str]:
    yield from _text_object(block.get("text"), most=HEADER, kinds={"plain_text"})


def _section(block: Block) -> Iterator[str]:
    yield from _text_object(block.get("text"), most=TEXT, kinds={"plain_text", "mrkdwn"})


def _context(block: Block) -> Iterator[str]:
    elements = block.get("elements", ())
    if not 0 < len(elements) <= ELEMENTS:
        yield f"{len(elements)} context elements"
    for element in elements:
        yield from _text_object(element, most=TEXT, kinds={"plain_text", "mrkdwn"})


def _text_object(text: Any, *, most: int, kinds: set[str]) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"no text object: {text}"
    elif not 0 < units(text.get("text", "")) <= most:
        yield f"text of {units(text.get('text', ''))}"


def _rich_text(block: Block) -> Iterator[str]:
    elements = block.get("elements", ())
    if not elements:
        yield "empty rich_text"
    for element in elements:
        if element["type"] == "rich_text_list":
            if element.get("style") not in {"bullet", "ordered"} or not element.get("elements"):
                yield "bad list"
            for line in element["elements"]:
                yield from _rich_section(line)
        else:
            yield from _rich_section(element)


def _rich_section(section: Block) -> Iterator[str]:
    if section.get("type") != "rich_text_section" or not section.get("elements"):
        yield f"bad section {section}"
    for part in section["elements"]:
        if part["type"] == "channel":
            if not str(part.get("channel_id", "")).startswith("C"):
                yield f"bad channel {part}"
            continue
        if not part.get("text") or part.get("style", {}).keys() - STYLES:
            yield f"bad part {part}"
        if part["type"] == "link" and not part.get("url", "").startswith(("https://", "http://")):
            yield f"bad link {part}"
        if part["type"] not in {"text", "link"}:
            yield f"bad kind {part}"


def _divider(block: Block) -> Iterator[str]:
    if block.keys() - {"type", "block_id"}:
        yield "divider with more"


CHECKS = {
    "header": _header,
    "section": _section,
    "context": _context,
    "rich_text": _rich_text,
    "divider": _divider,
}
