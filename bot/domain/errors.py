"""The error tree. An error's text is said to the user: one sentence, with the mend."""

from collections.abc import Sequence


class StraitError(Exception):
    """Something went wrong that the user can understand and mend."""


class ConfigError(StraitError):
    """The configuration has mistakes; all of them are listed."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        head = "1 mistake" if count == 1 else f"{count} mistakes"
        super().__init__("\n".join([f"The configuration has {head}:", *self.mistakes]))


class InputError(StraitError):
    """What the user gave (a file, an address, an option) cannot be used."""


class NotFoundError(StraitError):
    """What the user asked for is not there."""


class StorageError(StraitError):
    """The database cannot be read or written right now."""


class DatabaseTooNewError(StorageError):
    """The database was written by a newer version of Strait."""


class SecretKeyError(StraitError):
    """What is kept encrypted cannot be written or read with the keys that are given."""


class ForbiddenError(StraitError):
    """The one who asked may not do it."""


class BudgetError(StraitError):
    """The workspace has asked for too much of what is expensive, for now."""
