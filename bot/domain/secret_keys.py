"""STRAIT_SECRET_KEY: one key, or a new one and former ones, that encrypt what is stored."""

# A shorter one can be guessed. `openssl rand -hex 16` has as many; Heroku's secrets have 64.
SHORTEST_KEY = 32

HOW_TO_MAKE_ONE = (
    "make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'` "
    "and keep it as safe as the database's password"
)


def split_keys(value: str) -> list[str]:
    """Return the keys, the newest first; they are separated by commas."""
    return [key for part in value.split(",") if (key := part.strip())]
