"""A message's words, where its blocks are not shown."""

import re
from dataclasses import replace

from bot.platforms.slack.fallback import FALLBACK_LIMIT
from bot.platforms.slack.render import render_digest
from bot.rendering.texts import load_texts
from tests.fakes.slack_blocks import units
from tests.platforms.slack.conftest import LOCALES
from tests.platforms.slack.stories import digest, said, story

TEXTS = load_texts(LOCALES)


def test_the_fallback_says_the_headlines() -> None:
    """And where each outlet wrote: notifications and screen readers have the gist, and links."""
    told = (story(1, reports=2), story(2, reports=1, url="https://news.example/?a=1&b="))
    [message] = render_digest(digest(*told, title="A & B"), TEXTS["en"])
    first, *rest = message.text.split("\n")
    assert first.startswith("A &amp; B · ")
    assert rest == [
        "1. Headline 1",
        "Outlet 1 https://news.example/1",
        "Outlet 2 https://news.example/2",
        "2. Headline 2",
        "Outlet 1 https://news.example/?a=1&amp;b=1",
    ]


def test_each_messages_fallback_tells_its_own_stories() -> None:
    """So that words alone can stand for any part, within Slack's advice on text."""
    told = [story(n, reports=30, url="https://news.example/" + "a" * 150) for n in range(1, 13)]
    messages = render_digest(digest(*told), TEXTS["en"])
    assert len(messages) > 1
    for message in messages:
        assert units(message.text) <= FALLBACK_LIMIT
        for number in range(1, 13):
            line = f"{number}. Headline {number}\n"
            assert (f"\n{line}" in message.text) == (line in said([message]))
        # No address is cut, and every story has at least one.
        lines = message.text.split("\n")
        addresses = [line for line in lines if "https://" in line]
        assert all(
            re.fullmatch(r"Outlet (\d+) https://news.example/a{150}\1", a) for a in addresses
        )
        places = [n for n, line in enumerate(lines) if ". Headline" in line]
        assert all("https://" in lines[place + 1] for place in places)


def test_an_outlet_is_linked_once_in_the_fallback() -> None:
    """By its first report; an address that is not safe is left out."""
    first, second, third = story().sources
    again = replace(second, outlet_name=first.outlet_name)
    bad = replace(third, url="javascript:alert(1)")
    [message] = render_digest(digest(replace(story(), sources=(first, again, bad))), TEXTS["en"])
    assert message.text.split("\n")[1:] == ["1. Headline 1", "Outlet 1 https://news.example/1"]
