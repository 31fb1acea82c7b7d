"""What `feeds …` after the slash command does."""

from bot.commands.desk import Desk
from bot.domain.people import Person
from bot.platforms.slack.asked import ManageFeeds
from bot.platforms.slack.config import PLATFORM
from bot.rendering.feed_list import feed_lines, tell_added, tell_check
from bot.rendering.texts import Texts


async def answer_feeds(
    desk: Desk, request: ManageFeeds, *, team: str, user: str, texts: Texts
) -> list[str]:
    """Return the answer's lines; everyone may look, the desk lets admins alone change."""
    by = Person(platform=PLATFORM, workspace=team, user=user)
    match request.verb:
        case "check":
            return [tell_check(await desk.feeds.check(request.named, by=by), texts)]
        case "add":
            return [tell_added(await desk.feeds.add(request.named, by=by), texts)]
        case "remove":
            await desk.feeds.remove(request.named, by=by)
            return [texts.say("feeds.removed")]
    return list(feed_lines(await desk.feeds.list(), texts, zone=desk.defaults.zone))
