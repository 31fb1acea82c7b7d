"""Whether a side is silent about a story or only unheard: our failures accuse no outlet."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.model import Story

# By outlet: when its feed answered last, None where it never did.
Answers = Sequence[datetime | None]

# A newsroom that wants the story has it by then, across a night shift too.
PATIENCE = timedelta(hours=6)

# One outlet is no side, and one report no story that a whole country could be missing.
LEAST_OUTLETS = 2
LEAST_LISTENED = 3
LEAST_SHARE = 0.5


def silent_sides(
    story: Story, sides: Sequence[str], answers: Mapping[str, Answers], *, now: datetime
) -> tuple[str, ...]:
    """Return the sides (country codes) that had the time to report the story and did not.

    A side counts as silent only where ``LEAST_LISTENED`` outlets of it, and at least half of
    all that are polled, answered after the story was ``PATIENCE`` old.
    """
    due_at = story.first_seen_at + PATIENCE
    if now < due_at or len({entry.outlet for entry in story.entries}) < LEAST_OUTLETS:
        return ()
    told = {entry.country for entry in story.entries}
    return tuple(
        side for side in sides if side not in told and _was_heard(answers.get(side, ()), due_at)
    )


def _was_heard(answers: Answers, due_at: datetime) -> bool:
    heard = sum(answer is not None and answer >= due_at for answer in answers)
    return heard >= LEAST_LISTENED and heard >= LEAST_SHARE * len(answers)
