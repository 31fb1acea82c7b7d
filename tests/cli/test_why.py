"""`why` and `subscriptions preview` as a user of the shell sees them."""

import json

from tests.processes import Bot


async def test_why_explains_what_was_polled(sampled: Bot) -> None:
    """A story by its number, its report by its address, in words and as JSON."""
    await sampled.run("poll", "--once")
    told = json.loads((await sampled.run("news", "japan-korea", "--since", "3d", "--json")).out)
    story = told[0]
    of_story = await sampled.run("why", str(story["id"]))
    assert (of_story.code, of_story.err) == (0, "")
    assert story["headline"][:20] in of_story.out
    url = story["reports"][-1]["url"]
    as_json = json.loads((await sampled.run("why", url, "--json")).out)
    assert as_json["entry"]["url"] == url
    [topic] = [one for one in as_json["topics"] if one["story"]]
    assert topic["story"]["id"] == story["id"]
    assert abs(topic["again"]["relevance"] - topic["relevance"]) < 0.01
    assert topic["again"]["signals"]
    assert topic["runner_up"]["story"] != story["id"]
    in_korean = await sampled.run("why", url, "--lang", "ko")
    assert "관련도" in in_korean.out


async def test_why_polls_nothing_by_itself(sampled: Bot) -> None:
    """An address that is not stored is said to be so, with what is polled."""
    asked = await sampled.run("why", "https://elsewhere.example/1")
    assert (asked.code, asked.out) == (1, "")
    assert "no feed of elsewhere.example is polled" in asked.err
    assert (await sampled.run("news", "japan-korea", "--json")).out.strip() == "[]"


async def test_a_preview_of_an_unknown_number_says_so(bot: Bot) -> None:
    """Nothing else is shown."""
    missing = await bot.run("subscriptions", "preview", "7")
    assert (missing.code, "no subscription 7" in missing.err) == (1, True)


async def test_a_filter_that_leaves_a_story_out_is_named(sampled: Bot) -> None:
    """By `why`, in words and as JSON, and by `preview`: an expression has its engine in both."""
    await sampled.run("poll", "--once")
    told = json.loads((await sampled.run("news", "japan-korea", "--since", "3d", "--json")).out)
    number = str(told[0]["id"])
    wanted = ("--include", "/no such w[o]rd/")
    where = ("--to", "console:local:output", "--schedule", "daily 08:00")
    added = await sampled.run("subscriptions", "add", "japan-korea", *where, *wanted)
    assert added.code == 0
    as_json = json.loads((await sampled.run("why", number, "--json")).out)
    [one] = as_json["subscriptions"]
    assert (one["because"], one["rule"]) == ("filtered", "include")
    assert "none of the words wanted" in (await sampled.run("why", number)).out
    preview = await sampled.run("subscriptions", "preview", "1")
    assert (preview.code, "none of the words wanted" in preview.out) == (0, True)
