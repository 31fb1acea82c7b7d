"""Prints digests where the bot runs, through the same outbox as the chat platforms."""

from collections.abc import Mapping
from typing import TextIO

from bot.domain.model import (
    Delivery,
    Digest,
    Notice,
    Rejected,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)
from bot.rendering.texts import Texts

PLATFORM = "console"


class ConsoleMessenger:
    """A Messenger whose only channel is a text stream."""

    platform = PLATFORM
    ready = True

    def __init__(self, stream: TextIO, texts: Mapping[str, Texts]) -> None:
        self._stream = stream
        self._texts = texts

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Return the digest as plain text, in one part."""
        from bot.rendering.text import render_text

        return (render_text(digest, self._texts[digest.language]),)

    def render_notice(self, notice: Notice) -> str | None:
        """Return nothing: who runs the bot reads its log."""
        return None

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Print the payload."""
        try:
            print(delivery.payload, file=self._stream, flush=True)
        except OSError as error:
            # A part of it may be on the screen already.
            return Unknown(problem=f"The output broke off ({error.strerror}).")
        except UnicodeError:
            # The text is encoded as a whole before any of it is written.
            return Rejected(
                problem="The output cannot show this text: set PYTHONUTF8=1 for the bot."
            )
        return Sent(message_id=delivery.key)

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Tell that a console cannot be asked what it has shown."""
        return Unknown(
            final=True,
            problem="The bot ended while it printed this digest; "
            "`python -m bot digest TOPIC` prints the stories again.",
        )
