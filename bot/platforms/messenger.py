"""What every platform does for the outbox."""

from typing import Protocol, runtime_checkable

from bot.domain.model import (
    Delivery,
    Digest,
    Notice,
    SendOutcome,
    Sent,
    Unknown,
    Unreachable,
)


class Messenger(Protocol):
    """Renders digests and sends their parts to one platform's destinations."""

    @property
    def platform(self) -> str:
        """The name under which destinations know the platform."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the platform can be asked now; until then nothing is claimed for it."""
        ...

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Return the digest's payloads, one for each message, to be frozen."""
        ...

    def render_notice(self, notice: Notice) -> str | None:
        """Return what a person is told, as a payload; None where there is nobody to tell."""
        ...

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Send one payload, once, without retries of its own; never raises for the network.

        Raises TooLateError where its claim is over before the request begins, which whoever
        makes requests over a network has to watch (``bot.platforms.claims``).
        """
        ...

    async def find(self, delivery: Delivery) -> Sent | Unreachable | Unknown:
        """Look whether an earlier attempt arrived.

        Sent where the message is there; Unreachable where it certainly is not, or where the
        platform itself drops a repeated one; Unknown where the platform cannot tell.
        """
        ...


@runtime_checkable
class Editor(Protocol):
    """What a messenger offers too where the platform lets a message be changed later."""

    def render_moved(self, digest: Digest) -> str:
        """Return what a part says whose stories have all moved into the parts before it."""
        ...

    async def edit(self, delivery: Delivery) -> SendOutcome:
        """Replace the message ``message_id`` by the payload; doing so twice is doing it once.

        Rejected where the message cannot be changed, or is not there any more.
        """
        ...
