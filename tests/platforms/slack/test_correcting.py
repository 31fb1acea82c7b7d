"""`/news correct`: for the admins of the instance; what they write is shown as they wrote it."""

from dataclasses import replace

import pytest

from bot.commands.corrections import list_corrections
from bot.commands.desk import Desk
from bot.commands.news import story_detail
from bot.domain.corrections import CorrectionKind
from bot.domain.errors import NotFoundError
from bot.domain.model import Language
from bot.domain.people import Admin
from bot.platforms.slack.asked import Correct, Misuse
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.requests import read_request
from bot.rendering.texts import Texts
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import TEAM
from tests.platforms.slack.conftest import Serve
from tests.platforms.slack.test_commands import say


async def test_only_an_admin_of_the_instance_corrects(
    slack: SlackServer, config: SlackConfig, desk: Desk, texts: dict[str, Texts], serving: Serve
) -> None:
    """Others are refused in one sentence; the admin's act is done, confirmed and recorded."""
    admin = Admin(platform="slack", user="U1", workspace=TEAM)
    ours = replace(desk, admins=(admin,))
    async with serving(SlackPlatform(config, desk=ours, texts=texts)):
        said = await say(slack, "correct 2 withdraw It was wrong.", user="U2")
        assert "Only the admins" in said
        said = await say(slack, "correct 2 withdraw It was wrong.")
        assert "of story 2 is recorded" in said
        assert "There is no story 2" in await say(slack, "story 2")
        assert "Say what is wrong" in await say(slack, "correct 1 headline Only one text")
    [made] = await list_corrections(desk.database)
    assert (made.made_by, made.reason) == (f"slack:{TEAM}/U1", "It was wrong.")
    with pytest.raises(NotFoundError):
        await story_detail(desk.database, 2)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "correct 12 headline Two | three met | It was two.",
            Correct(
                story_id=12,
                kind=CorrectionKind.HEADLINE,
                text="Two | three met",
                reason="It was two.",
            ),
        ),
        (
            "correct #12 sentence 2 Sie trafen sich. | Nein. lang=ja",
            Correct(
                story_id=12,
                kind=CorrectionKind.SENTENCE,
                sentence="2",
                text="Sie trafen sich.",
                reason="Nein.",
                language=Language.JA,
            ),
        ),
        (
            "correct 12 sentence 2 It was never said.",
            Correct(
                story_id=12,
                kind=CorrectionKind.SENTENCE,
                sentence="2",
                reason="It was never said.",
            ),
        ),
        (
            "correct 12 remove-entry <https://h.example/1?a=b> | Another event.",
            Correct(
                story_id=12,
                kind=CorrectionKind.REMOVE_ENTRY,
                url="https://h.example/1?a=b",
                reason="Another event.",
            ),
        ),
        ("correct 12", Misuse(key="slack.needs_correction")),
        ("correct twelve withdraw Why", Misuse(key="slack.needs_correction")),
        ("correct 12 delete Why", Misuse(key="slack.needs_correction")),
        ("correct 12 remove-entry Why", Misuse(key="slack.needs_correction")),
    ],
)
def test_what_is_written_is_read(text: str, read: object) -> None:
    """New words, a bar, and the reason; a sentence without new words is taken out."""
    assert read_request(text, ["japan-korea"]) == read
