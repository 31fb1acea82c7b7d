"""The issue of an entry: which of the topic's matters it is about, from names and words."""

from collections.abc import Iterator, Mapping

from bot.domain.model import Issue
from bot.domain.topic import Name, Topic
from bot.understanding.entities import Found
from bot.understanding.relevance import ISSUE, Sighting

# The North comes up in much of the news between the two without being its matter.
NORTH_KOREA = "KP"
# Three-way meetings with the ally of both are most often about security.
ALLY, PAIR = "US", 2
# Words of an issue beyond these say no more.
WORDS_COUNTED = 3

Signs = Mapping[Issue, Mapping[str, float]]


def issue_of(seen: Sighting, names: Mapping[str, Name], topic: Topic) -> Issue:
    """Return the issue for which an entry's signs weigh most, ``OTHER`` where there are none."""
    signs = signs_of(seen, names, topic)
    if not any(signs.values()):
        return Issue.OTHER
    weights = topic.issue_weights
    scores = {issue: score(issue, given, weights) for issue, given in signs.items()}
    return max(scores, key=lambda issue: (scores[issue], issue))


def score(issue: Issue, given: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the log-odds (up to a constant) of an issue that has these signs."""
    said = sum(weights.get(sign, 0.0) * by for sign, by in given.items())
    return said + weights.get(f"is_{issue}", 0.0)


def signs_of(seen: Sighting, names: Mapping[str, Name], topic: Topic) -> Signs:
    """Return what speaks for each issue. A kind of sign weighs the same for every issue.

    So that a rare issue needs no examples of its own: only the kinds are learned, from all.
    """
    signs: dict[Issue, dict[str, float]] = {issue: {} for issue in Issue}
    for found, where in ((seen.title, "title"), (seen.body, "text")):
        for issue, kind in _named(found, names):
            signs[issue][f"{kind}_{where}"] = 1.0
        for issue, count in _worded(found):
            signs[issue][f"words_{where}"] = min(count, WORDS_COUNTED) / WORDS_COUNTED
        for cue in found.cues & topic.cue_issues.keys():
            signs[topic.cue_issues[cue]][f"cue_{cue}_{where}"] = 1.0
    return signs


def _named(found: Found, names: Mapping[str, Name]) -> Iterator[tuple[Issue, str]]:
    rows = [names[name] for name in found.names]
    for row in rows:
        if row.issue:
            # A matter between the two (Dokdo), or one that others have too (the WTO).
            yield row.issue, "named" if row.country else "common"
    groups = [*(row.countries for row in rows), *found.runs]
    if any(NORTH_KOREA in group for group in groups):
        yield Issue.NORTH_KOREA, "north"
    if any(ALLY in group and len(group) > PAIR for group in groups):
        yield Issue.SECURITY, "ally"


def _worded(found: Found) -> Iterator[tuple[Issue, int]]:
    for cue, count in found.counts.items():
        if cue.startswith(ISSUE):
            yield Issue(cue.removeprefix(ISSUE)), count
