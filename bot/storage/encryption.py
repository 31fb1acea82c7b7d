"""Secrets at rest: encrypted with STRAIT_SECRET_KEY, and with older keys while they change."""

import base64
import hashlib
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import SecretKeyError
from bot.domain.secret_keys import HOW_TO_MAKE_ONE

# Sets these keys apart from any other use of the same secret (RFC 5869, 3.2).
PURPOSE = b"strait: secrets at rest, 1"

# Names a key without telling anything of it.
KEY_ID_LENGTH = 16

MISSING = (
    f"Tokens of workspaces are kept encrypted, but STRAIT_SECRET_KEY is not set: {HOW_TO_MAKE_ONE}."
)
WRONG = (
    "The token of the {platform} workspace {workspace} was encrypted with another "
    "STRAIT_SECRET_KEY: put the former key behind the new one, separated by a comma "
    "(NEW,FORMER), or install the app there again."
)
MISPLACED = (
    "The token stored for the {platform} workspace {workspace} is not its own: the database "
    "was changed by hand; install the app there again."
)


class Vault:
    """Encrypts with the first of its keys, decrypts with any.

    Fernet: AES-128-CBC with HMAC-SHA256, so that a changed text is found out. Each secret is
    bound to its owner, so that one copied into another workspace's row is found out too.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        derived = [_derive(key) for key in keys]
        self._ciphers = {_key_id(key): Fernet(key) for key in derived}

    @property
    def key_id(self) -> str:
        """The name of the key that encrypts; raises SecretKeyError where there is none."""
        for name in self._ciphers:
            return name
        raise SecretKeyError(MISSING)

    def encrypt(self, secret: str, *, platform: str, workspace: str) -> str:
        """Return the secret as it may be stored."""
        bound = json.dumps([platform, workspace, secret])
        return self._ciphers[self.key_id].encrypt(bound.encode()).decode("ascii")

    def decrypt(self, stored: str, key_id: str, *, platform: str, workspace: str) -> str:
        """Return the secret; raises SecretKeyError, with the mend, where no key fits."""
        where = {"platform": platform, "workspace": workspace}
        if not self._ciphers:
            raise SecretKeyError(MISSING)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretKeyError(WRONG.format(**where))
        try:
            owner_platform, owner, secret = json.loads(cipher.decrypt(stored.encode()))
        except (InvalidToken, ValueError):
            # Not from the error: its traceback would show what was decrypted.
            raise SecretKeyError(MISPLACED.format(**where)) from None
        if (owner_platform, owner) != (platform, workspace):
            raise SecretKeyError(MISPLACED.format(**where))
        return str(secret)


def _derive(key: str) -> bytes:
    """Return a Fernet key from any long secret, such as a hosting service generates."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))


def _key_id(derived: bytes) -> str:
    return hashlib.sha256(b"key id" + derived).hexdigest()[:KEY_ID_LENGTH]
