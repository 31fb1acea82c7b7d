"""`/strait correct`: for the admins of the instance, wherever they write it."""

import pytest

from bot.commands.corrections import list_corrections
from bot.commands.desk import Desk
from bot.commands.news import story_detail
from bot.domain.errors import ForbiddenError, InputError, NotFoundError
from bot.domain.people import Admin
from tests.platforms.discord.conftest import Server, causes


@pytest.fixture
def admin(server: Server, desk: Desk) -> Server:
    """A server whose manager owns the instance."""
    mine = Admin(platform="discord", user=str(server.manager.id))
    object.__setattr__(desk, "admins", (mine,))
    return server


async def test_an_admin_withdraws_a_story(admin: Server, desk: Desk, stored_story: int) -> None:
    """It is confirmed to the admin alone, recorded with the name, and found no more."""
    result = await admin.manager.slash(
        admin.channel, "strait correct", story=stored_story, action="withdraw", reason="Wrong."
    )
    assert result.ephemeral
    assert f"of story {stored_story} is recorded" in result.response.content
    [made] = await list_corrections(desk.database)
    assert (made.made_by, made.reason) == (f"discord:{admin.manager.id}", "Wrong.")
    with pytest.raises(NotFoundError):
        await story_detail(desk.database, stored_story)


async def test_a_headline_is_corrected(admin: Server, desk: Desk, stored_story: int) -> None:
    """The text is the new headline, in the language of the one who asks."""
    await admin.manager.slash(
        admin.channel,
        "strait correct",
        story=stored_story,
        action="headline",
        text="Leaders met",
        reason="It is over.",
    )
    assert (await story_detail(desk.database, stored_story)).story.headline == "Leaders met"


async def test_others_are_refused(admin: Server, desk: Desk, stored_story: int) -> None:
    """A member of the same server is told who can, and nothing changes."""
    result = await admin.member.slash(
        admin.channel, "strait correct", story=stored_story, action="withdraw", reason="I say so."
    )
    assert "Only the admins" in result.response.content
    assert causes(admin) == [ForbiddenError]
    assert await list_corrections(desk.database) == []


async def test_what_is_missing_is_said(admin: Server, stored_story: int) -> None:
    """A headline without words, in one sentence."""
    result = await admin.manager.slash(
        admin.channel, "strait correct", story=stored_story, action="headline", reason="Wrong."
    )
    assert "Give the new headline" in result.response.content
    assert causes(admin) == [InputError]
