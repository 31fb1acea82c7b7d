import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.feeds.urls import MAX_URL_LENGTH, canonical_url, feed_url, shown_url

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
HOSTS = st.sampled_from(
    ["wire.example", "뉴스.example", "[::1]", "A.example:80", "10.0.0.1", "u:p@x.example"]
)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://Wire.Example:80/a", "http://wire.example/a"),
        ("https://wire.example:443", "https://wire.example/"),
        ("https://wire.example:8443/a", "https://wire.example:8443/a"),
        ("https://wire.example/a#section", "https://wire.example/a"),
        ("https://wire.example./a/../b", "https://wire.example/b"),
        (" https://wire.example/a\n?x=1\t", "https://wire.example/a?x=1"),
        ("https://reader:secret@wire.example/a", "https://wire.example/a"),
        (
            "https://뉴스.example/한국?q=일본",
            "https://xn--vg1b002a.example/%ED%95%9C%EA%B5%AD?q=%EC%9D%BC%EB%B3%B8",
        ),
    ],
)
def test_one_page_has_one_spelling(given_url: str, expected: str) -> None:
    """Case, default port, fragment, user and dots do not make another page."""
    assert canonical_url(given_url) == expected


@pytest.mark.parametrize(
    "mark",
    ["utm_source=rss", "UTM_Medium=feed", "mtm_campaign=x", "fbclid=1", "gclid=2", "igshid=3"],
)
def test_tracking_is_dropped_and_the_rest_keeps_its_order(mark: str) -> None:
    """Only what says how the reader came is removed, wherever it stands."""
    url = f"https://wire.example/a?z=1&{mark}&a=2&empty="
    assert canonical_url(url) == "https://wire.example/a?z=1&a=2&empty="


def test_a_sites_own_marks_are_dropped_on_that_site_only() -> None:
    """``at_medium`` is the BBC's mark; elsewhere it may choose the page."""
    assert canonical_url("https://www.bbc.com/news/1?at_medium=RSS") == "https://www.bbc.com/news/1"
    kept = "https://notbbc.com/news/1?at_medium=RSS"
    assert canonical_url(kept) == kept


def test_relative_links_are_resolved() -> None:
    """A link without a host belongs to the feed's host."""
    base = "https://wire.example/feeds/rss.xml"
    assert canonical_url("../news/1", base) == "https://wire.example/news/1"
    assert canonical_url("//cdn.example/1", base) == "https://cdn.example/1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "mailto:desk@wire.example",
        "wire.example/a",
        "http://",
        "http://./",
        "http://a:99999/",
        "http://two words.example/",
        "http://<script>/",
        "https://wire.example/" + "a" * MAX_URL_LENGTH,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Only http and https, with a host, of a bounded length."""
    with pytest.raises(InputError):
        canonical_url(url)


def test_an_item_without_a_link_does_not_get_the_feeds_address() -> None:
    """An empty link, resolved, would be the feed itself: every such item would be one page."""
    with pytest.raises(InputError):
        canonical_url(" ", "https://wire.example/rss")


def test_a_refusal_does_not_repeat_a_password() -> None:
    """What the user gave is named without its secret parts."""
    with pytest.raises(InputError) as refused:
        canonical_url("ftp://reader:secret@wire.example/a?key=hidden")
    assert "secret" not in str(refused.value)
    assert "hidden" not in str(refused.value)


@given(st.sampled_from(["http://", "HTTPS://"]), st.one_of(HOSTS, WORDS), WORDS, WORDS, WORDS)
def test_canonical_twice_is_canonical_once(
    scheme: str, host: str, path: str, query: str, fragment: str
) -> None:
    """Applied to its own result, nothing changes; no input brings another error."""
    try:
        once = canonical_url(f"{scheme}{host}/{path}?{query}#{fragment}")
    except InputError:
        return
    assert canonical_url(once) == once
    assert once.startswith(("http://", "https://"))
    assert "#" not in once


def test_a_feeds_own_address_keeps_what_the_publisher_needs() -> None:
    """A private feed needs its user, password and key to be polled."""
    url = "https://reader:secret@wire.example/rss?utm_source=x&key=1"
    assert feed_url(url + "#top") == url


def test_a_shown_address_has_no_secrets() -> None:
    """User, password and query stay out of logs and pages."""
    shown = shown_url("https://reader:secret@wire.example/rss?key=hidden")
    assert shown == "https://wire.example/rss"
    assert "secret" not in shown_url("reader:secret@wire.example")
