"""Feeds whose addresses hold secrets, and feeds that fail, as a user of the shell sees them."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.fakes.feed_server import Answer, FeedServer
from tests.feeds.documents import feed_of, item
from tests.processes import Bot, toml

UNTITLED = f'<?xml version="1.0"?><rss version="2.0"><channel><item>{item()}</item></channel></rss>'
SECRETS = ("bob", "s3cret", "token=")


def private(server: FeedServer, path: str = "/rss") -> str:
    return server.url(f"{path}?token=abc").replace("://", "://bob:s3cret@")


def configure(bot: Bot, *rows: Mapping[str, object]) -> None:
    (bot.config / "feeds.toml").write_text(
        toml("feed", [dict(row) for row in rows]), encoding="utf-8"
    )


async def test_no_command_shows_the_secrets_of_an_address(bot: Bot) -> None:
    """Neither lists, nor checks, nor the diagnosis, nor a hint."""
    async with FeedServer() as server:
        configure(bot, {"url": private(server), "name": "Private"})
        listed = await bot.run("feeds", "list")
        polled = await bot.run("poll")
        doctor = await bot.run("doctor")
        as_json = await bot.run("feeds", "list", "--json")
        checked = await bot.run("feeds", "check", "1")
        hinted = await bot.run("feeds", "remove", server.url("/rs"))
        shown = server.url("/rss")
    for ended in (listed, doctor, as_json, checked):
        assert shown in ended.out, ended
    assert f"did you mean {shown}?" in hinted.err
    for ended in (listed, polled, doctor, as_json, checked, hinted):
        assert not any(secret in ended.out + ended.err for secret in SECRETS), ended


async def test_a_listed_feed_can_be_named_by_its_number(bot: Bot) -> None:
    """Two addresses that differ in what is not shown have two numbers."""
    async with FeedServer() as server:
        rows = [{"url": f"{private(server)}{n}", "name": f"Feed {n}"} for n in (1, 2)]
        configure(bot, *rows)
        listed = json.loads((await bot.run("feeds", "list", "--json")).out)
        assert listed[0]["url"] == listed[1]["url"]
        unclear = await bot.run("feeds", "remove", listed[0]["url"])
        assert (unclear.code, "by its number" in unclear.err) == (1, True)
        assert (await bot.run("feeds", "remove", str(listed[1]["id"]))).code == 0
    left = (await bot.run("feeds", "list")).out.splitlines()
    assert left[0].split("\t")[:2] == ["id", "feed"]
    assert [line.split("\t")[:2] for line in left[1:]] == [[str(listed[0]["id"]), "Feed 1"]]


async def test_a_feed_without_a_title_is_named_by_its_shown_address(bot: Bot) -> None:
    """The whole address would end up in digests and logs."""
    async with FeedServer() as server:
        server.answer("/rss?token=abc", Answer(body=UNTITLED.encode()))
        added = await bot.run("feeds", "add", private(server))
        assert added.code == 0, added.err
        [feed] = json.loads((await bot.run("feeds", "list", "--json")).out)
        assert feed["name"] == feed["url"] == server.url("/rss")


async def test_a_poll_fails_where_no_feed_answers(bot: Bot) -> None:
    """A script must notice; one feed that answers is enough, and so is nothing to do."""
    async with FeedServer() as server:
        configure(bot, {"url": server.url("/broken"), "name": "Broken"})
        assert (await bot.run("poll", "--once")).code == 1
        assert (await bot.run("poll")).code == 0
        good = {"url": server.answer("/rss", Answer(body=feed_of([1]))), "name": "Good"}
        configure(bot, {"url": server.url("/broken"), "name": "Broken"}, good)
        assert (await bot.run("poll", "--once")).code == 0


@pytest.mark.parametrize("encoding", ["ascii", "euc-kr"])
async def test_output_is_utf_8_whatever_the_locale(bot: Bot, encoding: str) -> None:
    """Titles are Japanese and Korean; a terminal's old encoding must not end a command."""
    environ = bot.environ | {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": encoding}
    configure(bot, {"url": "http://127.0.0.1:9/rss", "name": "한빛일보 – 晴海新聞 😀"})
    listed = await replace(bot, environ=environ).run("feeds", "list")
    assert listed.code == 0, listed.err
    assert "한빛일보 – 晴海新聞 😀" in listed.out
