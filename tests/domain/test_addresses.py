import pytest

from bot.domain.addresses import is_web_address, shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bob:s3cret@wire.example/rss?token=s3cret#s3cret", "https://wire.example/rss"),
        ("https://s3cret@wire.example:8443/rss", "https://wire.example:8443/rss"),
        ("http://bob:s3cret@[::1]:80/rss", "http://[::1]:80/rss"),
        ("  https://wire.example/rss  ", "https://wire.example/rss"),
        ("https://wire.example/feed/@author", "https://wire.example/feed/@author"),
        ("https://뉴스.example/rss", "https://뉴스.example/rss"),
        ("bob:s3cret@wire.example/rss?token=s3cret", "wire.example/rss"),
        ("https:/bob:s3cret@wire.example/rss", "wire.example/rss"),
        ("//bob:s3cret@wire.example/rss", "wire.example/rss"),
    ],
)
def test_a_shown_address_has_no_secrets(url: str, shown: str) -> None:
    """User, password, query and fragment are left out, of mistyped addresses too."""
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://bob:s3/cret@wire.example/rss",
        "https://bob:s3?cret@wire.example/rss",
        "https://bob:s3#cret@wire.example/rss",
        "https://bob:cret@[::",
    ],
)
def test_nothing_is_shown_of_an_address_that_cannot_be_read(url: str) -> None:
    """A password may be anywhere in it."""
    assert "cret" not in shown_url(url)
    assert "bob" not in shown_url(url)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://bob:s3cret@wire.example/rss?token=1", True),
        ("HTTP://[::1]:8080/", True),
        ("ftp://wire.example/rss", False),
        ("wire.example/rss", False),
        ("https:///rss", False),
        ("https://wire.example:port/rss", False),
        ("https://[::", False),
    ],
)
def test_web_addresses_are_told_from_other_text(url: str, is_one: bool) -> None:
    """Only what can be asked over HTTP counts."""
    assert is_web_address(url) is is_one
