"""Frozen dataclasses as JSON documents, and back."""

from typing import Any

from pydantic import TypeAdapter


def dump(value: Any) -> Any:
    """Return a dataclass as JSON data: times in ISO 8601, enums by their values."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def load(kind: type[Any], document: Any) -> Any:
    """Return the dataclass that the JSON data was dumped from."""
    return TypeAdapter(kind).validate_python(document)
