"""The instance's feeds: list, add, remove."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

from bot.domain.addresses import is_web_address, shown_url
from bot.domain.errors import InputError, NotFoundError
from bot.domain.model import Feed, FeedSpec, FeedState
from bot.domain.people import Admin, Operator, Person, check_admin
from bot.storage import feeds
from bot.storage.database import Database


def feed_address(text: str) -> str:
    """Return the address that a user typed; raises InputError where it is none of the web."""
    url = text.strip()
    if not is_web_address(url):
        raise InputError(
            f"“{shown_url(url)}” is no web address: it must begin with http:// or https://."
        )
    return url


async def list_feeds(database: Database) -> list[tuple[Feed, FeedState]]:
    """Return every feed that is polled, with its state."""
    async with database.read() as connection:
        return await feeds.all_feeds(connection)


async def add_feed(
    database: Database,
    spec: FeedSpec,
    *,
    countries: Mapping[str, str],
    by: Person | Operator,
    admins: Collection[Admin] = (),
    now: datetime,
) -> Feed:
    """Start to poll a feed; raises ForbiddenError for people who are no admins."""
    check_admin(admins, by)
    async with database.write() as connection:
        return await feeds.add(connection, spec, countries=countries, now=now)


async def remove_feed(
    database: Database, named: str, *, by: Person | Operator, admins: Collection[Admin] = ()
) -> None:
    """Stop to poll a feed, named as ``find_feed`` takes it, or by the address it had first.

    Raises NotFoundError, with the nearest address, InputError where several are meant, and
    ForbiddenError for people who are no admins.
    """
    check_admin(admins, by)
    async with database.write() as connection:
        known = [feed for feed, _ in await feeds.all_feeds(connection)]
        found = find_feed(known, named)
        if await feeds.remove(connection, found.url if found else named.strip()):
            return
    raise NotFoundError(f"There is no feed “{shown_url(named)}”{_nearest(named, known)}")


def find_feed(known: Sequence[Feed], named: str) -> Feed | None:
    """Return the feed of that address, number, shown address or name; None where there is none.

    Lists show addresses without their secrets, so that several may look the same: raises
    InputError, with their numbers, where it is not clear which is meant.
    """
    named = named.strip()
    ways = (
        [feed for feed in known if feed.url == named],
        [feed for feed in known if str(feed.id) == named],
        [feed for feed in known if named in {shown_url(feed.url), feed.name}],
    )
    found = next((feeds for feeds in ways if feeds), [])
    if len(found) > 1:
        numbers = ", ".join(str(feed.id) for feed in found)
        raise InputError(
            f"{len(found)} feeds are shown as “{shown_url(named)}”: "
            f"name one by its number ({numbers}), which `feeds list` shows."
        )
    return found[0] if found else None


def _nearest(named: str, known: Sequence[Feed]) -> str:
    close = get_close_matches(shown_url(named), [shown_url(feed.url) for feed in known], n=1)
    return f": did you mean {close[0]}?" if close else ": `feeds list` shows them."
