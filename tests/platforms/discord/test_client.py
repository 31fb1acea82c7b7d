"""The connection's life: login, outages, refusals, the end."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import discord
import pytest
import stamina

from bot.domain.errors import StorageError, StraitError
from bot.platforms.discord import connection, sync
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.config import DiscordConfig
from bot.platforms.discord.connection import ConnectionEndedError
from tests.fakes.discord_objects import BOT_ID
from tests.fakes.discord_rest import TOKEN, DiscordDouble, Fault
from tests.platforms.discord.conftest import KeptHash

Make = Callable[..., DiscordPlatform]


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Retry without waiting."""
    with stamina.set_testing(True, attempts=5):
        yield


@asynccontextmanager
async def running(platform: DiscordPlatform) -> AsyncIterator[asyncio.Task[None]]:
    """Run until the gateway has let the bot in; at the end cancel as the app does."""
    task = asyncio.create_task(platform.run())
    await asyncio.sleep(0)  # now the platform has the client of this run
    connected = asyncio.Event()

    async def on_connect() -> None:
        connected.set()

    platform.client.event(on_connect)
    waiting = asyncio.create_task(connected.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        yield task
    finally:
        waiting.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionEndedError):
            await task


async def test_the_bot_connects_with_no_privileged_intents(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble
) -> None:
    """Guilds only: no member lists, no presences, no message contents."""
    platform = make_platform(**aimed)
    async with running(platform):
        assert platform.messenger.ready
    assert [identify["intents"] for identify in double.identified] == [1]


async def test_cancelling_closes_the_connection(make_platform: Make, aimed: dict[str, str]) -> None:
    """The app ends; nothing is sent any more."""
    platform = make_platform(**aimed)
    async with running(platform) as task:
        pass
    assert task.cancelled()
    assert platform.client.is_closed()
    assert not platform.messenger.ready


async def test_discord_says_how_many_shards(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble
) -> None:
    """Where the configuration leaves it open."""
    async with running(make_platform(api_base=aimed["api_base"], shards=None)):
        assert [identify["shard"] for identify in double.identified] == [[0, 1]]


@pytest.mark.parametrize("token", [f"{TOKEN}x", f"Bot {TOKEN}", f"{TOKEN}\r\nX-Forged: 1", ""])
async def test_a_wrong_token_is_explained(
    make_platform: Make, aimed: dict[str, str], token: str
) -> None:
    """The app logs one sentence and goes on without Discord."""
    with pytest.raises(StraitError, match="copy the bot's token again"):
        await make_platform(**aimed, token=token).run()


async def test_an_outage_at_the_start_is_ridden_out(
    make_platform: Make,
    aimed: dict[str, str],
    double: DiscordDouble,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A restart during an outage of Discord's needs nobody's hand, and leaks no session."""
    double.login_faults.extend([Fault(status=503), Fault(drop=True), Fault(status=503)])
    async with running(make_platform(**aimed)):
        assert len(double.identified) == 1
    assert double.logins == 4
    gc.collect()
    assert "Unclosed" not in caplog.text


async def test_the_platform_runs_again_after_an_unexpected_error(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble, kept_hash: KeptHash
) -> None:
    """The app starts it again: the same messenger sends through the new connection."""
    kept_hash.load_errors.append(RuntimeError("a bug"))
    platform = make_platform(**aimed)
    with pytest.raises(RuntimeError, match="a bug"):
        await platform.run()
    assert not platform.messenger.ready
    assert double.identified == []
    async with running(platform):
        assert platform.messenger.ready
    assert len(double.identified) == 1
    assert double.synced == 1


async def test_a_connection_that_ends_by_itself_is_an_error(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble
) -> None:
    """Nobody asked the bot to leave: the app is told, and the next run connects."""
    platform = make_platform(**aimed)
    async with running(platform) as task:
        await platform.client.close()
        with pytest.raises(ConnectionEndedError):
            await task
    async with running(platform):
        assert platform.messenger.ready
    assert len(double.identified) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, at_the_door=True),
        Fault(status=429, at_the_door=True, retry_after=5),
        Fault(retry_after=0),
        Fault(status=403, at_the_door=True),
    ],
)
async def test_a_login_that_is_put_off_is_tried_again(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble, fault: Fault
) -> None:
    """Cloudflare turns shared addresses away for a while, at times without saying how long."""
    double.login_faults.extend([fault, fault])
    async with running(make_platform(**aimed)) as task:
        assert not task.done()
    assert double.logins == 3


async def test_the_login_waits_as_long_as_it_is_asked_to(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble
) -> None:
    """To the second; without a word of it the pauses double."""
    planned: list[float] = []

    def note(details: stamina.instrumentation.RetryDetails) -> None:
        planned.append(details.wait_for)

    stamina.set_testing(False)
    stamina.instrumentation.set_on_retry_hooks([note])
    try:
        double.login_faults.append(Fault(status=429, at_the_door=True, retry_after=0.25))
        async with running(make_platform(**aimed)):
            assert planned == [0.25]
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)


@pytest.mark.parametrize(
    ("code", "mend"), [(4014, "privileged"), (4004, "copy the bot's token again"), (4013, "4013")]
)
async def test_a_refusal_of_the_gateway_is_explained(
    make_platform: Make,
    aimed: dict[str, str],
    double: DiscordDouble,
    code: int,
    mend: str,
) -> None:
    """Disallowed intents, a token revoked meanwhile, anything else that is for good."""
    double.close_code = code
    with pytest.raises(StraitError, match=mend):
        await make_platform(**aimed).run()


async def test_commands_are_synced_once(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble, kept_hash: KeptHash
) -> None:
    """The next start finds the hash and leaves Discord alone."""
    async with running(make_platform(**aimed)):
        pass
    async with running(make_platform(**aimed)):
        pass
    assert double.synced == 1
    assert {command["name"] for command in double.commands} == {
        "news",
        "story",
        "search",
        "why",
        "digest",
        "feeds",
        "strait",
    }
    assert kept_hash.value is not None


async def test_a_failed_sync_is_tried_at_the_next_start(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble, kept_hash: KeptHash
) -> None:
    """The bot serves with the commands that Discord knows."""
    double.sync_faults.append(Fault(status=400, code=30034))
    async with running(make_platform(**aimed)) as task:
        assert not task.done()
    assert kept_hash.value is None
    async with running(make_platform(**aimed)):
        pass
    assert kept_hash.value is not None


async def test_a_sync_that_is_put_off_does_not_hold_up_the_bot(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble
) -> None:
    """Discord's limit on updates can last a day: the bot connects at once."""
    double.sync_faults.append(Fault(retry_after=3600))
    platform = make_platform(**aimed)
    async with asyncio.timeout(10), running(platform):
        assert platform.messenger.ready
    assert double.synced == 0


async def test_a_sync_without_an_answer_does_not_hold_up_the_bot(
    make_platform: Make,
    aimed: dict[str, str],
    double: DiscordDouble,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bot connects after a while."""
    monkeypatch.setattr(sync, "SYNC_SECONDS", 0.2)
    double.sync_faults.append(Fault(stall=True))
    platform = make_platform(**aimed)
    async with asyncio.timeout(10), running(platform):
        assert platform.messenger.ready
    assert double.synced == 0


async def test_a_short_outage_does_not_keep_the_commands_from_discord(
    make_platform: Make, aimed: dict[str, str], double: DiscordDouble
) -> None:
    """Nobody would see the commands until the next start."""
    double.sync_faults.extend([Fault(status=502), Fault(drop=True)])
    async with running(make_platform(**aimed)):
        assert double.synced == 1
    assert double.logins == 1


async def test_a_locked_database_does_not_end_the_platform(
    make_platform: Make,
    aimed: dict[str, str],
    double: DiscordDouble,
    kept_hash: KeptHash,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The commands are sent once too often instead, and the log says so."""
    kept_hash.load_errors.append(StorageError("The database is locked."))
    kept_hash.save_errors.append(StorageError("The database is locked."))
    platform = make_platform(**aimed)
    async with running(platform):
        assert platform.messenger.ready
    assert double.synced == 1
    assert capsys.readouterr().out.count("The database is locked.") == 2


async def test_closing_does_not_wait_for_a_farewell_without_end(
    make_platform: Make, aimed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within three seconds, without leaving a session open."""

    async def hang(_: discord.shard.Shard) -> None:
        await asyncio.Event().wait()

    assert connection.CLOSING_SECONDS <= 3
    monkeypatch.setattr(connection, "CLOSING_SECONDS", 0.1)
    monkeypatch.setattr(discord.shard.Shard, "close", hang)
    platform = make_platform(**aimed)
    async with asyncio.timeout(10), running(platform) as task:
        pass
    assert task.cancelled()
    assert not platform.messenger.ready
    assert vars(platform.client.http)["_HTTPClient__session"].closed


async def test_the_log_says_how_to_invite_the_bot(
    make_platform: Make, aimed: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """View Channel, Send Messages (in threads too) and Read Message History; no more."""
    async with running(make_platform(**aimed)):
        said = capsys.readouterr().out
    assert f"client_id={BOT_ID}&scope=bot+applications.commands&permissions=274877975552" in said


async def test_the_token_is_in_no_log_of_an_outage(
    make_platform: Make,
    aimed: dict[str, str],
    double: DiscordDouble,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An answer that is no HTTP makes an error that holds the request, with its headers."""
    double.login_faults.append(Fault(status=0))
    double.sync_faults.append(Fault(status=0))
    async with running(make_platform(**aimed)):
        said = capsys.readouterr().out
    assert said.count("retry_scheduled") == 2
    assert TOKEN not in said


def test_the_token_is_in_no_configuration_that_is_printed() -> None:
    """Wherever a log or a traceback shows it."""
    assert TOKEN not in repr(DiscordConfig(token=TOKEN))
