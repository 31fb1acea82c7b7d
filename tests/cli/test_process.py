"""End to end: the real process polls the sample feeds over HTTP and prints the digest."""

import asyncio
import json
import re
import signal
import sqlite3
from collections import Counter

import pytest

from bot.demo.samples import sample_truth
from tests.processes import PATIENCE, Bot

HEADING = "Japan–Korea relations · "
FOOTER = "rewritten."


async def digest_of(process: asyncio.subprocess.Process) -> str:
    """Return what the process prints up to the digest's last line."""
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not lines or FOOTER not in lines[-1]:
            line = (await process.stdout.readline()).decode()
            assert line, f"the process ended early: {await read_errors(process)}"
            lines.append(line)
    return "".join(lines)


async def read_errors(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode()


async def end(process: asyncio.subprocess.Process, with_signal: signal.Signals) -> int:
    process.send_signal(with_signal)
    async with asyncio.timeout(10):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_newcomer_reads_a_digest_and_ends_the_bot(
    sampled: Bot, how: signal.Signals
) -> None:
    """`run` without a token polls, prints today's digest, and ends cleanly within 10 s."""
    process = await sampled.start("run")
    printed = await digest_of(process)
    assert printed.startswith(HEADING)
    assert await end(process, how) == 0
    links = set(re.findall(r"https?://\S+", printed))
    core = {truth.url for truth in sample_truth() if truth.relevance == 2}
    assert len(links & core) >= 20
    assert len(links - core) <= len(links) / 10


async def test_a_restart_tells_nothing_twice(sampled: Bot) -> None:
    """The second run finds the slot planned and the digest sent."""
    first = await sampled.start("run")
    await digest_of(first)
    await end(first, signal.SIGTERM)
    second = await sampled.start("run")
    assert second.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while b"first round done" not in (line := await second.stderr.readline()):
            assert line, "the process ended early"
    second.send_signal(signal.SIGTERM)
    out, _ = await asyncio.wait_for(second.communicate(), 10)
    assert out == b""


async def test_a_killed_run_is_taken_up_where_it_was(sampled: Bot) -> None:
    """Killed while it reads, the bot goes on: each entry once, the digest whole."""
    first = await sampled.start("run")
    assert first.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while b"feeds refreshed" not in (line := await first.stderr.readline()):
            assert line, "the process ended early"
    first.kill()
    await first.communicate()
    second = await sampled.start("run")
    printed = await digest_of(second)
    await end(second, signal.SIGTERM)
    assert printed.startswith(HEADING)
    stories = json.loads((await sampled.run("news", "japan-korea", "--since", "5d", "--json")).out)
    reports = Counter(report["url"] for story in stories for report in story["reports"])
    assert reports
    assert set(reports.values()) == {1}


async def test_the_commands_answer_from_the_same_database(sampled: Bot) -> None:
    """poll, digest in every format, news, story and feeds work one after the other."""
    polled = await sampled.run("poll", "--once")
    assert polled.code == 0, polled.err
    rows = [line.split("\t") for line in polled.out.splitlines()]
    assert rows[0][:3] == ["feed", "answer", "new"]
    assert sum(int(row[2]) for row in rows[1:]) == len(sample_truth())

    news = await sampled.run("news", "japan-korea", "--json")
    stories = json.loads(news.out)
    assert len(stories) >= 5
    shown = await sampled.run("story", str(stories[0]["id"]))
    assert re.search("Developing|Updated today|No new report|Settled", shown.out)
    assert all(report["url"] in shown.out for report in stories[0]["reports"])
    assert "why:" in shown.out

    for form, sign in (
        ("text", HEADING),
        ("markdown", "# "),
        ("html", "<!doctype html>"),
        ("json", "{"),
        ("discord", '{"components"'),
        ("slack", "{"),
    ):
        digest = await sampled.run("digest", "japan-korea", "--lang", "ja", "--format", form)
        assert digest.code == 0, digest.err
        if form != "text":
            assert digest.out.lower().startswith(sign.lower())
        assert "日韓" in digest.out

    listed = json.loads((await sampled.run("feeds", "list", "--json")).out)
    assert all(feed["problem"] is None for feed in listed)
    removed = await sampled.run("feeds", "remove", listed[0]["url"])
    assert removed.code == 0
    again = json.loads((await sampled.run("feeds", "list", "--json")).out)
    assert len(again) == len(listed) - 1


async def test_one_bad_feed_does_not_stop_the_others(sampled: Bot) -> None:
    """It is marked with its reason; the rest is read."""
    path = sampled.config / "feeds.toml"
    broken = '[[feed]]\nurl = "http://127.0.0.1:9/rss"\nname = "Broken"\n'
    path.write_text(path.read_text(encoding="utf-8") + broken, encoding="utf-8")
    polled = await sampled.run("poll", "--once")
    assert polled.code == 0, polled.err
    last = polled.out.splitlines()[-1].split("\t")
    assert last[0] == "Broken"
    assert "127.0.0.1" in last[4]
    doctor = await sampled.run("doctor")
    assert doctor.code == 1
    assert "Broken" in doctor.out


async def test_a_broken_configuration_starts_nothing(bot: Bot) -> None:
    """Every mistake is listed, and the exit code is that of a wrong configuration."""
    (bot.config / "settings.toml").write_text("[poling]\n[digest]\nlanguage = 'fr'\n")
    for command in ("run", "poll", "doctor"):
        ended = await bot.run(command)
        assert ended.code == 2
        assert "2 mistakes" in ended.err
        assert 'did you mean "polling"?' in ended.err
        assert "Traceback" not in ended.err


async def test_mistakes_in_locales_are_told_at_the_start(bot: Bot) -> None:
    """With all the others, before anything is done."""
    (bot.config / "settings.toml").write_text("[poling]\n")
    (bot.config / "locales").mkdir()
    (bot.config / "locales" / "ko.toml").write_text('[digest]\nheading = "{tpic}"\n')
    ended = await bot.run("migrate")
    assert ended.code == 2
    assert 'did you mean "polling"?' in ended.err
    assert f"{bot.config}/locales/ko.toml: digest.heading must have these" in ended.err
    assert f"{bot.config}/locales/en.toml" not in ended.err


async def test_a_newer_database_is_refused(bot: Bot) -> None:
    """The older program says what to do and touches nothing."""
    assert (await bot.run("migrate")).code == 0
    path = bot.environ["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ended = await bot.run("run")
    assert ended.code == 1
    assert "written by a newer version" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("news", "japan-corea"), 'did you mean "japan-korea"?'),
        (("news", "japan-korea", "--since", "yesterday"), "such as 24h or 3d"),
        (("story", "404"), "There is no story 404"),
        (("feeds", "add", "ftp://x"), "must begin with http:// or https://"),
        (("feeds", "add", "http://127.0.0.1:9/rss"), "Not added"),
        (("feeds", "add", "http://127.0.0.1:9/rss", "--outlet", "nobody"), "outlets.toml"),
        (("feeds", "remove", "http://nowhere.example/rss"), "There is no feed"),
        (("story", "99999999999999999999"), "There is no story 99999999999999999999"),
    ],
)
async def test_a_mistake_is_one_sentence(bot: Bot, arguments: tuple[str, ...], told: str) -> None:
    """It says what is wrong and what to do; nothing is a traceback."""
    ended = await bot.run(*arguments)
    assert ended.code == 1
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert "Traceback" not in ended.err


async def test_the_demo_needs_nothing(bot: Bot) -> None:
    """It prints the digest and writes the page, without configuration, token or network."""
    page = bot.config / "page.html"
    shown = await bot.run("demo", "--page", str(page))
    assert shown.code == 0, shown.err
    assert HEADING in shown.out
    assert str(page) in shown.err
    assert page.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


async def test_a_search_finds_a_name_in_other_languages(sampled: Bot) -> None:
    """As a table and as JSON; what cannot be searched is told in one sentence."""
    assert (await sampled.run("poll", "--once")).code == 0
    found = json.loads((await sampled.run("search", "日韓", "--json", "--since", "30d")).out)
    languages = {match["language"] for one in found["found"] for match in one["matches"]}
    assert languages == {"en", "ja", "ko"}
    assert found["query"] == "日韓"
    table = await sampled.run("search", "日韓", "--lang", "ko")
    assert table.out.splitlines()[0].split("\t")[:2] == ["story", "headline"]
    nothing = await sampled.run("search", "xyzzy")
    assert (nothing.code, "try fewer words" in nothing.err) == (0, True)
    refused = await sampled.run("search", "!!!")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
