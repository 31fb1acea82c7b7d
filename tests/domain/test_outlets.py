import pytest

from bot.domain.outlets import Outlets
from tests.builders import OUTLETS, feed, parsed

CARDS = Outlets(OUTLETS)


def test_a_feed_of_one_outlet_speaks_for_itself() -> None:
    """Even where an entry's address is another's."""
    found = CARDS.publisher(feed(outlet="morning"), parsed(url="https://h.example/1"))
    assert found.id == "morning"


@pytest.mark.parametrize("host", ["h.example", "www.h.example", "m.news.h.example"])
def test_an_aggregators_entry_is_known_by_its_address(host: str) -> None:
    """Subdomains belong to the outlet."""
    assert CARDS.publisher(feed(), parsed(url=f"https://{host}/1")).id == "hanbit"


def test_an_aggregators_entry_is_known_by_its_sources_name() -> None:
    """News searches link through their own address but name the outlet."""
    item = parsed(url="https://search.example/x", outlet_name="tokyo morning post")
    assert CARDS.publisher(feed(), item).country == "JP"


def test_a_similar_domain_is_another_outlet() -> None:
    """notah.example is not h.example."""
    found = CARDS.publisher(feed(), parsed(url="https://notah.example/1"))
    assert (found.id, found.country) == ("notah.example", "")
