"""What people ask of feeds from chat, and how it is answered."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# A feed has 20 s to answer and 10 s to be parsed (bot.feeds), and others may be in front of it:
# chat waits a minute, which is long for a person and far below what platforms allow for an
# answer (15 minutes on Discord, 30 on Slack).
PATIENCE = timedelta(minutes=1)

# Whoever has taken a request and not answered by then has died.
LEASE = timedelta(seconds=45)

# Nobody looks for an older one any more.
KEPT = timedelta(hours=1)


class FeedVerb(StrEnum):
    """What is asked."""

    CHECK = "check"
    ADD = "add"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedRequest:
    """A request that a job is to answer. Who may ask was decided when it was asked."""

    id: int
    verb: FeedVerb
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedAnswer:
    """How a feed answered: its name, how many entries, or the problem; and whether it is new.

    ``added``: it is polled from now on because of this request.
    """

    name: str
    entries: int = 0
    problem: str | None = None
    added: bool = False
