"""What a webhook needs to be told."""

from dataclasses import dataclass, field

PLATFORM = "webhook"


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """A receiver of digests. Its address may hold a secret, so that no ``repr`` shows it.

    ``secret`` signs what is sent. ``honours_key``: the receiver takes a repeated
    ``Idempotency-Key`` for the same digest, so that what may have arrived may be sent again.
    ``lookup_url`` answers ``GET …?key=KEY`` with 2xx where the digest of that key is there
    and 404 where it is not.
    """

    name: str
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    honours_key: bool = False
    lookup_url: str | None = field(default=None, repr=False)
