"""Token buckets: how much of what is expensive one workspace may ask for."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """``most`` requests at once, and one more as often as so many fit into ``period``."""

    most: int
    period: timedelta = timedelta(hours=1)

    @property
    def refill(self) -> timedelta:
        """How long it takes until there is one request more."""
        return self.period / self.most


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """What was left at a moment, in requests."""

    level: float
    at: datetime


def full(budget: Budget, *, now: datetime) -> Bucket:
    """Return the bucket of a workspace that has asked for nothing."""
    return Bucket(level=budget.most, at=now)


def take(bucket: Bucket, budget: Budget, *, now: datetime) -> Bucket | timedelta:
    """Return the bucket after one request, or how long to wait for it.

    A clock that is set back refills nothing, and takes nothing away.
    """
    grown = max(now - bucket.at, timedelta()) / budget.refill
    level = min(budget.most, bucket.level + grown)
    if level < 1:
        return budget.refill * (1 - level)
    return Bucket(level=level - 1, at=now)


def is_full(bucket: Bucket, budget: Budget, *, now: datetime) -> bool:
    """Tell whether the bucket says no more than a new one would."""
    return bucket.level + (now - bucket.at) / budget.refill >= budget.most
