"""Signs what is posted, as Standard Webhooks says (https://www.standardwebhooks.com).

The receiver computes the HMAC-SHA256 of ``webhook-id.webhook-timestamp.body`` with the shared
secret, compares it with ``webhook-signature`` and refuses a timestamp far from its own clock.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

PREFIX = "whsec_"
VERSION = "v1"


def headers(secret: str, *, key: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers of a signed request."""
    timestamp = str(int(now.timestamp()))
    signed = f"{key}.{timestamp}.".encode() + body
    digest = hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"{VERSION},{base64.b64encode(digest).decode()}",
    }


def secret_bytes(secret: str) -> bytes:
    """Return the key of a secret: base64 after ``whsec_``, the text itself otherwise.

    Raises ValueError where base64 is announced and does not follow.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"what follows {PREFIX} is no base64") from error
