"""Subscriptions and their tastes, as whoever runs the instance looks after them."""

import json

from tests.processes import Bot

ADD = (
    "subscriptions", "add", "japan-korea", "--to", "slack:T1:C1", "--schedule", "daily 08:00",
    "--zone", "Asia/Tokyo",
)  # fmt: skip


async def test_a_subscription_is_added_changed_shown_and_removed(bot: Bot) -> None:
    """Each step says what is there now; the JSON is for scripts."""
    taste = ("--issues", "courts", "--include", "/tak(e|a)shima/, 独島", "--breaking", "3/60")
    added = await bot.run(*ADD, *taste)
    assert added.code == 0, added
    assert "With one of these words: /tak(e|a)shima/, 独島" in added.out + added.err
    changed = await bot.run("subscriptions", "change", "1", "--quiet", "22:00-07:00")
    assert "but not from 22:00 to 07:00" in changed.out + changed.err
    shown = json.loads((await bot.run("subscriptions", "show", "1", "--json")).out)
    assert shown["to"] == {"platform": "slack", "workspace": "T1", "channel": "C1"}
    assert shown["schedule"] == "daily 08:00 Asia/Tokyo"
    assert shown["filters"]["issues"] == ["courts"]
    assert shown["filters"]["include"] == [
        {"text": "tak(e|a)shima", "is_pattern": True},
        {"text": "独島", "is_pattern": False},
    ]
    assert shown["breaking"] == {"outlets": 3, "minutes": 60, "quiet": ["22:00", "07:00"]}
    preview = await bot.run("subscriptions", "preview", "1")
    assert (preview.code, "A quiet day" in preview.out) == (0, True)
    assert "slack:T1:C1" in (await bot.run("subscriptions", "list")).out
    assert (await bot.run("subscriptions", "remove", "1")).code == 0
    assert json.loads((await bot.run("subscriptions", "list", "--json")).out) == []


async def test_what_cannot_be_done_is_told_with_the_mend(bot: Bot) -> None:
    """And nothing is stored."""
    for arguments, mend in (
        ((*ADD, "--include", "/a(b/"), "at character 1"),
        ((*ADD, "--issues", "sport"), "write one of summit-diplomacy"),
        ((*ADD[:3], "--to", "irc:x:y", *ADD[5:]), "write PLATFORM:WORKSPACE:CHANNEL"),
        (("subscriptions", "change", "9", "--level", "core"), "no subscription 9"),
    ):
        ended = await bot.run(*arguments)
        assert (ended.code, mend in ended.err) == (1, True), ended
    assert json.loads((await bot.run("subscriptions", "list", "--json")).out) == []
