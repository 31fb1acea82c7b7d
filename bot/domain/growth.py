"""How a story grows as entries join it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.model import Entry, Issue, Reading, Story

Joined = tuple[Entry, Reading]


def moment(entry: Entry) -> datetime:
    """Return when the entry became news: no later than it was seen."""
    return min(entry.published_at, entry.seen_at)


def grow(
    before: Story | None, story_id: int, joined: Sequence[Joined], issues: Sequence[Issue] = ()
) -> Story:
    """Return the story after these entries have joined it; a new one where there was none.

    Copies lengthen nothing: only entries that are no duplicates count for the version.
    ``issues`` are those of the reports that it had before: the story's is the commonest.
    """
    votes = [*issues, *(reading.issue for _, reading in joined if reading.duplicate_of is None)]
    reports = [(entry, reading) for entry, reading in joined if reading.duplicate_of is None]
    if before is None:
        before = _begin(story_id, *(reports or joined)[0])
        reports = reports[1:]
    moments = [moment(entry) for entry, _ in reports]
    return replace(
        before,
        issue=_issue(before.issue, votes),
        first_seen_at=min([before.first_seen_at, *moments]),
        last_seen_at=max([before.last_seen_at, *moments]),
        version=before.version + len(reports),
    )


def merge(story: Story, other: Story) -> Story:
    """Return the story after all entries of another have joined it."""
    return replace(
        story,
        first_seen_at=min(story.first_seen_at, other.first_seen_at),
        last_seen_at=max(story.last_seen_at, other.last_seen_at),
        version=story.version + other.version,
    )


def _begin(story_id: int, entry: Entry, reading: Reading) -> Story:
    return Story(
        id=story_id,
        topic=reading.topic,
        headline=entry.title,
        issue=reading.issue,
        lead_entry_id=entry.id,
        first_seen_at=moment(entry),
        last_seen_at=moment(entry),
    )


def _issue(current: Issue, votes: Sequence[Issue]) -> Issue:
    # One report read wrongly does not label the story; at a tie the first label stays.
    named = Counter(issue for issue in votes if issue is not Issue.OTHER)
    return max(named, key=lambda issue: (named[issue], issue is current), default=current)
