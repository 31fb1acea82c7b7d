"""The slash command, over a real WebSocket: acknowledged, answered, and nothing by halves."""

from dataclasses import replace
from typing import Any

import pytest

from bot.commands.desk import Desk
from bot.commands.subscriptions import MOST_PER_WORKSPACE
from bot.domain.compose import DigestRequest
from bot.domain.model import Destination, Digest, Language
from bot.platforms.slack.answers import say_lines
from bot.platforms.slack.commands import Seen
from bot.platforms.slack.config import PLATFORM, SlackConfig
from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.render import MESSAGE_LIMIT
from bot.rendering.texts import Texts
from tests.fakes.slack_blocks import problem_with
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import TEAM
from tests.platforms.slack.conftest import Serve

SUBSCRIBE = "digest subscribe daily 08:00 Asia/Tokyo"


@pytest.fixture
async def served(platform: SlackPlatform, serving: Serve) -> Any:
    async with serving(platform):
        yield platform


async def say(slack: SlackServer, text: str, **options: Any) -> str:
    """Return what the last answer to a command says."""
    return str((await slack.command(text, **options))[-1]["text"])


@pytest.mark.usefixtures("served")
async def test_news_are_answered_to_the_asker_alone(slack: SlackServer) -> None:
    """With the stories of the database, links not unfolded."""
    [answer] = await slack.command("japan-korea 24h")
    first, second = (answer["text"].index(f"\n{n}. ") for n in (1, 2))
    assert first < answer["text"].index("Leaders meet in Seoul") < second
    assert second < answer["text"].index("Ferry line to Busan opens again")
    assert answer["response_type"] == "ephemeral"
    assert (answer["unfurl_links"], answer["unfurl_media"]) == (False, False)


@pytest.mark.usefixtures("served")
async def test_a_command_is_acknowledged_without_words(slack: SlackServer) -> None:
    """The acknowledgement comes before any work, so it cannot hold the answer."""
    invocation = slack.invocation("japan-korea")
    await slack.deliver(invocation)
    assert invocation.acks == [{}]


@pytest.mark.usefixtures("served")
async def test_a_story_is_shown_by_its_number(slack: SlackServer) -> None:
    """The number stands in the news; an unknown one is said to be so."""
    assert "Ferry line" in await say(slack, "story 2")
    assert "no story 99" in await say(slack, "story 99")


@pytest.mark.usefixtures("served")
async def test_a_digest_is_subscribed_paused_resumed_and_removed(
    slack: SlackServer, desk: Desk
) -> None:
    """Each step is confirmed, and is in the database."""
    said = await say(slack, f"{SUBSCRIBE} lang=ja stories=5")
    assert "daily 08:00 Asia/Tokyo, in Japanese, 5 stories at most" in said
    assert "November 21, 2026, 08:00" in said
    [made] = await desk.subscriptions(PLATFORM, TEAM)
    assert (made.destination.channel, made.created_by) == ("C1", "U1")
    assert (made.taste.language, made.taste.max_stories) == (Language.JA, 5)
    assert "paused" in await say(slack, "digest pause 1")
    assert "(paused)" in await say(slack, "digest list")
    assert "sent again" in await say(slack, "digest resume 1")
    assert "removed" in await say(slack, "digest remove 1")
    assert "no digest yet" in await say(slack, "digest list")


@pytest.mark.usefixtures("served")
async def test_a_digest_is_changed(slack: SlackServer, desk: Desk) -> None:
    """What is not written stays as it is; the answer says what comes now, and when."""
    await say(slack, f"{SUBSCRIBE} lang=ja stories=5")
    said = await say(slack, "digest change 1 weekdays 07:30, 18:00 Asia/Seoul")
    assert "weekdays 07:30,18:00 Asia/Seoul, in Japanese, 5 stories at most" in said
    await say(slack, "digest change 1 stories=3")
    [changed] = await desk.subscriptions(PLATFORM, TEAM)
    assert (changed.taste.language, changed.taste.max_stories) == (Language.JA, 3)
    assert changed.taste.schedule.zone == "Asia/Seoul"


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("change 1", "digest change 1 weekdays"),
        ("change 1 every 0 hours", "from 1 to 24"),
        ("change 1 weekly mondy 08:00", "did you mean “monday”"),
        ("change 1 Asia/Tokio", "did you mean “Asia/Tokyo”"),
        ("change 1 daily 08:00 Asia/Tokyo", "is so already"),
        ("change 2 daily 09:00", "no digest 2"),
    ],
)
async def test_a_mistaken_change_changes_nothing(
    slack: SlackServer, desk: Desk, text: str, mend: str
) -> None:
    """One sentence with the mend; another channel's digest is not there."""
    await say(slack, SUBSCRIBE)
    await desk.subscribe(
        Destination(platform=PLATFORM, workspace=TEAM, channel="C2"),
        topic="japan-korea",
        schedule="daily 08:00",
        created_by="U2",
    )
    before = await desk.subscriptions(PLATFORM, TEAM)
    said = await say(slack, f"digest {text}")
    assert mend.replace("“", '"').replace("”", '"') in said.replace("“", '"').replace("”", '"')
    assert await desk.subscriptions(PLATFORM, TEAM) == before


async def subscribe_often(desk: Desk, count: int) -> None:
    for number in range(count):
        hours, minutes = divmod(number, 60)
        await desk.subscribe(
            Destination(platform=PLATFORM, workspace=TEAM, channel="C1"),
            topic="japan-korea",
            schedule=f"daily {hours:02}:{minutes:02}",
            zone="America/Argentina/Buenos_Aires",
            language=Language.EN,
            max_stories=5,
            created_by="U1",
        )


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(("count", "answers"), [(40, 1), (MOST_PER_WORKSPACE, 2)])
async def test_a_long_list_is_whole(
    slack: SlackServer, desk: Desk, count: int, answers: int
) -> None:
    """In several paragraphs and messages: each digest has its number and schedule."""
    await subscribe_often(desk, count)
    told = await slack.command("digest list", answers=answers)
    shown = "\n".join(block["text"]["text"] for answer in told for block in answer["blocks"])
    lines = shown.split("\n")
    assert [line.partition(":")[0] for line in lines] == [f"Digest {n + 1}" for n in range(count)]
    assert all(line.endswith("5 stories at most") for line in lines)
    assert "\n".join(answer["text"] for answer in told) == shown


def test_a_list_without_end_still_has_every_number() -> None:
    """Nothing is longer than a message may be."""
    lines = [f"{n}: {'長' * 90}" for n in range(1, 601)]
    messages = say_lines(lines)
    assert all(problem_with(list(message.blocks)) is None for message in messages)
    assert all(len(message.text) <= MESSAGE_LIMIT for message in messages)
    assert "\n".join(message.text for message in messages).split("\n") == lines


@pytest.mark.usefixtures("served")
async def test_a_preview_is_announced_and_then_shown(slack: SlackServer) -> None:
    """Composing may take seconds: until then the asker knows that it is under way."""
    await slack.command(SUBSCRIBE)
    first, second = await slack.command("digest preview 1", answers=2)
    assert first["text"].startswith("Composing digest 1")
    assert "1. Leaders meet in Seoul" in second["text"]
    assert "only you can see it" in str(second["blocks"][0])


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("japan-corea", "did you mean “japan-korea”?"),
        ("japan-korea yesterday", "write hours, days or weeks"),
        ("digest subscribe daily 25:00 Asia/Tokyo", "write it as HH:MM"),
        ("digest subscribe daily 08:00 Asia/Tokio", 'did you mean "Asia/Tokyo"?'),
        ("digest subscribe hourly 08:00", "daily 08:00"),
        ("digest subscribe daily 08:00 Asia/Tokyo japan-china", 'did you mean "japan-korea"?'),
        ("digest pause 7", "/news digest list"),
    ],
)
async def test_bad_input_is_answered_with_the_mend(
    slack: SlackServer, desk: Desk, text: str, mend: str
) -> None:
    """One sentence, and nothing is subscribed."""
    assert mend in await say(slack, text)
    assert await desk.subscriptions(PLATFORM, TEAM) == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("channel", "changes", "mend"),
    [
        ("C2", {"is_member": False}, "/invite and mention strait"),
        ("C2", {"is_member": False, "is_private": True}, "/invite and mention strait"),
        ("C2", {"is_archived": True}, "archived"),
        ("D2", {}, "in a channel"),
    ],
)
async def test_a_channel_that_cannot_be_posted_to_is_not_subscribed(
    slack: SlackServer, desk: Desk, channel: str, changes: dict[str, bool], mend: str
) -> None:
    """The asker is told what to do first."""
    slack.workspace.add_channel(channel, **changes)
    assert mend in await say(slack, SUBSCRIBE, channel=channel)
    assert await desk.subscriptions(PLATFORM, TEAM) == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("trouble", "mend"),
    [
        (Trouble(error="missing_scope"), "reinstall the app"),
        (Trouble(status=503), "Nothing was changed"),
    ],
)
async def test_a_channel_that_cannot_be_seen_is_not_subscribed(
    slack: SlackServer, desk: Desk, trouble: Trouble, mend: str
) -> None:
    """Nothing is subscribed on a guess."""
    slack.expect("conversations.info", trouble)
    assert mend in await say(slack, SUBSCRIBE)
    assert await desk.subscriptions(PLATFORM, TEAM) == []


@pytest.mark.usefixtures("served")
async def test_a_channels_digests_are_managed_from_there_alone(
    slack: SlackServer, desk: Desk
) -> None:
    """Other channels neither see nor change what a channel gets."""
    slack.workspace.add_channel("C2")
    await slack.command(SUBSCRIBE)
    for verb in ("pause", "resume", "remove"):
        assert "no digest 1" in await say(slack, f"digest {verb} 1", channel="C2")
    assert "no digest yet" in await say(slack, "digest list", channel="C2")
    assert len(await desk.subscriptions(PLATFORM, TEAM)) == 1


@pytest.mark.usefixtures("served")
async def test_another_workspaces_command_is_not_served(slack: SlackServer, desk: Desk) -> None:
    """A payload that names another team gets no news and changes nothing."""
    foreign = slack.invocation(SUBSCRIBE)
    foreign.payload["team_id"] = "T0OTHER"
    await slack.deliver(foreign)
    [answer] = await slack.answered(foreign)
    assert "subscribed" not in answer["text"]
    assert await desk.subscriptions(PLATFORM, "T0OTHER") == []


@pytest.mark.usefixtures("served")
async def test_people_are_answered_in_their_slacks_language(slack: SlackServer) -> None:
    """Asked once, then remembered; a language that is none of ours gets the default."""
    slack.workspace.locales = {"U2": "ja-JP", "U3": "fr-FR"}
    assert "まだ配信がありません" in await say(slack, "digest list", user="U2")
    assert "まだ配信がありません" in await say(slack, "digest list", user="U2")
    assert "no digest yet" in await say(slack, "digest list", user="U3")
    assert len(slack.called("users.info")) == 2


@pytest.mark.usefixtures("served")
async def test_an_unknown_language_does_not_hold_up_the_answer(slack: SlackServer) -> None:
    """Slack may fail to tell it, or never answer."""
    slack.expect("users.info", Trouble(status=500), Trouble(stall=True))
    assert "no digest yet" in await say(slack, "digest list")
    assert "no digest yet" in await say(slack, "digest list")


@pytest.mark.usefixtures("served")
async def test_a_command_that_is_delivered_again_runs_once(slack: SlackServer, desk: Desk) -> None:
    """Slack repeats what it thinks was not acknowledged."""
    invocation = slack.invocation(SUBSCRIBE)
    for _ in range(3):
        await slack.deliver(invocation)
    await slack.answered(invocation)
    await slack.command("help")
    assert len(invocation.answers) == 1
    assert len(await desk.subscriptions(PLATFORM, TEAM)) == 1


def test_only_the_last_deliveries_are_remembered() -> None:
    """Memory does not grow with the months; what carries no id is never a repetition."""
    seen = Seen(most=2)
    bodies = [{"trigger_id": "a"}, {"event_id": "b"}, {"trigger_id": "c"}]
    assert [seen.again(body) for body in (*bodies, *bodies[1:], bodies[0])] == [
        False,
        False,
        False,
        True,
        True,
        False,
    ]
    assert not any(seen.again({}) for _ in range(2))


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("trick", ["<!channel>", "<@U0STRAIT>", "*x*`<https://evil.example|ok>"])
async def test_what_people_write_is_quoted_harmlessly(slack: SlackServer, trick: str) -> None:
    """Answers mention nobody and hold no link that a user made up."""
    [answer] = await slack.command(f"digest {trick}")
    assert "<" not in answer["text"]
    assert [block["text"]["type"] for block in answer["blocks"]] == ["plain_text"]


async def test_an_unexpected_error_is_answered_neutrally(
    slack: SlackServer, config: SlackConfig, desk: Desk, texts: dict[str, Texts], serving: Serve
) -> None:
    """The asker learns that it failed, not how; the bot goes on."""

    async def write(_: DigestRequest) -> Digest:
        raise RuntimeError("a secret of the inside")

    broken = SlackPlatform(config, desk=replace(desk, write=write), texts=texts)
    async with serving(broken):
        await slack.command(SUBSCRIBE)
        answers = await slack.command("digest preview 1", answers=2)
        assert "it is in the log" in answers[1]["text"]
        assert "secret" not in str(answers)
        assert "Digest 1" in await say(slack, "digest list")


@pytest.mark.usefixtures("served")
async def test_help_shows_every_verb_under_the_commands_own_name(slack: SlackServer) -> None:
    """A workspace may have renamed the command."""
    renamed = slack.invocation("")
    renamed.payload["command"] = "/strait"
    await slack.deliver(renamed)
    [answer] = await slack.answered(renamed)
    assert "/strait japan-korea 24h" in answer["text"]
    for verb in ("story", "subscribe", "list", "pause", "resume", "remove", "preview"):
        assert verb in answer["text"]
    assert "/news" not in str(answer)


@pytest.mark.usefixtures("served")
async def test_a_search_shows_the_reports_that_match(slack: SlackServer) -> None:
    """To the asker alone, with the story's number; narrowed by what stands beside it."""
    [answer] = await slack.command("search ferry since=2d lang=en outlet=hanbit")
    assert "Ferry line to Busan opens again" in answer["text"]
    assert "Leaders" not in answer["text"]
    assert "story 2" in str(answer["blocks"])
    assert answer["response_type"] == "ephemeral"
    assert problem_with(answer["blocks"]) is None


@pytest.mark.usefixtures("served")
async def test_a_search_that_fails_is_answered_in_one_sentence(slack: SlackServer) -> None:
    """Nothing found, nothing to look for, too much: nobody is called by it."""
    said = await say(slack, "search <!channel> @here xyzzy")
    assert "Nothing was found" in said
    assert "<!channel>" not in said
    assert "nothing to search for" in await say(slack, "search !!!")
    assert "write 200 at most" in await say(slack, f"search {'x' * 2000}")
    assert "not one issue" in await say(slack, "search ferry issue=xyzzy")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    "written", ["https://h.example/2?a=1", "<https://h.example/2?a=1|h.example>"]
)
async def test_why_takes_an_address_as_slack_gives_it(slack: SlackServer, written: str) -> None:
    """With its query, and as a link where Slack has made one of it."""
    said = await say(slack, f"why {written}")
    assert "No report is stored with this address. Of h.example is polled: Hanbit" in said


@pytest.mark.usefixtures("served")
async def test_why_asks_of_what(slack: SlackServer) -> None:
    """Where nothing is named the answer shows how."""
    assert "/news why 12" in await say(slack, "why")


@pytest.mark.usefixtures("served")
async def test_a_preview_says_what_it_leaves_out(slack: SlackServer, desk: Desk) -> None:
    """In one message more, each story with its reason."""
    await say(slack, f"{SUBSCRIBE} stories=1")
    [mine] = await desk.subscriptions(PLATFORM, TEAM)
    sent = await slack.command(f"digest preview {mine.id}", answers=3)
    assert "story:2" in sent[-1]["text"]
    assert "2 of 2, with room for 1: others weigh more" in sent[-1]["text"]


@pytest.mark.usefixtures("served")
async def test_a_taste_is_subscribed_changed_and_shown(slack: SlackServer, desk: Desk) -> None:
    """In words after the schedule; the answer says what was understood."""
    taste = 'issues=courts, territory include="court ruling",/tak(e|a) shima/ breaking=3/60'
    said = await say(slack, f"{SUBSCRIBE} {taste} stories=5")
    assert "• Issues: Courts, Dokdo / Takeshima" in said
    [made] = await desk.subscriptions(PLATFORM, TEAM)
    assert [one.text for one in made.taste.filters.include] == ["court ruling", "tak(e|a) shima"]
    assert made.taste.max_stories == 5
    said = await say(slack, "digest change 1 quiet=22:00-07:00 issues=all")
    assert "but not from 22:00 to 07:00" in said
    assert "Issues" not in said
    shown = await say(slack, "digest show 1")
    assert "• With one of these words: court ruling, /tak(e|a) shima/" in shown
    assert "5 stories at most" in shown
    assert "everything about its topic" not in shown.lower()


@pytest.mark.usefixtures("served")
async def test_a_taste_that_cannot_be_read_changes_nothing(slack: SlackServer, desk: Desk) -> None:
    """Nor does one where it does not belong."""
    await say(slack, SUBSCRIBE)
    before = await desk.subscriptions(PLATFORM, TEAM)
    assert "cannot be read at character 1" in await say(slack, "digest change 1 include=/(/")
    assert "did you mean Hanbit Ilbo" in await say(slack, "digest change 1 outlets=Hanbyt")
    assert "does not belong here" in await say(slack, "news japan-korea issues=courts")
    assert await desk.subscriptions(PLATFORM, TEAM) == before
    assert "Everything about its topic" in await say(slack, "digest show 1")
    assert "no digest 2" in await say(slack, "digest show 2")
