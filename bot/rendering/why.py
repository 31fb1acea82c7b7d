"""The answer to ``why`` in words: lines of plain text, in the reader's language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.account import Account, Moved, Named
from bot.domain.explanation import Compared, SubscriptionFate, TopicWhy, Why
from bot.domain.filters import LeftOut, Rule
from bot.domain.model import Entry, Issue, ItemKind, Reading, Story
from bot.domain.standing import Standing
from bot.domain.why import Because, Fate, PassedOver, Told
from bot.rendering.safe import NAME_LIMIT, TITLE_LIMIT, clean
from bot.rendering.texts import Texts

# A list that goes on hides what it is about.
MOST_SIGNALS, MOST_NAMES, MOST_REPORTS = 8, 8, 12

# Stored and read again differ by less than this for rounding alone.
SAME = 0.01

INDENT = "  "
MINUS = "−"


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyWriter:
    """Writes an answer for a reader. ``zone`` is the reader's; ``places``: which channel."""

    texts: Texts
    zone: str
    now: datetime
    shows_workspace: bool = False

    def lines(self, why: Why) -> Iterator[str]:
        """Yield the answer's lines; those that belong to the one before are indented."""
        if why.entry is not None:
            yield from self._entry(why.entry, why.alike)
            for topic in why.topics:
                yield from self._topic(topic, why.entry)
        elif why.story is not None:
            yield from self._story(why.story, why.readings or {}, why.merged_from)
        yield self._say("digests")
        if not why.fates:
            yield INDENT + self._say("no_subscriptions")
        for fate in why.fates:
            yield INDENT + self._fate(fate)

    def _say(self, key: str, **values: str) -> str:
        return self.texts.say(f"why.{key}", **values)

    def _entry(self, entry: Entry, alike: tuple[Entry, ...]) -> Iterator[str]:
        yield f"entry:{entry.id}  {clean(entry.title, TITLE_LIMIT)}"
        yield INDENT + self._say(
            "published",
            outlet=clean(entry.outlet_name, NAME_LIMIT),
            country=self.texts.country(entry.country),
            language=self.texts.language_name(entry.language or "und"),
            when=self._when(entry.published_at),
        )
        if alike:
            ids = ", ".join(f"entry:{one.id}" for one in alike)
            yield INDENT + self._say("alike", entries=ids)

    def _topic(self, topic: TopicWhy, entry: Entry) -> Iterator[str]:
        title = topic.topic.title.get(self.texts.language, topic.topic.id)
        yield self._heading(topic, title)
        if topic.original is not None:
            yield INDENT + self._say("copy", original=_named(topic.original))
        yield from (INDENT + line for line in self._account(topic.account, topic.reading))
        yield from (INDENT + line for line in self._placed(topic, entry))

    def _heading(self, topic: TopicWhy, title: str) -> str:
        values = {
            "topic": clean(title, NAME_LIMIT),
            "level": self._say(f"levels.{topic.level}"),
            "threshold": f"{topic.topic.threshold:.2f}",
        }
        if topic.reading is None:
            return self._say("unread", relevance=f"{topic.account.relevance:.2f}", **values)
        return self._say("relevance", relevance=f"{topic.reading.relevance:.2f}", **values)

    def _account(self, account: Account, reading: Reading | None) -> Iterator[str]:
        if reading is not None and abs(account.relevance - reading.relevance) > SAME:
            yield self._say("differs", relevance=f"{account.relevance:.2f}")
        if account.moved:
            yield self._say("moved", bias=_signed(account.bias))
            yield from (INDENT + self._signal(one) for one in account.moved[:MOST_SIGNALS])
        elif not account.relevance:
            yield self._say("nothing_between")
        if account.names:
            named = ", ".join(map(self._name, account.names[:MOST_NAMES]))
            yield self._say("names", names=named)
        sides = ", ".join(map(self.texts.side, account.sides)) or self._say("no_sides")
        yield self._say("sides", sides=sides)
        issue = reading.issue if reading else account.issue
        yield self._say("issue", issue=self.texts.issue(issue), signs=self._signs(account))

    def _signal(self, moved: Moved) -> str:
        return f"{_signed(moved.by)}  {self.signal(moved)}"

    def signal(self, moved: Moved) -> str:
        """Return a signal in the reader's language; a topic's own cues by their group's name."""
        if f"why.signals.{moved.signal}" in self.texts.messages:
            return self._say(f"signals.{moved.signal}")
        cue = moved.signal.removeprefix("cue_").removesuffix("_between")
        key = "cue_between" if moved.signal.endswith("_between") else "cue"
        return self._say(key, cue=self._cue(cue))

    def _cue(self, cue: str) -> str:
        return self._say(f"cues.{cue}") if f"why.cues.{cue}" in self.texts.messages else cue

    def _name(self, name: Named) -> str:
        about = [name.role] if name.role else []
        about += list(name.countries)
        return f"{clean(name.form, NAME_LIMIT)} ({', '.join(about)})" if about else name.form

    def _signs(self, account: Account) -> str:
        """Return what spoke for the issue: ``words in the title, names in the text``."""
        found = [one for one in account.issues if one.issue is account.issue]
        signs = [self._sign(sign) for one in found for sign in one.signs]
        return ", ".join(signs) or self._say("signs.none")

    def _sign(self, sign: str) -> str:
        kind, _, where = sign.rpartition("_")
        what = (
            self._say("cue", cue=self._cue(kind.removeprefix("cue_")))
            if kind.startswith("cue_")
            else self._say(f"signs.{kind}")
        )
        return self._say(f"where.{where}", sign=what)

    def _placed(self, topic: TopicWhy, entry: Entry) -> Iterator[str]:
        if topic.story is None:
            return
        story = self._of_story(topic.story)
        account = topic.account
        if topic.story.lead_entry_id == entry.id:
            yield self._say("opened", story=story)
        elif topic.joined is not None and account.join is not None:
            odds = _signed(topic.joined.candidate.odds)
            yield self._say("joined", story=story, odds=odds, join=_signed(account.join))
        else:
            yield self._say("in_story", story=story)
        if topic.runner_up is not None:
            yield self._say(
                "runner_up",
                story=self._compared(topic.runner_up),
                odds=_signed(topic.runner_up.candidate.odds),
            )

    def _compared(self, compared: Compared) -> str:
        if compared.story is None:
            return f"story:{compared.candidate.story_id}"
        return self._of_story(compared.story)

    def _of_story(self, story: Story) -> str:
        count = self.texts.count("counts.reports", len(story.entries))
        return f"story:{story.id} “{clean(story.headline, TITLE_LIMIT)}” ({count})"

    def _story(
        self, story: Story, readings: Mapping[int, Reading], merged_from: int | None
    ) -> Iterator[str]:
        yield self._of_story(story)
        if merged_from is not None:
            yield INDENT + self._say("merged", story=str(merged_from))
        yield INDENT + self._say(
            "since",
            issue=self.texts.issue(story.issue),
            first=self._when(story.first_seen_at),
            last=self._when(story.last_seen_at),
        )
        for entry in story.entries[:MOST_REPORTS]:
            reading = readings.get(entry.id)
            relevance = f"{reading.relevance:.2f}" if reading else "–"
            yield INDENT + f"entry:{entry.id}  {relevance}  {_named(entry)}"
        if (hidden := len(story.entries) - MOST_REPORTS) > 0:
            yield INDENT + self.texts.count("why.more_reports", hidden)

    def _fate(self, found: SubscriptionFate) -> str:
        where = found.subscription.destination
        place = f"{where.workspace}/{where.channel}" if self.shows_workspace else where.channel
        return self._say(
            "subscription",
            id=str(found.subscription.id),
            platform=where.platform,
            place=clean(place, NAME_LIMIT),
            fate=self.fate(found.fate),
        )

    def fate(self, fate: Fate) -> str:
        """Return what became of a story in one sentence."""
        match fate:
            case Fate(because=Because.TOLD):
                told = "; ".join(map(self._told, fate.told))
                return self._say("told_grown" if fate.has_grown else "told_in", told=told)
            case Fate(because=Because.BEHIND, standing=Standing() as stood, at=datetime() as at):
                return self._say("fates.behind", when=self._when(at), **self._stood(stood))
            case Fate(
                because=Because.AFTER_SLOT, standing=Standing() as stood, at=datetime() as at
            ):
                key = "after-slot" if stood.is_within else "after-slot-behind"
                return self._say(f"fates.{key}", when=self._when(at), **self._stood(stood))
        return self._untold(fate)

    def _untold(self, fate: Fate) -> str:
        match fate:
            case Fate(because=Because.FILTERED, rule=str(rule)):
                return self._say("fates.filtered", rule=self._say(f"rules.{rule}"))
            case Fate(because=Because.PAUSED, problem=str(problem)):
                return self._say("fates.blocked", problem=clean(problem))
            case Fate(at=datetime() as at):
                return self._say(f"fates.{fate.because}", when=self._when(at))
        return self._say(f"fates.{fate.because}")

    def passed_over(self, passed: Sequence[PassedOver]) -> Iterator[str]:
        """Yield the stories that a digest leaves out, a line each; nothing where there is none."""
        if passed:
            yield self._say("passed_over")
        for one in passed[:MOST_REPORTS]:
            yield INDENT + self._say(
                "left", story=self._of_story(one.story), why=self._left_out(one.fate)
            )
        if (hidden := len(passed) - MOST_REPORTS) > 0:
            yield INDENT + self.texts.count("why.more_left", hidden)

    def _left_out(self, fate: Fate) -> str:
        match fate:
            case Fate(standing=Standing() as stood):
                return self._say("left_behind", **self._stood(stood))
            case Fate(because=Because.FILTERED, rule=str(rule)):
                return self._say("left_filtered", rule=self._say(f"rules.{rule}"))
        return self._say("left_told")

    def _told(self, told: Told) -> str:
        key = "told_update" if told.kind is ItemKind.UPDATE else "told_new"
        key = "told_breaking" if told.breaking else key
        said = self._say(key, when=self._when(told.slot_at), place=str(told.place), of=str(told.of))
        if told.has_report is not None:
            said += self._say("with_report" if told.has_report else "without_report")
        if told.delivery is not None:
            said += self._say(f"deliveries.{told.delivery}")
        return said

    def _stood(self, stood: Standing) -> dict[str, str]:
        return {
            "place": str(stood.place),
            "of": str(stood.of),
            "limit": str(stood.limit),
            "score": f"{stood.score:.2f}",
            "least": f"{stood.least:.2f}",
            "why": self._passed(stood),
        }

    def _passed(self, stood: Standing) -> str:
        """Return why a digest with room for some took others."""
        match stood.left:
            case LeftOut(rule=Rule.ISSUE_CAP, wanted=(most,), found=(issue,)):
                return self._say("passed.issue-cap", most=most, of=self.texts.issue(Issue(issue)))
            case LeftOut(rule=Rule.OUTLET_CAP, wanted=(most,), found=(outlet,)):
                return self._say("passed.outlet-cap", most=most, of=clean(outlet, NAME_LIMIT))
        # Each story told takes something off the weight of the next one that is like it.
        return self._say("passed.room" if stood.score <= stood.least else "passed.alike")

    def _when(self, moment: datetime) -> str:
        return self.texts.moment(moment, seen_from=self.now, zone=self.zone)


def bulleted(line: str, bullets: tuple[str, ...] = ("", "• ", "◦ ")) -> str:
    """Return a line with a bullet for its indent, which chat platforms do not show."""
    text = line.lstrip()
    depth = (len(line) - len(text)) // len(INDENT)
    return bullets[min(depth, len(bullets) - 1)] + text


def _named(entry: Entry) -> str:
    return f"{clean(entry.outlet_name, NAME_LIMIT)}: {clean(entry.title, TITLE_LIMIT)}"


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", MINUS)
