"""How the parsing process and its owner speak: frames with their length before them."""

import struct
from datetime import datetime

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from bot.domain.model import ParsedFeed

HEADER = struct.Struct(">I")

# Far above what MAX_ENTRIES texts of a body of 10 MB can come to.
MAX_FRAME = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is to be parsed, beside the body, which follows in a frame of its own."""

    content_type: str | None
    url: str
    zone: str | None
    now: datetime


# JSON, not pickle: what comes from the process that read a hostile document is data.
REQUEST = TypeAdapter(Request)
PARSED_FEED = TypeAdapter(ParsedFeed)


def frame(payload: bytes) -> bytes:
    """Return the payload with its length before it."""
    return HEADER.pack(len(payload)) + payload


def length_of(header: bytes) -> int:
    """Return the length that a header announces; raises ValueError above MAX_FRAME."""
    length: int = HEADER.unpack(header)[0]
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length} bytes")
    return length
