"""Each workspace's budgets for what is expensive, so that one cannot slow down the others."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.budget import Bucket, Budget, full, is_full, take
from bot.domain.errors import BudgetError

# More workspaces than one process serves; above it those that have not asked lately go.
MOST_KNOWN = 10_000

MINUTE = timedelta(minutes=1)


class Expensive(StrEnum):
    """What takes seconds of computing, or somebody else's server."""

    PREVIEW = "previews"
    FEED_CHECK = "checks of feeds"
    WHY = "explanations"


# A person who tries out a subscription previews it a few times; a script does it for ever.
# Whoever tends feeds looks at some of them; each check is a request to somebody's server.
# Who asks why reads the answer: one a minute is more than anybody does for an hour.
DEFAULT = {
    Expensive.PREVIEW: Budget(most=30),
    Expensive.FEED_CHECK: Budget(most=20),
    Expensive.WHY: Budget(most=60),
}


class Budgets:
    """Spends from the workspaces' budgets. They live in the process and begin full."""

    def __init__(self, budgets: Mapping[Expensive, Budget] = DEFAULT) -> None:
        self._budgets = budgets
        self._buckets: dict[tuple[Expensive, str, str], Bucket] = {}

    def spend(self, what: Expensive, *, platform: str, workspace: str, now: datetime) -> None:
        """Take one request from a workspace's budget; raises BudgetError where it is spent."""
        budget, key = self._budgets[what], (what, platform, workspace)
        taken = take(self._buckets.get(key) or full(budget, now=now), budget, now=now)
        if isinstance(taken, timedelta):
            minutes = math.ceil(taken / MINUTE)
            raise BudgetError(
                f"This workspace has asked for all the {what} that it may, {budget.most} an hour: "
                f"try again in {minutes} min."
            )
        self._buckets[key] = taken
        if len(self._buckets) > MOST_KNOWN:
            self._drop_full(now=now)

    def _drop_full(self, *, now: datetime) -> None:
        kept = {
            key: bucket
            for key, bucket in self._buckets.items()
            if not is_full(bucket, self._budgets[key[0]], now=now)
        }
        self._buckets = kept
