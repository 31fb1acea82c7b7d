"""The language of an entry, from its script first."""

import re

UNKNOWN = "und"
# A Japanese brand in a Korean title, or a hangul name in an English one, is no change of
# language: a script must make up this share of the letters.
SCRIPT_SHARE = 0.15
# Below this many letters a classifier guesses: the feed knows better.
FEW_LETTERS = 16
CODE_LENGTH = 2

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_KANA = re.compile(r"[\u3040-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def _identified(text: str) -> str:
    import py3langid  # noqa: PLC0415  (its model takes most of a second to load)

    return str(py3langid.classify(text)[0])


def _code(hint: str | None) -> str | None:
    """Return the two-letter code of a feed's language tag: ``en`` of ``en-US``."""
    code = (hint or "").replace("_", "-").partition("-")[0].lower()
    return code if len(code) == CODE_LENGTH and code.isalpha() else None


def language_of(text: str, hint: str | None = None) -> str:
    """Return the ISO 639-1 code of ``text``, ``und`` where it has no letters and no hint.

    Hangul means Korean and kana Japanese. Han alone does not tell Japanese from Chinese, so
    the feed's ``hint`` decides there; so it does for a few letters. Other scripts are
    identified by py3langid.
    """
    hint = _code(hint)
    letters = len(_LETTER.findall(text))
    if not letters:
        return hint or UNKNOWN
    if len(_HANGUL.findall(text)) >= SCRIPT_SHARE * letters:
        return "ko"
    if len(_KANA.findall(text)) >= SCRIPT_SHARE * letters:
        return "ja"
    han = len(_HAN.findall(text)) >= SCRIPT_SHARE * letters
    if hint and (han or letters < FEW_LETTERS):
        return hint
    return _identified(text)
