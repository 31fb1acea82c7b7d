"""DATABASE_URL, as people and hosting services write it → as SQLAlchemy takes it."""

import re
from pathlib import Path
from urllib.parse import quote, unquote

import platformdirs

from bot.settings.mistakes import Mistakes

ALLOWED = "sqlite:///PATH/TO/FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE"

SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
# Heroku and others write the first, libpq both of the first two.
POSTGRES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})

# A host's name, an address, an IPv6 address in brackets, or nothing for a local socket.
HOST = re.compile(r"(?:[^\[\]:,\s]*|\[[0-9A-Fa-f:.%]+\])(?::\d{1,5})?")


def database_url(given: str, mistakes: Mistakes) -> str:
    """Return the database's URL; by default that of a file in the user's data folder."""
    if not given:
        return (
            f"sqlite+aiosqlite:///{Path(platformdirs.user_data_dir('strait')) / 'strait.sqlite3'}"
        )
    scheme, separator, rest = given.strip().partition("://")
    has_path = rest.startswith("/") and rest.partition("?")[0].strip("/")
    if scheme in SQLITE and has_path:
        return f"sqlite+aiosqlite://{rest}"
    url = _postgres_url(rest) if scheme in POSTGRES else None
    if url is None:
        # The address may hold a password: only its scheme is repeated.
        found = f"{scheme}://…" if separator else "text without ://"
        mistakes.add("environment", "DATABASE_URL", found, ALLOWED)
    return url or ""


def _postgres_url(rest: str) -> str | None:
    """Return the URL for psycopg; None where it names no database, or no host of ours.

    The options after ``?`` (sslmode, sslrootcert …) are libpq's and become connect arguments.
    """
    # A password may hold an @, a / or a ? that nobody encoded: the last @ ends it. One in the
    # options does not, which begin after the database's name.
    plain = rest.partition("?")[0]
    end = (plain if "@" in plain or "/" in plain else rest).rfind("@") + 1
    user_part, at = rest[: max(end - 1, 0)], rest[max(end - 1, 0) : end]
    place, mark, options = rest[end:].partition("?")
    host, _, database = place.partition("/")
    if not database or "/" in database or not HOST.fullmatch(host):
        return None
    user, colon, password = user_part.partition(":")
    login = f"{_encoded(user)}{colon}{_encoded(password)}{at}"
    return f"postgresql+psycopg://{login}{host}/{database}{mark}{options}"


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="")
