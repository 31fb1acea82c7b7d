"""From a request to the messages that answer it; what cannot be done is said in one sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from bot.commands.corrections import Mending
from bot.commands.desk import Desk
from bot.domain.errors import InputError, StraitError
from bot.domain.model import Destination, Language, Subscription, SubscriptionStatus
from bot.domain.people import Person
from bot.domain.schedule import describe, next_slot
from bot.domain.why import Scope
from bot.platforms.slack.asked import (
    AskWhy,
    Change,
    Correct,
    ForgetMe,
    Help,
    ListDigests,
    Manage,
    ManageFeeds,
    Misuse,
    News,
    Request,
    Search,
    ShowStory,
    Subscribe,
)
from bot.platforms.slack.blocks import (
    bullets,
    code,
    context,
    escape,
    packed,
    paragraph,
    paragraphs,
    rich,
    size,
    words,
)
from bot.platforms.slack.channels import Channels
from bot.platforms.slack.config import PLATFORM
from bot.platforms.slack.feeds import answer_feeds
from bot.platforms.slack.render import MESSAGE_LIMIT, Message, render_digest, shorten
from bot.rendering.people import tell_forgotten
from bot.rendering.tastes import say_taste
from bot.rendering.texts import Texts
from bot.rendering.why import WhyWriter, bulleted

log = structlog.get_logger()

# A response_url is good for five answers; a preview has "composing" and what it leaves out too.
# https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
MOST_MESSAGES = 3

HELP = (
    ("{command} {topic} 24h", "help_news"),
    ("{command} story 12", "help_story"),
    ("{command} search 岸田 since=30d issue=courts", "help_search"),
    ("{command} why 12", "help_why"),
    ("{command} digest subscribe daily 08:00 Asia/Tokyo", "help_subscribe"),
    ("{command} digest change 3 weekdays 08:00,18:00", "help_change"),
    ("{command} digest change 3 issues=territory,courts", "help_taste"),
    ("{command} digest show 3", "help_show"),
    ("{command} digest list", "help_list"),
    ("{command} digest pause|resume|remove|preview 3", "help_manage"),
    ("{command} feeds", "help_feeds"),
    ("{command} forget-me", "help_forget"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who asks, and where; ``command`` is what the slash command is called there."""

    team: str
    channel: str
    user: str
    command: str
    language: Language


class Answers:
    """Answers requests with the use cases of the desk."""

    def __init__(self, desk: Desk, texts: Mapping[str, Texts], channels: Channels) -> None:
        self._desk = desk
        self._texts = texts
        self._channels = channels

    async def answer(self, request: Request, asker: Asker) -> tuple[Message, ...]:
        """Return the answer's messages; never raises, so that nobody waits in vain."""
        texts = self._texts[asker.language]
        try:
            return await self._answer(request, asker, texts)
        except StraitError as error:
            return (say(str(error)),)
        except Exception:
            log.exception("slack command failed", request=type(request).__name__)
            return (say(texts.say("slack.failed")),)

    def composing(self, request: Manage, asker: Asker) -> Message:
        """Return what is said while a preview is composed."""
        texts = self._texts[asker.language]
        return say(texts.say("slack.composing", id=str(request.subscription_id)))

    async def _answer(self, request: Request, asker: Asker, texts: Texts) -> tuple[Message, ...]:
        match request:
            case Help():
                return (self._help(asker, texts),)
            case News() | ShowStory():
                return await self._look_up(request, asker)
            case Search() | AskWhy():
                return await self._find(request, asker, texts)
            case Manage(verb="preview"):
                return await self._preview(request, asker, texts)
            case ListDigests():
                return await self._list(asker, texts)
        return await self._tell(request, asker, texts)

    async def _tell(
        self,
        request: Misuse | Subscribe | Change | Manage | ManageFeeds | Correct | ForgetMe,
        asker: Asker,
        texts: Texts,
    ) -> tuple[Message, ...]:
        """Return what is told in plain words."""
        if isinstance(request, ManageFeeds):
            who = {"team": asker.team, "user": asker.user}
            return say_lines(await answer_feeds(self._desk, request, texts=texts, **who))
        if isinstance(request, Correct):
            return (say(await self._correct(request, asker, texts)),)
        return (say(await self._sentence(request, asker, texts)),)

    async def _sentence(
        self,
        request: Misuse | Subscribe | Change | Manage | ForgetMe,
        asker: Asker,
        texts: Texts,
    ) -> str:
        match request:
            case Misuse():
                return texts.say(request.key, command=asker.command, **request.values)
            case Subscribe():
                return await self._subscribe(request, asker, texts)
            case Change():
                return await self._change(request, asker, texts)
            case Manage(verb="show"):
                return await self._show(request, asker, texts)
            case Manage():
                return await self._manage(request, asker, texts)
            case ForgetMe():
                # Slack's ids name people within a workspace only.
                gone = await self._desk.forget(asker.user, platform=PLATFORM, workspace=asker.team)
                return tell_forgotten(gone, texts)

    def _help(self, asker: Asker, texts: Texts) -> Message:
        topic = min(self._desk.topics)
        lines = [
            (written.format(command=asker.command, topic=topic), texts.say(f"slack.{key}"))
            for written, key in HELP
        ]
        shown = bullets([code(written), words(f"  {meaning}")] for written, meaning in lines)
        text = "\n".join(f"{written} – {meaning}" for written, meaning in lines)
        return Message(text=escape(text), blocks=(paragraph(texts.say("slack.help")), rich(shown)))

    async def _look_up(self, request: News | ShowStory, asker: Asker) -> tuple[Message, ...]:
        language = request.language or asker.language
        texts = self._texts[language]
        if isinstance(request, ShowStory):
            story = await self._desk.story(request.story_id, language=language)
            return render_digest(story, texts, titles=True)
        since = {"since": request.since} if request.since else {}
        news = await self._desk.news(request.topic, language=language, **since)
        return shorten(news, texts, most=MOST_MESSAGES)

    async def _find(
        self, request: Search | AskWhy, asker: Asker, texts: Texts
    ) -> tuple[Message, ...]:
        if isinstance(request, AskWhy):
            return await self._why(request, asker, texts)
        return await self._search(request, texts)

    async def _search(self, request: Search, texts: Texts) -> tuple[Message, ...]:
        result = await self._desk.search(request.query, request.options)
        if not result.groups:
            return (say(texts.say("search.nothing", query=result.query.text)),)
        title = texts.say("search.title", query=result.query.text)
        found = self._desk.found_document(result, title=title, language=texts.language)
        return shorten(found, texts, most=MOST_MESSAGES, titles=True)

    async def _why(self, request: AskWhy, asker: Asker, texts: Texts) -> tuple[Message, ...]:
        # Like the list of digests: nobody learns of what other channels get.
        scope = Scope(platform=PLATFORM, workspace=asker.team, channel=asker.channel)
        found = await self._desk.why(request.written, scope=scope)
        writer = WhyWriter(texts=texts, zone=self._desk.defaults.zone, now=self._desk.clock())
        return say_lines(map(bulleted, writer.lines(found)))[:MOST_MESSAGES]

    async def _correct(self, request: Correct, asker: Asker, texts: Texts) -> str:
        asked = Mending(
            story_id=request.story_id,
            kind=request.kind,
            reason=request.reason,
            language=request.language or texts.language,
            sentence=request.sentence,
            text=request.text,
            url=request.url,
        )
        by = Person(platform=PLATFORM, workspace=asker.team, user=asker.user)
        made = await self._desk.correct(asked, by)
        return texts.say("corrections.done", id=str(made.id), story=str(made.story_id))

    async def _subscribe(self, request: Subscribe, asker: Asker, texts: Texts) -> str:
        await self._channels.check(asker.channel, texts)
        made = await self._desk.subscribe(
            Destination(platform=PLATFORM, workspace=asker.team, channel=asker.channel),
            topic=request.topic,
            schedule=request.schedule,
            zone=request.zone,
            language=request.language or asker.language,
            max_stories=request.stories,
            taste=request.taste,
            created_by=asker.user,
        )
        told = texts.say("slack.subscribed", when=self._next(made, texts), **_about(made, texts))
        return "\n".join([told, *self._demands(made, texts)])

    async def _change(self, request: Change, asker: Asker, texts: Texts) -> str:
        changed = await self._desk.change(
            await self._own(request, asker, texts),
            platform=PLATFORM,
            workspace=asker.team,
            schedule=request.schedule,
            zone=request.zone,
            language=request.language,
            max_stories=request.stories,
            taste=request.taste,
        )
        told = texts.say("slack.changed", when=self._next(changed, texts), **_about(changed, texts))
        return "\n".join([told, *self._demands(changed, texts)])

    def _demands(self, subscription: Subscription, texts: Texts) -> list[str]:
        name = self._desk.outlets.name_of
        return [f"• {line}" for line in say_taste(subscription.taste, texts, outlet_name=name)]

    async def _show(self, request: Manage, asker: Asker, texts: Texts) -> str:
        number = await self._own(request, asker, texts)
        found = await self._desk.subscription(number, platform=PLATFORM, workspace=asker.team)
        line = _with_status(texts.say("slack.listed", **_about(found, texts)), found, texts)
        plain = [f"• {texts.say('taste.plain')}"]
        return "\n".join([line, *(self._demands(found, texts) or plain)])

    async def _list(self, asker: Asker, texts: Texts) -> tuple[Message, ...]:
        found = await self._of_channel(asker)
        if not found:
            return (say(texts.say("slack.none", command=asker.command)),)
        # A workspace has a hundred at most (bot.commands.subscriptions): two messages or three.
        return say_lines(
            _with_status(texts.say("slack.listed", **_about(mine, texts)), mine, texts)
            for mine in found
        )

    async def _manage(self, request: Manage, asker: Asker, texts: Texts) -> str:
        number = await self._own(request, asker, texts)
        scope = {"platform": PLATFORM, "workspace": asker.team}
        shown = {"id": str(number)}
        match request.verb:
            case "pause":
                await self._desk.pause(number, **scope)
                return texts.say("slack.paused", command=asker.command, **shown)
            case "resume":
                resumed = await self._desk.resume(number, **scope)
                return texts.say("slack.resumed", when=self._next(resumed, texts), **shown)
        await self._desk.remove(number, **scope)
        return texts.say("slack.removed", **shown)

    async def _preview(self, request: Manage, asker: Asker, texts: Texts) -> tuple[Message, ...]:
        number = await self._own(request, asker, texts)
        digests = await self._desk.preview(number, platform=PLATFORM, workspace=asker.team)
        messages = [
            message
            for digest in digests
            for message in shorten(digest, self._texts[digest.language], most=MOST_MESSAGES)
        ][:MOST_MESSAGES]
        if not messages:
            raise InputError(texts.say("slack.topic_gone", id=str(number)))
        note = context(texts.say("slack.previewed", id=str(number)))
        passed = await self._desk.passed_over(number, platform=PLATFORM, workspace=asker.team)
        writer = WhyWriter(texts=texts, zone=self._desk.defaults.zone, now=self._desk.clock())
        return (
            Message(text=messages[0].text, blocks=(note, *messages[0].blocks)),
            *messages[1:],
            *say_lines(map(bulleted, writer.passed_over(passed)))[:1],
        )

    async def _own(self, request: Manage | Change, asker: Asker, texts: Texts) -> int:
        """Return the number if it is this channel's: a channel's members manage its digests."""
        number = request.subscription_id
        if any(mine.id == number for mine in await self._of_channel(asker)):
            return number
        raise InputError(texts.say("slack.not_here", id=str(number), command=asker.command))

    async def _of_channel(self, asker: Asker) -> list[Subscription]:
        mine = await self._desk.subscriptions(PLATFORM, asker.team)
        return [one for one in mine if one.destination.channel == asker.channel]

    def _next(self, subscription: Subscription, texts: Texts) -> str:
        """Return when the next digest comes, in its own zone."""
        now, schedule = self._desk.clock(), subscription.taste.schedule
        when = next_slot(schedule, after=now)
        day, time = texts.date(when, schedule.zone), texts.time(when, schedule.zone)
        return texts.say("times.day_and_time", day=day, time=time)


def say(sentence: str) -> Message:
    """Return a message of plain words."""
    return Message(text=escape(sentence), blocks=(paragraph(sentence),))


def say_lines(lines: Iterable[str]) -> tuple[Message, ...]:
    """Return plain lines in as many messages as they need."""
    groups = packed(paragraphs(lines), lambda blocks: size(blocks) <= MESSAGE_LIMIT)
    return tuple(
        Message(
            text=escape("\n".join(block["text"]["text"] for block in blocks)),
            blocks=tuple(blocks),
        )
        for blocks in groups
    )


def _about(subscription: Subscription, texts: Texts) -> dict[str, str]:
    taste = subscription.taste
    return {
        "id": str(subscription.id),
        "topics": ", ".join(taste.topics),
        "schedule": describe(taste.schedule),
        "language": texts.language_name(taste.language.value),
        "stories": texts.count("counts.stories", taste.max_stories),
    }


def _with_status(line: str, subscription: Subscription, texts: Texts) -> str:
    if subscription.problem:
        return texts.say("slack.listed_blocked", digest=line, problem=subscription.problem)
    if subscription.status is SubscriptionStatus.PAUSED:
        return texts.say("slack.listed_paused", digest=line)
    return line
