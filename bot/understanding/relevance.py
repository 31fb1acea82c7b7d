"""Whether an entry is about the topic: signals, their weights, and reasons in words."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.domain.errors import ConfigError
from bot.domain.topic import Name, Topic, repeated_ids
from bot.understanding.entities import HOME, Found, Matcher
from bot.understanding.reasons import MEANING, told
from bot.understanding.text import normal, without_dateline

# What a feed carries of a text; later paragraphs bring in background and other subjects.
BODY_CHARACTERS = 600
ISSUE = "issue:"
# A cue in the body alone says half as much as one in the title.
IN_TITLE, IN_BODY = 1.0, 0.5
# The signals without which an entry cannot matter: the cheap first pass.
OPENS = frozenset(
    f"{kind}_{where}"
    for kind in ("both", "home", "pair", "three", "issue", "subject")
    for where in ("title", "text")
) | {"issue_third"}
# The signs of both sides or a matter of theirs in a title: cue words beside them say more.
_BETWEEN = frozenset({"both_title", "home_title", "pair_title", "issue_title"})
# Names in a reason beyond these would hide the rest.
NAMES_TOLD = 4
_SIDED = {
    "title": frozenset({"both_title", "home_title"}),
    "text": frozenset({"both_title", "both_text", "home_title", "home_text"}),
}
_BOTH = _SIDED["text"]
_ACTORS = frozenset({"person", "company", "institution"})
_OFFICES = frozenset({"person", "institution"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The relevance of an entry (0..1) and what spoke for (+) and against (−) it, in words.

    ``moved`` holds the log-odds that each signal added.
    """

    relevance: float
    reasons: tuple[str, ...]
    moved: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """What an entry names in its title and its body, who says it, and where it was written."""

    title: Found
    body: Found
    language: str
    country: str | None = None
    written: Found | None = None

    @property
    def names(self) -> frozenset[str]:
        """The ids of all names."""
        return frozenset(self.title.names) | frozenset(self.body.names)


def matcher_for(topic: Topic, names: Iterable[Name]) -> Matcher:
    """Return the matcher of the table of names and the topic's cue words.

    Raises ConfigError where two names share an id: one would be taken for the other.
    """
    names = tuple(names)
    if repeated := repeated_ids(names):
        raise ConfigError([f'names.toml: two names have the id "{id_}".' for id_ in repeated])
    home = {HOME + locale: words for locale, words in topic.home.items()}
    issues = {ISSUE + issue: words for issue, words in topic.issue_words.items()}
    return Matcher(names, {**topic.cues, **home, **issues})


def sighted(
    matcher: Matcher, *, title: str, text: str, language: str, country: str | None
) -> Sighting:
    """Match an entry's title and the beginning of its text."""
    whole = normal(text)
    body = whole[:BODY_CHARACTERS]
    return Sighting(
        title=matcher.find(title, language),
        body=matcher.find(body, language),
        language=language,
        country=country,
        written=matcher.find(_place_written(whole), language),
    )


def _place_written(whole: str) -> str:
    """Return the place in an agency's dateline: ``(도쿄=연합뉴스)``, empty where there is none."""
    dateline = whole[: len(whole) - len(without_dateline(whole))]
    return dateline.partition("=")[0]


class Judge:
    """Scores entries for one topic by the weights of its file."""

    def __init__(self, topic: Topic, names: Mapping[str, Name]) -> None:
        self._topic = topic
        self._names = names
        self._sides = frozenset(topic.sides)

    def verdict(self, seen: Sighting, meaning: float = 0.0) -> Verdict:
        """Return the calibrated relevance of an entry, with its reasons and the names it has.

        ``meaning`` is what the entry's vector adds, in log-odds. Where neither both sides nor
        anything between them is named relevance is 0: other words cannot make up for that.
        """
        judged = self.weighed(self.signals(seen), meaning)
        named = self._named(seen)
        return replace(judged, reasons=(*judged.reasons, named)) if named else judged

    def opens(self, seen: Sighting) -> bool:
        """Whether an entry passes the cheap first pass: what does not cannot matter."""
        return not OPENS.isdisjoint(self.signals(seen))

    def weighed(self, signals: Mapping[str, float], meaning: float = 0.0) -> Verdict:
        """Return the verdict of signals (see ``signals``)."""
        if OPENS.isdisjoint(signals):
            return Verdict(relevance=0.0, reasons=("− nothing between the two sides",))
        weights = self._topic.weights
        moved = {name: weights.get(name, 0.0) * by for name, by in signals.items()}
        moved[MEANING] = meaning
        score = weights.get("bias", 0.0) + sum(moved.values())
        return Verdict(relevance=_probability(score), reasons=tuple(told(moved)), moved=moved)

    def _named(self, seen: Sighting) -> str:
        """Return the people, bodies and matters named, as they are written: ``names …``."""
        found = {**seen.body.names, **seen.title.names}
        told = [id_ for id_ in (*seen.title.names, *seen.body.names) if self._tells(id_)]
        forms = dict.fromkeys(found[id_] for id_ in dict.fromkeys(told))
        return f"names {', '.join(list(forms)[:NAMES_TOLD])}" if forms else ""

    def _tells(self, id_: str) -> bool:
        name = self._names[id_]
        return name.kind != "country" and (name.kind != "term" or name.issue is not None)

    def signals(self, seen: Sighting) -> dict[str, float]:
        """Return the signals that an entry gives, each in (0, 1]."""
        title = self._countries(seen.title)
        text = title + self._countries(seen.body)
        found = dict(self._of_sides(seen, title, text))
        found.update(self._of_pairs(title, text))
        found.update(self._of_third(title, text))
        found.update(self._of_issues(seen, of_others=self._is_of_others(text, found)))
        found.update(self._of_focus(seen, found))
        if not found.keys().isdisjoint({"issue_text", "issue_third"}) and found.keys().isdisjoint(
            _BOTH
        ):
            found["alone"] = 1.0
        cues = dict(_of_cues(seen))
        if not _BETWEEN.isdisjoint(found):
            cues |= {f"{cue}_between": by for cue, by in cues.items()}
        return found | cues

    def _countries(self, found: Found) -> list[frozenset[str]]:
        """Return the countries named, once for each name."""
        names = (self._names[name] for name in found.names)
        return [*(name.countries for name in names if self._places(name)), *found.runs]

    def _places(self, name: Name) -> bool:
        """Whether a name says which countries a text is about.

        A matter (독도, GSOMIA) has signals of its own; who is part of one (a company sued, a
        plaintiff) stands for a country, and a matter of three for all of them.
        """
        if name.issue is None or self._sides < name.countries:
            return True
        return name.kind in _ACTORS and len(name.countries) == 1

    def _of_sides(
        self, seen: Sighting, title: list[frozenset[str]], text: list[frozenset[str]]
    ) -> Iterator[tuple[str, float]]:
        in_title = self._sides & frozenset().union(*title)
        in_text = self._sides & frozenset().union(*text)
        if in_title == self._sides:
            yield "both_title", 1.0
        elif in_text == self._sides:
            yield "both_text", 1.0
        if in_title != self._sides and in_text:
            if in_title and self._home(seen, seen.title) | in_title == self._sides:
                yield "home_title", 1.0
            elif self._home(seen, seen.title, seen.body) | in_text == self._sides:
                yield "home_text", 1.0
        if self._sides <= self._office_countries(seen):
            yield "offices", 1.0

    def _home(self, seen: Sighting, *parts: Found) -> frozenset[str]:
        """Return the side that parts of an entry take as read: 정부 in a Korean paper is Seoul.

        In a Japanese edition of a Korean paper it is not: the outlet is of the other side.
        Nor is it in what a correspondent writes from abroad.
        """
        spoken = f"{HOME}{seen.language}-"
        homes = {cue for part in parts for cue in part.cues if cue.startswith(spoken)}
        sides = frozenset(home.removeprefix(spoken) for home in homes)
        written = frozenset(self._times(seen.written)) if seen.written else frozenset()
        if written:
            sides &= written
        return sides & {seen.country} if seen.country in self._sides else sides

    def _office_countries(self, seen: Sighting) -> frozenset[str]:
        names = (self._names[name] for name in seen.names)
        return frozenset().union(*(name.countries for name in names if name.kind in _OFFICES))

    def _of_pairs(
        self, title: list[frozenset[str]], text: list[frozenset[str]]
    ) -> Iterator[tuple[str, float]]:
        for where, groups in (("title", title), ("text", text)):
            if self._sides in groups:
                yield f"pair_{where}", 1.0
            if any(self._sides < group for group in groups):
                yield f"three_{where}", 1.0
        if any(len(group) > 1 and not self._sides <= group for group in title):
            yield "other_pair", 1.0

    def _is_of_others(self, text: list[frozenset[str]], found: Mapping[str, float]) -> bool:
        """Whether a third country is in the title and a side is named nowhere.

        What Beijing says of Yasukuni is between China and Japan.
        """
        return "third_title" in found and not self._sides <= frozenset().union(*text)

    def _of_issues(self, seen: Sighting, *, of_others: bool) -> Iterator[tuple[str, float]]:
        for where, ids in (("title", frozenset(seen.title.names)), ("text", seen.names)):
            names = [self._names[name] for name in ids if self._names[name].issue]
            if any(name.countries == self._sides for name in names):
                yield ("issue_third" if of_others else f"issue_{where}"), 1.0
            if any(name.countries and name.countries < self._sides for name in names):
                yield f"subject_{where}", 1.0
            if any(not name.countries for name in names):
                yield f"matter_{where}", 1.0

    def _of_third(
        self, title: list[frozenset[str]], text: list[frozenset[str]]
    ) -> Iterator[tuple[str, float]]:
        for where, groups in (("title", title), ("text", text)):
            others = (group for group in groups if not self._sides <= group)
            third = frozenset().union(*others) - self._sides
            if third:
                yield f"third_{where}", min(len(third), 3) / 3

    def _of_focus(self, seen: Sighting, found: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        """Tell how far the text keeps to the two sides, and whether it begins with them."""
        named = self._times(seen.title) + self._times(seen.body)
        ours = sum(named[side] for side in self._sides)
        third = sum(named.values()) - ours
        if third:
            yield "third_share", third / (ours + third)
        for where in ("title", "text"):
            if not found.keys().isdisjoint(_SIDED[where]) and f"third_{where}" not in found:
                yield f"only_{where}", 1.0
        if "matter_text" in found and not found.keys().isdisjoint(_BOTH):
            yield "matter_between", 1.0
        abroad = self._sides - _spoken(seen, self._topic)
        for where, parts in (("title", (seen.title,)), ("text", (seen.title, seen.body))):
            if abroad <= frozenset().union(*map(self._times, parts)):
                yield f"abroad_{where}", 1.0

    def _times(self, found: Found) -> Counter[str]:
        """Return how often each country is named."""
        times: Counter[str] = Counter()
        for id_, count in found.times.items():
            if self._places(self._names[id_]):
                times.update(dict.fromkeys(self._names[id_].countries, count))
        for run in found.runs:
            times.update(run)
        return times


def _spoken(seen: Sighting, topic: Topic) -> frozenset[str]:
    """Return the sides at home in the text's language: KR where Korean is spoken."""
    homes = (locale.partition("-") for locale in topic.home)
    return frozenset(country for language, _, country in homes if language == seen.language)


def _of_cues(seen: Sighting) -> Iterator[tuple[str, float]]:
    for cue in seen.title.cues | seen.body.cues:
        if not cue.startswith((HOME, ISSUE)):
            yield f"cue_{cue}", IN_TITLE if cue in seen.title.cues else IN_BODY


def _probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
