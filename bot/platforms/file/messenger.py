"""Writes digests into files, through the same outbox as the chat platforms."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bot.domain.model import (
    Blocked,
    Delivery,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.document import DataMessenger, key_prefix, whole
from bot.platforms.file.lines import TornError, append, has_line
from bot.rendering.texts import Texts

PLATFORM = "file"

NO_FILE = "settings.toml has no output of this name any more: name its file there again."


class FileMessenger(DataMessenger):
    """A Messenger whose channels are names of files, each ``paths`` leads to.

    A file is its own history, so that nothing ever stays uncertain.
    """

    platform = PLATFORM
    ready = True

    def __init__(self, paths: Mapping[str, Path], texts: Mapping[str, Texts]) -> None:
        super().__init__(texts)
        self._paths = paths

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Add the delivery's line and wait until it is on the disk."""
        path = self._paths.get(delivery.destination.channel)
        if path is None:
            return Blocked(problem=NO_FILE)
        line = whole(delivery)
        if isinstance(line, Rejected):
            return line
        try:
            await asyncio.to_thread(append, path, line)
        except TornError as error:
            return Unknown(problem=f"The file {path} broke off ({error.strerror}).")
        except OSError as error:
            return Unreachable(problem=f"The file {path} cannot be written ({error.strerror}).")
        return Sent(message_id=delivery.key)

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Look for the delivery's line in the file."""
        path = self._paths.get(delivery.destination.channel)
        if path is None:
            return Unknown(problem=NO_FILE)
        try:
            is_there = await asyncio.to_thread(has_line, path, key_prefix(delivery.key))
        except OSError as error:
            return Unknown(problem=f"The file {path} cannot be read ({error.strerror}).")
        if is_there:
            return Sent(message_id=delivery.key)
        return Unreachable(problem="The digest is not in the file.")
