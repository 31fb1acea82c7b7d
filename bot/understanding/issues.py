"""The issue of an entry: which of the topic's matters it is about, from names and cues."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from bot.domain.model import Issue
from bot.domain.topic import Name
from bot.understanding.entities import Found
from bot.understanding.relevance import IN_BODY, IN_TITLE, Sighting

# A matter between the two (Dokdo), and one that others have too (the WTO).
BY_NAME, BY_COMMON_NAME = 1.1, 0.5
# A matter that is named says more than words of a field, which decide where none is named.
BY_CUE: Mapping[str, tuple[Issue, float]] = {
    "diplomacy": (Issue.SUMMIT_DIPLOMACY, 0.5),
    "justice": (Issue.COURTS, 0.3),
    "trade": (Issue.TRADE, 0.45),
    "defence": (Issue.SECURITY, 0.35),
    "sport": (Issue.CULTURE, 0.45),
    "entertainment": (Issue.CULTURE, 0.45),
    "travel": (Issue.CULTURE, 0.3),
}
# The North comes up in much of the news between the two without being its matter.
NORTH_KOREA, BY_NORTH_KOREA = "KP", 0.6
# Three-way meetings with the ally of both are most often about security.
ALLY, BY_ALLY, PAIR = "US", 0.4, 2


def issue_of(seen: Sighting, names: Mapping[str, Name]) -> Issue:
    """Return the issue that names and cues speak for most, the title counting double."""
    votes: defaultdict[Issue, float] = defaultdict(float)
    for found, weight in ((seen.title, IN_TITLE), (seen.body, IN_BODY)):
        for issue, vote in _votes(found, names):
            votes[issue] += vote * weight
    return max(votes, key=lambda issue: (votes[issue], issue), default=Issue.OTHER)


def _votes(found: Found, names: Mapping[str, Name]) -> Iterator[tuple[Issue, float]]:
    rows = [names[name] for name in found.names]
    for issue in {row.issue for row in rows if row.issue and row.country}:
        yield issue, BY_NAME
    for issue in {row.issue for row in rows if row.issue and not row.country}:
        yield issue, BY_COMMON_NAME
    groups = [*(row.countries for row in rows), *found.runs]
    if any(NORTH_KOREA in group for group in groups):
        yield Issue.NORTH_KOREA, BY_NORTH_KOREA
    if any(ALLY in group and len(group) > PAIR for group in groups):
        yield Issue.SECURITY, BY_ALLY
    for cue in found.cues & BY_CUE.keys():
        yield BY_CUE[cue]
