"""Corrections, terms and the calendar, as a user of the shell sees them."""

import json

import feedparser

from tests.processes import Bot

TOPIC = "japan-korea"


async def heaviest(bot: Bot) -> dict[str, object]:
    told = json.loads((await bot.run("news", TOPIC, "--json")).out)
    assert told
    first: dict[str, object] = told[0]
    return first


async def test_a_story_is_corrected_withdrawn_and_restored(sampled: Bot) -> None:
    """Each step is in the look-ups at once, and on the record."""
    assert (await sampled.run("poll", "--once")).code == 0
    story = await heaviest(sampled)
    number = str(story["id"])
    reason = ("--reason", "The source took it back.")
    made = await sampled.run("correct", "story", number, "--withdraw", *reason)
    assert (made.code, "is recorded" in made.err) == (0, True)
    assert (await heaviest(sampled))["id"] != story["id"]
    gone = await sampled.run("story", number)
    assert (gone.code, f"no story {number}" in gone.err) == (1, True)
    digest = await sampled.run("digest", TOPIC, "--format", "json")
    assert story["id"] not in [told["id"] for told in json.loads(digest.out)["stories"]]
    assert (await sampled.run("correct", "story", number, "--restore", *reason)).code == 0
    listed = json.loads((await sampled.run("correct", "list", "--json")).out)
    assert [one["kind"] for one in listed] == ["restore", "withdraw"]
    assert all(one["by"].startswith("cli:") for one in listed)
    nothing = await sampled.run("correct", "story", number, *reason)
    assert (nothing.code, "by one of --withdraw" in nothing.err) == (1, True)


async def test_a_story_says_how_its_summary_was_made(sampled: Bot) -> None:
    """In text, JSON and HTML; before any digest it has none."""
    assert (await sampled.run("poll", "--once")).code == 0
    number = str((await heaviest(sampled))["id"])
    before = await sampled.run("story", number, "--format", "text", "--lang", "ko")
    assert "아직 어느 다이제스트도 요약하지 않은" in before.out
    atom = await sampled.run("digest", TOPIC, "--lang", "ko", "--format", "atom")
    parsed = feedparser.parse(atom.out.encode())
    assert not parsed.bozo
    assert len(parsed.entries) == 1
    assert "summary in ko: extractive" in (await sampled.run("story", number)).out
    as_json = json.loads((await sampled.run("story", number, "--json")).out)
    [summary] = as_json["summaries"]
    assert (summary["language"], summary["method"]) == ("ko", "extractive")
    page = await sampled.run("story", number, "--format", "html", "--lang", "ko")
    assert "보도의 문장을 그대로 뽑았으며" in page.out
    doctor = json.loads((await sampled.run("doctor", "--json")).out)
    [counts] = [one["detail"] for one in doctor if one["subject"] == "summaries"]
    assert "extractive" in counts


async def test_terms_in_the_file_count_for_the_next_command(sampled: Bot) -> None:
    """An outlet that is excluded in outlets.toml is gone from news that were stored before."""
    assert (await sampled.run("poll", "--once")).code == 0
    news = await sampled.run("news", TOPIC, "--json", "--limit", "50")
    outlets = {r["outlet"] for story in json.loads(news.out) for r in story["reports"]}
    assert "Hanbit Ilbo" in outlets
    path = sampled.config / "outlets.toml"
    text = path.read_text(encoding="utf-8")
    named = 'name = "Hanbit Ilbo"\n'
    assert named in text
    path.write_text(text.replace(named, named + 'terms = "excluded"\n'), encoding="utf-8")
    news = await sampled.run("news", TOPIC, "--json", "--limit", "50")
    left = {r["outlet"] for story in json.loads(news.out) for r in story["reports"]}
    assert left == outlets - {"Hanbit Ilbo"}
    path.write_text(text.replace(named, named + 'terms = "sometimes"\n'), encoding="utf-8")
    wrong = await sampled.run("news", TOPIC)
    assert (wrong.code, "terms" in wrong.err) == (2, True)


async def test_the_calendar_lists_what_comes(bot: Bot) -> None:
    """A year has every yearly day, in order; a table elsewhere, JSON for scripts."""
    listed = await bot.run("calendar", TOPIC, "--days", "366", "--json")
    days = json.loads(listed.out)
    assert [day["day"] for day in days] == sorted(day["day"] for day in days)
    assert {"takeshima-day", "fifteenth-of-august", "dokdo-day"} <= {day["id"] for day in days}
    table = await bot.run("calendar", TOPIC, "--days", "366", "--lang", "ja")
    assert "教科書検定の結果公表" in table.out
    (bot.config / "calendar.toml").write_text('[[occasion]]\nid = "x"\nwhen = "02-30"\n')
    assert (await bot.run("calendar", TOPIC)).code == 2
