"""How alive a story is, by when its reports came."""

from datetime import datetime, timedelta

from bot.domain.growth import moment
from bot.domain.model import Story, StoryStatus

# Two reports within a quarter of a day: newsrooms are at work on it.
DEVELOPING_WITHIN = timedelta(hours=6)
DEVELOPING_REPORTS = 2
TODAY = timedelta(hours=24)
# Three days without a report: Strait's stories end about then (half of them after one).
SETTLED_AFTER = timedelta(days=3)


def status_of(story: Story, *, now: datetime) -> StoryStatus:
    """Return the status: what is true of the newest reports, in this order.

    ``developing``: two or more within six hours; ``today``: one within a day; ``settled``:
    none for three days; else ``quiet``.
    """
    ages = sorted(now - moment(entry) for entry in story.entries) or [now - story.last_seen_at]
    if len(ages) >= DEVELOPING_REPORTS and ages[DEVELOPING_REPORTS - 1] <= DEVELOPING_WITHIN:
        return StoryStatus.DEVELOPING
    if ages[0] <= TODAY:
        return StoryStatus.TODAY
    return StoryStatus.SETTLED if ages[0] >= SETTLED_AFTER else StoryStatus.QUIET
