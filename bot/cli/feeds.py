"""``feeds list|add|remove|check``."""

from dataclasses import replace
from typing import Annotated

import typer

from bot.app import App, FeedCheck
from bot.cli.output import print_json, print_table, progress, say
from bot.cli.session import with_app
from bot.commands.feeds import add_feed, feed_address, find_feed, list_feeds, remove_feed
from bot.domain.addresses import shown_url
from bot.domain.errors import InputError
from bot.domain.model import Feed, FeedSpec, FeedState
from bot.domain.people import Operator
from bot.domain.schedule import check_zone

Url = Annotated[str, typer.Argument(help="The feed's address.", show_default=False)]
Named = Annotated[
    str,
    typer.Argument(metavar="ID|URL", help="A feed's number, address or name.", show_default=False),
]

group = typer.Typer(no_args_is_help=True, help="List, add, remove and check feeds.")


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(group, name="feeds")


@group.command("list", epilog="Example: `python -m bot feeds list --json`")
def list_(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the feeds that are polled, and what is wrong with any."""
    found = with_app(lambda app: list_feeds(app.database))
    if as_json:
        print_json([_feed_json(feed, state) for feed, state in found])
        return
    rows = [
        (f.id, f.name, f.language, f.country, _day(s), _problem(s), shown_url(f.url))
        for f, s in found
    ]
    print_table(("id", "feed", "language", "country", "last answer", "problem", "address"), rows)


@group.command(epilog="Example: `python -m bot feeds add https://example.org/rss --outlet yonhap`")
def add(
    url: Url,
    name: Annotated[str | None, typer.Option("--name", help="As lists show it.")] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", help="Id of outlets.toml.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="ISO 639-1.")] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Of dates that name none.")] = None,
) -> None:
    """Poll one more feed, once it has answered with entries."""
    url = feed_address(url)
    if zone is not None:
        zone = check_zone(zone)

    async def use(app: App) -> FeedCheck:
        if outlet is not None and app.settings.outlet_cards.get(outlet) is None:
            raise InputError(f'There is no outlet "{outlet}" in outlets.toml: add its card first.')
        shown = name or shown_url(url)
        spec = FeedSpec(url=url, name=shown, outlet=outlet, language=language, zone=zone)
        [answer] = await app.polling.check([_unsaved(spec)])
        if answer.problem is not None:
            raise InputError(f"Not added: {answer.problem}")
        named = replace(spec, name=name or answer.title or shown)
        await add_feed(
            app.database,
            named,
            countries=app.settings.countries,
            by=Operator(),
            now=app.clock(),
        )
        return answer

    answer = with_app(use)
    say(f"Added: {answer.entries} entries wait to be polled.")


@group.command(epilog="Example: `python -m bot feeds remove 12`")
def remove(feed: Named) -> None:
    """Stop polling a feed; what came from it stays."""
    with_app(lambda app: remove_feed(app.database, feed, by=Operator()))
    say("Removed.")


@group.command(epilog="Example: `python -m bot feeds check`")
def check(
    feed: Annotated[
        str | None,
        typer.Argument(metavar="[ID|URL]", help="One number or address; by default all feeds."),
    ] = None,
) -> None:
    """Ask feeds now and say how each answers; saves nothing."""

    async def use(app: App) -> list[FeedCheck]:
        asked = await _to_check(app, feed)
        with progress() as bar:
            task = bar.add_task("Asking feeds", total=len(asked))
            return await app.polling.check(asked, lambda: bar.advance(task))

    answers = with_app(use)
    rows = [(a.feed.name, a.entries, a.problem or "", shown_url(a.feed.url)) for a in answers]
    print_table(("feed", "entries", "problem", "address"), rows)
    if any(answer.problem for answer in answers):
        raise typer.Exit(1)


async def _to_check(app: App, named: str | None) -> list[Feed]:
    known = [feed for feed, _ in await list_feeds(app.database)]
    if named is None:
        return known
    found = find_feed(known, named)
    return [found or _unsaved(FeedSpec(url=feed_address(named), name=shown_url(named)))]


def _unsaved(spec: FeedSpec) -> Feed:
    return Feed(id=0, url=spec.url, name=spec.name, language=spec.language, zone=spec.zone)


def _day(state: FeedState) -> str:
    answered = state.succeeded_at
    return answered.astimezone().strftime("%Y-%m-%d %H:%M") if answered else "never"


def _problem(state: FeedState) -> str | None:
    return "gone" if state.gone else state.problem


def _feed_json(feed: Feed, state: FeedState) -> dict[str, object]:
    return {
        "id": feed.id,
        "url": shown_url(feed.url),
        "name": feed.name,
        "outlet": feed.outlet,
        "language": feed.language,
        "country": feed.country,
        "succeeded_at": state.succeeded_at.isoformat() if state.succeeded_at else None,
        "gone": state.gone,
        "failures": state.failures,
        "problem": state.problem,
    }
