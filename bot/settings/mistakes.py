"""Reads one file or the environment, and collects every mistake in the user's words."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.domain.addresses import shown_url
from bot.domain.errors import ConfigError
from bot.domain.topic import Topic
from bot.settings.files import Environment

File = TypeVar("File", bound=BaseModel)
Kind = TypeVar("Kind")

# A mistaken value is shown up to this many characters.
SHOWN = 80


class Mistakes:
    """Collects mistakes, so that all of them are told at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def raise_if_any(self) -> None:
        """Raise ConfigError with all that was found."""
        if self.found:
            raise ConfigError(self.found)

    def say(self, file: object, key: str, sentence: str) -> None:
        """Collect a mistake that a sentence tells."""
        self.found.append(f"{file}: {key}: {sentence}")

    def add(self, file: object, key: str, found: object, allowed: str) -> None:
        """Collect a mistake by what was found and what is allowed."""
        self.say(file, key, f"found {_shown(found)}; allowed is {allowed}.")

    def collect(self, check: Callable[[], object]) -> None:
        """Run a check that raises ConfigError itself, and collect its mistakes."""
        try:
            check()
        except ConfigError as error:
            self.found.extend(error.mistakes)

    def environment(self, environ: Mapping[str, str]) -> Environment:
        """Return the environment's part of the settings; empty values count as unset."""
        names = {name.upper(): name for name in Environment.model_fields}
        given = {names[key]: value for key, value in environ.items() if key in names and value}
        try:
            return Environment.model_validate(given)
        except ValidationError as error:
            for detail in error.errors():
                name = str(detail["loc"][0])
                self.say("environment", name.upper(), _sentence(detail, None))
                given.pop(name, None)
            # The rest still counts, so that mistakes in the user's own folder are told too.
            return Environment.model_validate(given)

    def file(self, path: Path, model: type[File]) -> File:
        """Return the file's content; defaults where it has mistakes."""
        return self._validated(path, model) or model()

    def topic(self, path: Path) -> Topic | None:
        """Return the topic of a file; None where it has mistakes."""
        return self._validated(path, Topic)

    def _validated(self, path: Path, kind: type[Kind]) -> Kind | None:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            return TypeAdapter(kind).validate_python(document)
        except (OSError, UnicodeDecodeError) as error:
            self.found.append(f"{path}: cannot be read ({error}); write it as UTF-8 text.")
        except tomllib.TOMLDecodeError as error:
            self.found.append(f"{path}: is not valid TOML: {error}.")
        except ValidationError as error:
            for detail in error.errors():
                key = _key(detail["loc"]) or _key_in(detail, kind)
                self.say(path, key, _sentence(detail, kind))
        return None


def _key(loc: tuple[int | str, ...]) -> str:
    parts = [f" {part + 1}: " if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).replace(": .", ": ").lstrip(".").rstrip(": ")


def _key_in(detail: ErrorDetails, kind: type) -> str:
    """Return the key that a rule of the whole file speaks of."""
    words = re.findall(r"\w+", detail["msg"])
    return next((word for word in words if word in _keys(kind)), "the whole file")


def _sentence(detail: ErrorDetails, kind: type | None) -> str:
    if detail["type"] == "missing":
        return "is missing, and required."
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"is no key here; allowed is {_known_keys(detail['loc'], kind)}"
    if detail["type"] == "value_error":
        # A rule of our own types: its error is a sentence already.
        return str(detail["ctx"]["error"])
    said = detail["msg"].replace("Input should be", "allowed is")
    return f"found {_shown(detail['input'])}; {said}."


def _shown(found: object) -> str:
    """Return what may be shown of a value: it may hold, or be, an address with secrets."""
    if isinstance(found, Mapping):
        return "a table"
    if isinstance(found, list | tuple):
        return "a list"
    text = str(found)
    return f'"{(shown_url(text) if "://" in text else text)[:SHOWN]}"'


def _known_keys(loc: tuple[int | str, ...], kind: Any) -> str:
    for part in loc[:-1]:
        if isinstance(part, str):
            kind = _keys(kind).get(part)
        elif get_origin(kind) is tuple:
            kind = get_args(kind)[0]
    known = list(_keys(kind))
    close = get_close_matches(str(loc[-1]), known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"one of {', '.join(known)}."


def _keys(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in fields(kind)}
    return {}
