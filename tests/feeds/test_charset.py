import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.charset import decode

JAPANESE = "日韓の外相が東京で会談し、シャトル外交の再開で一致した。" * 3
KOREAN = "한일 외교장관이 도쿄에서 만나 셔틀외교 재개에 합의했다." * 3
CASES = [
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc-jp"),
    (JAPANESE, "iso-2022-jp"),
    (KOREAN, "euc-kr"),
    (KOREAN, "cp949"),
]


def document(text: str, declared: str | None) -> str:
    encoding = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{encoding}?><rss><title>{text}</title></rss>'


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_a_declared_encoding_is_read(text: str, encoding: str) -> None:
    """In the document or in the header."""
    assert text in decode(document(text, encoding).encode(encoding), "application/xml")
    bare = document(text, None).encode(encoding)
    assert text in decode(bare, f"text/xml; charset={encoding}")


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_a_wrong_or_missing_declaration_is_seen_through(text: str, encoding: str) -> None:
    """The bytes are no UTF-8, whatever they are declared to be."""
    assert text in decode(document(text, "utf-8").encode(encoding), "application/xml")
    assert text in decode(document(text, None).encode(encoding), "text/xml; charset=utf-8")


@pytest.mark.parametrize("declared", ["euc-kr", "shift_jis", "iso-8859-1", "no-such-charset"])
def test_valid_utf8_beats_what_is_declared(declared: str) -> None:
    """Nothing but UTF-8 is valid UTF-8 by chance."""
    assert KOREAN in decode(document(KOREAN, declared).encode(), f"text/xml; charset={declared}")


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-8-sig"]
)
def test_wide_encodings_are_known_with_and_without_a_mark(encoding: str) -> None:
    """The first characters show the width; the mark is no part of the text."""
    text = decode(document(KOREAN, None).encode(encoding), None)
    assert text.startswith("<?xml")
    assert KOREAN in text


def test_a_few_damaged_bytes_do_not_spoil_the_rest() -> None:
    """A text cut in the middle of a character stays readable."""
    damaged = document(JAPANESE, "utf-8").encode().replace("東".encode(), b"\xe6\x9d", 1)
    text = decode(damaged, None)
    assert "日韓の外相が" in text
    assert "シャトル外交" in text


def test_a_codec_that_is_no_charset_is_not_used() -> None:
    """A feed cannot choose Python's escapes or compression as its encoding."""
    for name in ("unicode_escape", "zlib", "rot13", "idna", "undefined"):
        body = f'<?xml version="1.0" encoding="{name}"?>\\u0041'.encode() + b"\xff"
        assert "\\u0041" in decode(body, f"text/xml; charset={name}")


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=30)))
def test_any_bytes_become_text(body: bytes, content_type: str | None) -> None:
    """No document is an error here."""
    assert isinstance(decode(codecs.BOM_UTF8 + body, content_type), str)
    assert isinstance(decode(body, content_type), str)
