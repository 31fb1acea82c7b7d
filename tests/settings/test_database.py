import pytest
from sqlalchemy import make_url

from bot.settings.database import database_url
from bot.settings.mistakes import Mistakes


def read(given: str) -> str:
    """Return the URL that is read from DATABASE_URL, which must have no mistake."""
    mistakes = Mistakes()
    url = database_url(given, mistakes)
    mistakes.raise_if_any()
    return url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgres_is_understood(scheme: str) -> None:
    """Heroku writes the first, most others the second."""
    url = make_url(read(f"{scheme}://u:p@ec2.example:5432/d1?sslmode=require"))
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", "u", "p")
    assert (url.host, url.port, url.database) == ("ec2.example", 5432, "d1")
    assert url.query == {"sslmode": "require"}


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("p%40ss%2Fw%3Ard", "p@ss/w:rd"),
        ("p@ss", "p@ss"),
        ("a/b", "a/b"),
        ("a?b", "a?b"),
        ("a#b:c", "a#b:c"),
        ("100%", "100%"),
        ("a+b", "a+b"),
        ("비밀번호", "비밀번호"),
    ],
)
def test_passwords_may_hold_any_character(written: str, password: str) -> None:
    """Encoded as addresses want it, or as people paste it."""
    url = make_url(read(f"postgres://user:{written}@h.example/db?sslmode=require"))
    assert (url.username, url.password) == ("user", password)
    assert (url.host, url.database, url.query) == ("h.example", "db", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("given", "host", "query"),
    [
        ("postgresql://u@[::1]:5433/db", "::1", {}),
        ("postgresql:///db?host=/run/postgresql", None, {"host": "/run/postgresql"}),
        ("postgresql://h/db?application_name=a@b", "h", {"application_name": "a@b"}),
    ],
)
def test_hosts_may_be_addresses_and_sockets(
    given: str, host: str | None, query: dict[str, str]
) -> None:
    """What libpq understands stays possible."""
    url = make_url(read(given))
    assert (url.host or None, url.database, url.query) == (host, "db", query)


@pytest.mark.parametrize(
    "given",
    [
        "postgres://",
        "postgres://u:secret@host",
        "postgres://u:secret@host/",
        "postgres://u:secret@host:port/db",
        "postgres://u:secret@h1:1,h2:2/db",
        "postgres://u:secret@host/db/more",
        "mysql://u:secret@host/db",
    ],
)
def test_an_address_that_names_no_database_is_a_mistake(given: str) -> None:
    """It is told what is allowed; the password is not repeated."""
    mistakes = Mistakes()
    assert database_url(given, mistakes) == ""
    [told] = mistakes.found
    assert "allowed is sqlite:///PATH/TO/FILE or postgres://USER:PASSWORD@HOST" in told
    assert "secret" not in told
