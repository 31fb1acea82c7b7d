"""What a check found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    NOTICE = "notice"
    UNSET = "not set"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the diagnosis; ``mend`` says what to do, where there is something."""

    subject: str
    verdict: Verdict
    detail: str
    mend: str = ""
