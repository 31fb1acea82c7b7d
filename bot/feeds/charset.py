"""From bytes to text: what the bytes say beats what is declared of them."""

import codecs
import re
from collections.abc import Iterator

import chardet

# What browsers read under these names (WHATWG Encoding Standard, 4.2): the vendor's
# superset, which publishers mean when they declare the standard.
SUPERSETS = {
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "ksc5601": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}

# Python's codecs that are no character encodings of documents, some of them slow.
NOT_FOR_DOCUMENTS = frozenset(
    {
        "idna",
        "punycode",
        "raw-unicode-escape",
        "unicode-escape",
        "utf-7",
        "undefined",
        "mbcs",
        "oem",
    }
)

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    # The UTF-32 mark begins with the UTF-16 one, so it is looked for first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# How the first "<" looks in encodings of two and four bytes without a mark (XML 1.0, F.1).
WIDE_STARTS = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)

# Escapes of ISO-2022-JP and -KR: no other text that is sent holds them.
ISO_2022 = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$[@B]|\x1b\([JI]"), "iso2022_jp_ext"),
)

XML_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']"""
)
HTTP_DECLARED = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

# A document with fewer broken characters than this share of its non-ASCII ones is in that
# encoding and has a few damaged bytes; in a wrong one most of them break.
DAMAGE = 0.1

# As much as the detector needs: more makes it slower, not surer.
DETECTED_BYTES = 64 * 1024


def decode(body: bytes, content_type: str | None) -> str:
    """Return the document's text, without a byte order mark; damaged bytes become U+FFFD.

    The order: byte order mark, escapes, valid UTF-8, the HTTP charset, the XML
    declaration, what chardet detects.
    """
    for encoding in _candidates(body, content_type):
        text = _decode_nearly(body, encoding)
        if text is not None:
            return text.removeprefix("\ufeff")
    return body.decode("utf-8", errors="replace")


def _candidates(body: bytes, content_type: str | None) -> Iterator[str]:
    yield from (encoding for mark, encoding in BOMS if body.startswith(mark))
    yield from (encoding for start, encoding in WIDE_STARTS if body.lstrip().startswith(start))
    yield from (encoding for escape, encoding in ISO_2022 if escape.search(body))
    yield "utf-8"
    if match := HTTP_DECLARED.search(content_type or ""):
        yield match[1]
    if declared := XML_DECLARED.match(body[:1024]):
        yield declared[1].decode("ascii")
    yield chardet.detect(body[:DETECTED_BYTES])["encoding"] or "utf-8"


def _decode_nearly(body: bytes, encoding: str) -> str | None:
    """Decode where at most DAMAGE of the characters beyond ASCII are broken, else None."""
    name = _codec(encoding)
    if name is None:
        return None
    try:
        return body.decode(name)
    except UnicodeDecodeError:
        text = body.decode(name, errors="replace")
    beyond_ascii = sum(not character.isascii() for character in text)
    return text if text.count("\ufffd") <= DAMAGE * beyond_ascii else None


def _codec(encoding: str) -> str | None:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return None
    name = SUPERSETS.get(name, name)
    # Bytes-to-bytes codecs (zip, base64) are refused by bytes.decode with a LookupError.
    is_text = getattr(codecs.lookup(name), "_is_text_encoding", True)
    return name if is_text and name not in NOT_FOR_DOCUMENTS else None
