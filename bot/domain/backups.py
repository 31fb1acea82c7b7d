"""Which backups are made, and which are kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

# Names sort as their times do, and nothing else in the folder looks like one of them.
NAME = re.compile(r"strait-\d{8}T\d{6}Z\.backup")

# A backup that failed is tried again so much later, not at the next full interval.
RETRY_AFTER = timedelta(hours=1)

MOST_KEPT = 1000
LONGEST_HOURS = 24 * 366


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupPlan:
    """How often the database is exported to ``folder``, and how many exports are kept.

    Without a folder none are made: whoever hosts Strait knows which disk outlives it.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    folder: str = ""
    every_hours: int = 24
    keep: int = 7

    def __post_init__(self) -> None:
        """Refuse a plan that keeps nothing or depends on where the bot was started."""
        if self.folder and not self.path.is_absolute():
            raise ValueError(
                f'folder is "{self.folder}"; allowed is an absolute path, such as "~/backups".'
            )
        if not 1 <= self.every_hours <= LONGEST_HOURS:
            raise ValueError(
                f"every_hours is {self.every_hours}; allowed are 1 to {LONGEST_HOURS}."
            )
        if not 1 <= self.keep <= MOST_KEPT:
            raise ValueError(f"keep is {self.keep}; allowed are 1 to {MOST_KEPT}.")

    @property
    def path(self) -> Path:
        """The folder, with ``~`` for the home of who runs the bot."""
        return Path(self.folder).expanduser()

    @property
    def every(self) -> timedelta:
        """The interval."""
        return timedelta(hours=self.every_hours)


def backup_name(now: datetime) -> str:
    """Return the file name of a backup made at a moment."""
    return f"strait-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"


def surplus(names: Iterable[str], *, keep: int) -> list[str]:
    """Return the backups that are too many, oldest first; files of other names never are."""
    backups = sorted(name for name in names if NAME.fullmatch(name))
    return backups[: max(0, len(backups) - keep)]
