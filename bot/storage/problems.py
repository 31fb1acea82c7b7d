"""What the databases' drivers say → what the user is told: one sentence, with the mend."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.domain.errors import StorageError

# Words of SQLite's errors. https://www.sqlite.org/rescode.html
SQLITE = (
    ("disk is full", "The disk of {where} is full: nothing was saved; make room and try again."),
    ("locked", "Another process keeps {where} locked: nothing was saved; end it and try again."),
    ("disk I/O error", "The disk of {where} cannot be read or written: nothing was saved."),
    ("unable to open", "Cannot open {where}: check that its folder exists and may be written."),
    ("readonly", "Cannot write {where}: it is read-only for this user."),
    ("not a database", "{where} is not a Strait database: name another in DATABASE_URL."),
    ("malformed", "{where} is damaged: restore it from a backup."),
    ("no such table", "{where} is not set up yet: run `python -m bot migrate`."),
    ("no such column", "{where} has another schema: run `python -m bot migrate`."),
)

LOST = "The connection to {where} was lost: nothing was saved; it is opened anew."
BUSY = "Another process keeps rows of {where} locked: nothing was saved; it is tried again."
TOO_MANY = (
    "{where} allows no more connections: lower STRAIT_DATABASE_CONNECTIONS, "
    "run fewer processes, or choose a larger plan."
)
NOT_SET_UP = "{where} is not set up yet, or not up to date: run `python -m bot migrate`."
WRONG_PASSWORD = "{where} refuses the user or the password: correct them in DATABASE_URL."  # noqa: S105
NO_DATABASE = "{where} does not exist: create it, or correct its name in DATABASE_URL."
NO_ROOM = "The disk of {where} is full: nothing was saved; make room or choose a larger plan."
NOT_ALLOWED = (
    "{where} allows this user no writing: nothing was saved; "
    "grant it, or choose a plan that is not over its limit."
)

# SQLSTATE → sentence. https://www.postgresql.org/docs/current/errcodes-appendix.html
POSTGRES = {
    "28P01": WRONG_PASSWORD,
    "3D000": NO_DATABASE,
    "25006": NOT_ALLOWED,
    "42501": NOT_ALLOWED,
    "42P01": NOT_SET_UP,
    "42703": NOT_SET_UP,
    "53100": NO_ROOM,
    "53200": "{where} is out of memory: nothing was saved; it is tried again.",
    "53300": TOO_MANY,
    "55P03": BUSY,
    "40P01": BUSY,
    "40001": BUSY,
    "57014": "A statement on {where} took too long and was stopped: nothing was saved.",
    "57P01": LOST,
    "57P02": LOST,
    "57P03": "{where} is starting or stopping: try again in a minute.",
    "57P05": LOST,
    "25P03": LOST,
    "25P04": LOST,
}

# While connecting there is no SQLSTATE, only words: the server's, or libpq's.
CONNECTING = (
    ("too many", TOO_MANY),
    ("remaining connection slots", TOO_MANY),
    ("password authentication failed", WRONG_PASSWORD),
    ("no password supplied", WRONG_PASSWORD),
    ('role "', WRONG_PASSWORD),
    ('database "', NO_DATABASE),
    ("starting up", POSTGRES["57P03"]),
    ("shutting down", POSTGRES["57P03"]),
    (
        "does not support SSL",
        "{where} speaks no TLS: leave ?sslmode= out of DATABASE_URL, or switch TLS on there.",
    ),
    (
        "certificate",
        "The certificate of {where} is not trusted: check ?sslmode= and ?sslrootcert=.",
    ),
    (
        "no encryption",
        "{where} wants TLS: add ?sslmode=require to DATABASE_URL.",
    ),
    ("pg_hba.conf", "{where} does not admit this user from here: allow it in its pg_hba.conf."),
    ("resolve host", "Cannot find the host of {where}: correct it in DATABASE_URL."),
    (
        "ProactorEventLoop",
        "On Windows Strait speaks to SQLite only: name a file in DATABASE_URL.",
    ),
)
CANNOT_CONNECT = (
    "Cannot connect to {where}: check that it runs, and its host and port in DATABASE_URL."
)
WRONG_OPTION = "DATABASE_URL has an option that Postgres does not know: {words}."
ALL_IN_USE = "Every connection to {where} is in use: raise STRAIT_DATABASE_CONNECTIONS."


def place(url: URL) -> str:
    """Return the database in the user's words, without the user's name and password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    host = url.host or url.query.get("host") or "this machine"
    return f"the database {url.database} at {host}"


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """Turn the driver's errors into StorageError; others, and mistakes of ours, pass."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        raise StorageError(_begun(sentence.format(where=place(url)))) from error


def passes(error: Exception) -> bool:
    """Tell whether another attempt to begin may succeed within a second or two."""
    sentence = _sentence(error) if isinstance(error, DBAPIError) else None
    return sentence in {dict(SQLITE)["locked"], LOST, TOO_MANY, CANNOT_CONNECT, POSTGRES["57P03"]}


def _sentence(error: DBAPIError | PoolTimeoutError) -> str | None:
    if isinstance(error, PoolTimeoutError):
        return ALL_IN_USE
    words = str(error.orig)
    if type(error.orig).__module__.startswith("psycopg"):
        return _of_postgres(error, words)
    return _first(SQLITE, words)


def _of_postgres(error: DBAPIError, words: str) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return POSTGRES.get(state) or (LOST if state.startswith("08") else None)
    if error.connection_invalidated:
        return LOST
    if "connection option" in words or "URI query parameter" in words:
        return WRONG_OPTION.replace("{words}", words.strip().replace("{", "").replace("}", ""))
    if isinstance(error, OperationalError | InterfaceError):
        return _first(CONNECTING, words) or CANNOT_CONNECT
    return None


def _first(sentences: tuple[tuple[str, str], ...], words: str) -> str | None:
    return next((sentence for marker, sentence in sentences if marker in words), None)


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
