"""What every chat platform offers its users, bound to one instance."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.commands import corrections, subscriptions, workspaces
from bot.commands.budgets import Budgets, Expensive
from bot.commands.corrections import Mending
from bot.commands.fates import passed_over_now
from bot.commands.feed_desk import FeedDesk
from bot.commands.news import (
    News,
    as_digest,
    find_topic,
    latest_news,
    parse_since,
    story_detail,
)
from bot.commands.search import (
    SearchOptions,
    SearchRequest,
    SearchResult,
    as_document,
    read_filters,
    search,
)
from bot.commands.tastes import NO_WORDS, TasteWords, apply
from bot.commands.why import Explainers, Explaining
from bot.domain.arc import is_weekly
from bot.domain.compose import DigestRequest
from bot.domain.corrections import Correction
from bot.domain.errors import InputError
from bot.domain.explanation import Why
from bot.domain.lens import Viewpoint
from bot.domain.model import Destination, Digest, Language, Schedule, Subscription, Taste
from bot.domain.outlets import Outlets
from bot.domain.people import Admin, Forgotten, Person
from bot.domain.schedule import check_zone, parse_rule, parse_schedule, preview_since
from bot.domain.search import Query, parse_query
from bot.domain.topic import Topic
from bot.domain.why import PassedOver, Scope
from bot.storage import digests
from bot.storage.database import Database

# What one chat message can hold and a reader wants to scroll.
NEWS_LIMIT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """What counts where a user does not say."""

    language: Language
    zone: str
    max_stories: int
    max_words: int


def no_patterns(pattern: str) -> str:
    """Refuse an expression where no engine was given for it."""
    raise InputError(f"Expressions such as /{pattern}/ are not offered here: write words.")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The use cases behind the slash commands of every platform.

    Its errors are StraitErrors whose text is meant for the user. ``write`` composes a
    digest and is the only one that may take seconds; the others read or write a few rows.
    ``read_query`` knows the names' forms; ``outlets`` are the cards that searches may name;
    ``check_pattern`` refuses expressions that cannot be read (InputError).
    """

    database: Database
    topics: Mapping[str, Topic]
    defaults: Defaults
    write: Callable[[DigestRequest], Awaitable[Digest]]
    clock: Callable[[], datetime]
    read_query: Callable[[str], Query] = parse_query
    outlets: Outlets = field(default_factory=lambda: Outlets(()))
    budgets: Budgets = field(default_factory=Budgets)
    admins: Collection[Admin] = ()
    explaining: Explaining = field(default_factory=Explaining)
    viewpoint: Viewpoint = field(default_factory=Viewpoint)
    check_pattern: Callable[[str], str] = no_patterns

    @property
    def feeds(self) -> FeedDesk:
        """The use cases about the instance's feeds."""
        return FeedDesk(
            database=self.database, clock=self.clock, budgets=self.budgets, admins=self.admins
        )

    async def news(
        self, topic: str, *, since: str = "24h", language: Language | None = None
    ) -> Digest:
        """Return a topic's stories of the time since, as a document to render."""
        found = await latest_news(
            self.database,
            find_topic(self.topics, topic),
            since=parse_since(since),
            limit=NEWS_LIMIT,
            now=self.clock(),
        )
        return await self._document(found, language)

    async def story(self, story_id: int, *, language: Language | None = None) -> Digest:
        """Return one story, as a document with one item."""
        story = (await story_detail(self.database, story_id)).story
        found = News(
            topic=find_topic(self.topics, story.topic),
            since=story.first_seen_at,
            until=self.clock(),
            stories=(story,),
            left_out=0,
        )
        return replace(await self._document(found, language), is_page=True)

    async def why(self, written: str, *, scope: Scope | None) -> Why:
        """Return why an entry or a story is where it is, and what became of it.

        ``scope`` bounds the subscriptions that are told of (None: the operator's, all).
        """
        now = self.clock()
        if scope is not None:
            self.budgets.spend(
                Expensive.WHY, platform=scope.platform, workspace=scope.workspace, now=now
            )
        explainers = Explainers(
            database=self.database, topics=self.topics, explaining=self.explaining
        )
        return await explainers.why(written, scope=scope, now=now)

    async def search(
        self, text: str, options: SearchOptions | None = None, *, limit: int = NEWS_LIMIT
    ) -> SearchResult:
        """Return the stories and lone reports that match a query, the best first."""
        now = self.clock()
        filters = read_filters(
            options or SearchOptions(),
            topics=self.topics,
            outlets=self.outlets,
            zone=self.defaults.zone,
            now=now,
        )
        request = SearchRequest(query=self.read_query(text), filters=filters, limit=limit)
        return await search(self.database, request, now=now)

    def found_document(
        self, result: SearchResult, *, title: str, language: Language | None = None
    ) -> Digest:
        """Return what a search found as a document to render, under a title."""
        topics = [found.story.topic for found in result.groups if found.story is not None]
        known = [self.topics[topic] for topic in topics if topic in self.topics]
        return as_document(
            result,
            title=title,
            sides=(known or list(self.topics.values()))[0].sides,
            language=language or self.defaults.language,
            zone=self.defaults.zone,
            now=self.clock(),
        )

    async def _document(self, news: News, language: Language | None) -> Digest:
        chosen = language or self.defaults.language
        return await as_digest(
            self.database,
            news,
            language=chosen,
            zone=self.defaults.zone,
            viewpoint=self.viewpoint,
        )

    async def subscribe(
        self,
        destination: Destination,
        *,
        topic: str,
        schedule: str,
        zone: str | None = None,
        language: Language | None = None,
        max_stories: int | None = None,
        taste: TasteWords = NO_WORDS,
        created_by: str | None,
    ) -> Subscription:
        """Subscribe a destination; ``schedule`` is in the words of ``parse_schedule``."""
        plain = Taste(
            topics=(find_topic(self.topics, topic).id,),
            schedule=parse_schedule(schedule, zone or self.defaults.zone),
            language=language or self.defaults.language,
            max_stories=max_stories or self.defaults.max_stories,
        )
        return await subscriptions.subscribe(
            self.database,
            destination,
            self._tasted(plain, taste),
            created_by=created_by,
            now=self.clock(),
        )

    async def change(
        self,
        subscription_id: int,
        *,
        platform: str,
        workspace: str,
        schedule: str | None = None,
        zone: str | None = None,
        language: Language | None = None,
        max_stories: int | None = None,
        taste: TasteWords = NO_WORDS,
    ) -> Subscription:
        """Change what is not None of a subscription."""
        rule = parse_rule(schedule) if schedule else None
        checked = check_zone(zone) if zone else None

        def make(before: Taste) -> Taste:
            was = before.schedule
            changed = replace(
                before,
                schedule=Schedule(rule=rule or was.rule, zone=checked or was.zone),
                language=language or before.language,
                max_stories=max_stories or before.max_stories,
            )
            return self._tasted(changed, taste)

        return await subscriptions.change(
            self.database,
            subscription_id,
            make,
            platform=platform,
            workspace=workspace,
            now=self.clock(),
        )

    def _tasted(self, before: Taste, words: TasteWords) -> Taste:
        return apply(before, words, outlets=self.outlets, check_pattern=self.check_pattern)

    async def subscription(
        self, subscription_id: int, *, platform: str, workspace: str
    ) -> Subscription:
        """Return one of the workspace's subscriptions."""
        return await subscriptions.find_subscription(
            self.database, subscription_id, platform=platform, workspace=workspace
        )

    async def subscriptions(self, platform: str, workspace: str) -> list[Subscription]:
        """Return the workspace's subscriptions."""
        return await subscriptions.list_subscriptions(self.database, platform, workspace)

    async def pause(self, subscription_id: int, *, platform: str, workspace: str) -> Subscription:
        """Send nothing until it is resumed."""
        return await subscriptions.pause(
            self.database, subscription_id, platform=platform, workspace=workspace
        )

    async def resume(self, subscription_id: int, *, platform: str, workspace: str) -> Subscription:
        """Send again, from the next slot on."""
        return await subscriptions.resume(
            self.database,
            subscription_id,
            platform=platform,
            workspace=workspace,
            now=self.clock(),
        )

    async def remove(self, subscription_id: int, *, platform: str, workspace: str) -> None:
        """End a subscription."""
        await subscriptions.remove(
            self.database, subscription_id, platform=platform, workspace=workspace
        )

    async def preview(
        self, subscription_id: int, *, platform: str, workspace: str
    ) -> tuple[Digest, ...]:
        """Compose what the subscription would get now; nothing counts as told by it."""
        self.budgets.spend(
            Expensive.PREVIEW, platform=platform, workspace=workspace, now=self.clock()
        )
        subscription = await subscriptions.find_subscription(
            self.database, subscription_id, platform=platform, workspace=workspace
        )
        async with self.database.read() as connection:
            told = await digests.told_versions(connection, subscription.destination)
            where = subscription.destination
            updates = (await digests.updates_told(connection, [where], told))[where]
        taste, now = subscription.taste, self.clock()
        since = preview_since(taste.schedule, now, covered_until=subscription.covered_until)
        requests = [
            DigestRequest(
                topic=self.topics[topic],
                language=taste.language,
                zone=taste.schedule.zone,
                since=since,
                until=now,
                max_stories=taste.max_stories,
                max_words=self.defaults.max_words,
                told=told,
                updates=updates,
                filters=taste.filters,
                length=taste.length,
                weekly=is_weekly(taste.schedule),
            )
            for topic in taste.topics
            if topic in self.topics
        ]
        return tuple([await self.write(request) for request in requests])

    async def passed_over(
        self, subscription_id: int, *, platform: str, workspace: str
    ) -> tuple[PassedOver, ...]:
        """Return the stories that the subscription's digest would leave out now, and why."""
        subscription = await subscriptions.find_subscription(
            self.database, subscription_id, platform=platform, workspace=workspace
        )
        topics = [self.topics[t] for t in subscription.taste.topics if t in self.topics]
        return await passed_over_now(
            self.database, subscription, topics, house=self.explaining.house, now=self.clock()
        )

    async def correct(self, asked: Mending, by: Person) -> Correction:
        """Withdraw or correct a story, for an admin of the instance."""
        where = "" if by.platform == "discord" else f"{by.workspace}/"
        return await corrections.correct(
            self.database,
            asked,
            by,
            admins=self.admins,
            name=f"{by.platform}:{where}{by.user}",
            now=self.clock(),
        )

    async def forget(self, person: str, *, platform: str, workspace: str | None) -> Forgotten:
        """Remove what names a person, in a workspace or (None) in all of the platform's."""
        return await workspaces.forget_person(
            self.database, person, platform=platform, workspace=workspace
        )

    async def workspace_left(self, workspace: str, *, platform: str) -> None:
        """Stop all that a workspace gets: it has removed the bot."""
        await workspaces.leave(
            self.database, platform=platform, workspace=workspace, now=self.clock()
        )

    async def workspaces_joined(self, joined: Collection[str], *, platform: str) -> list[str]:
        """Go on where workspaces have added the bot again; returns those that had removed it."""
        return await workspaces.join(self.database, joined, platform=platform, now=self.clock())

    async def workspaces_are(self, present: Collection[str], *, platform: str) -> list[str]:
        """Make up for comings and goings that were missed; returns the workspaces that left."""
        return await workspaces.reconcile(
            self.database, present, platform=platform, now=self.clock()
        )
