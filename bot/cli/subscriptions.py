"""``subscriptions list|show|add|change|pause|resume|remove|preview``."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.app import App
from bot.cli.digest import Format, print_digest
from bot.cli.output import print_json, print_table, safe, say
from bot.cli.session import with_app
from bot.commands.subscriptions import every_subscription, find_any
from bot.commands.tastes import TasteWords
from bot.domain.errors import InputError
from bot.domain.model import Destination, Digest, Language, Subscription
from bot.domain.schedule import describe
from bot.domain.why import PassedOver
from bot.rendering.tastes import say_taste
from bot.rendering.texts import Texts
from bot.rendering.why import WhyWriter

Number = Annotated[int, typer.Argument(metavar="ID", help="A subscription's number.")]
Schedule = Annotated[
    str | None, typer.Option("--schedule", help='Such as "daily 08:00", "weekly monday 08:00".')
]
Zone = Annotated[str | None, typer.Option("--zone", help="An IANA zone, such as Asia/Tokyo.")]
Lang = Annotated[Language | None, typer.Option("--lang", help="The digest's language.")]
Stories = Annotated[int | None, typer.Option("--stories", min=1, max=50, help="At most so many.")]
Issues = Annotated[str | None, typer.Option("--issues", help="Only these: territory,courts.")]
First = Annotated[str | None, typer.Option("--first", help="Issues to tell first.")]
OutletNames = Annotated[str | None, typer.Option("--outlets", help="Only what these report.")]
Countries = Annotated[str | None, typer.Option("--countries", help="Only what outlets of: JP,KR.")]
Languages = Annotated[str | None, typer.Option("--languages", help="Only reported in: ja,ko.")]
Include = Annotated[str | None, typer.Option("--include", help="Words or /expressions/, any.")]
Exclude = Annotated[str | None, typer.Option("--exclude", help="Words or /expressions/, none.")]
Publishers = Annotated[str | None, typer.Option("--publishers", help="Independent ones, at least.")]
Level = Annotated[str | None, typer.Option("--level", help="core or peripheral.")]
Length = Annotated[str | None, typer.Option("--length", help="headlines, brief or full.")]
Breaking = Annotated[str | None, typer.Option("--breaking", help="Outlets/minutes: 3/60, or off.")]
Quiet = Annotated[str | None, typer.Option("--quiet", help="22:00-07:00, or off.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]

group = typer.Typer(no_args_is_help=True, help="Look after who gets which digests.")


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(group, name="subscriptions")


@group.command("list", epilog="Example: `python -m bot subscriptions list --json`")
def list_(as_json: AsJson = False) -> None:
    """List every workspace's subscriptions."""
    found = with_app(lambda app: every_subscription(app.database))
    if as_json:
        print_json([subscription_json(one) for one in found])
        return
    rows = [
        (
            s.id,
            _where(s.destination),
            ", ".join(s.taste.topics),
            describe(s.taste.schedule),
            s.status,
        )
        for s in found
    ]
    print_table(("id", "to", "topics", "schedule", "status"), rows)


@group.command(epilog="Example: `python -m bot subscriptions show 3`")
def show(subscription: Number, as_json: AsJson = False) -> None:
    """Show all that a subscription holds."""

    async def use(app: App) -> tuple[Subscription, tuple[str, ...]]:
        found = await find_any(app.database, subscription)
        return found, _held(app, found)

    found, lines = with_app(use)
    if as_json:
        print_json(subscription_json(found))
        return
    print(f"{found.id}  {safe(_where(found.destination))}  {describe(found.taste.schedule)}")
    for line in lines:
        print(f"- {safe(line)}")


@group.command(
    epilog="Example: `python -m bot subscriptions add japan-korea --to console "
    '--schedule "daily 08:00" --issues territory,courts`'
)
def add(
    topic: Annotated[str, typer.Argument(help="A topic, such as japan-korea.")],
    to: Annotated[
        str, typer.Option("--to", help="PLATFORM:WORKSPACE:CHANNEL, such as discord:123:456.")
    ],
    schedule: Annotated[str, typer.Option("--schedule", help='Such as "daily 08:00".')],
    *,
    zone: Zone = None,
    lang: Lang = None,
    stories: Stories = None,
    issues: Issues = None,
    first: First = None,
    outlets: OutletNames = None,
    countries: Countries = None,
    languages: Languages = None,
    include: Include = None,
    exclude: Exclude = None,
    publishers: Publishers = None,
    level: Level = None,
    length: Length = None,
    breaking: Breaking = None,
    quiet: Quiet = None,
) -> None:
    """Send a destination digests; it is not asked whether the bot may write there."""
    destination = _destination(to)
    words = TasteWords(
        issues=issues,
        first=first,
        outlets=outlets,
        countries=countries,
        languages=languages,
        include=include,
        exclude=exclude,
        publishers=publishers,
        level=level,
        length=length,
        breaking=breaking,
        quiet=quiet,
    )

    async def use(app: App) -> tuple[Subscription, tuple[str, ...]]:
        made = await app.desk.subscribe(
            destination,
            topic=topic,
            schedule=schedule,
            zone=zone,
            language=lang,
            max_stories=stories,
            taste=words,
            created_by=None,
        )
        return made, _held(app, made)

    _tell("Subscribed", *with_app(use))


@group.command(epilog="Example: `python -m bot subscriptions change 3 --breaking 3/60`")
def change(
    subscription: Number,
    *,
    schedule: Schedule = None,
    zone: Zone = None,
    lang: Lang = None,
    stories: Stories = None,
    issues: Issues = None,
    first: First = None,
    outlets: OutletNames = None,
    countries: Countries = None,
    languages: Languages = None,
    include: Include = None,
    exclude: Exclude = None,
    publishers: Publishers = None,
    level: Level = None,
    length: Length = None,
    breaking: Breaking = None,
    quiet: Quiet = None,
) -> None:
    """Change what is given; "all" empties a list."""
    words = TasteWords(
        issues=issues,
        first=first,
        outlets=outlets,
        countries=countries,
        languages=languages,
        include=include,
        exclude=exclude,
        publishers=publishers,
        level=level,
        length=length,
        breaking=breaking,
        quiet=quiet,
    )

    async def use(app: App) -> tuple[Subscription, tuple[str, ...]]:
        changed = await app.desk.change(
            subscription,
            **await _scope(app, subscription),
            schedule=schedule,
            zone=zone,
            language=lang,
            max_stories=stories,
            taste=words,
        )
        return changed, _held(app, changed)

    _tell("Changed", *with_app(use))


@group.command(epilog="Example: `python -m bot subscriptions pause 3`")
def pause(subscription: Number) -> None:
    """Send nothing until it is resumed."""

    async def use(app: App) -> None:
        await app.desk.pause(subscription, **await _scope(app, subscription))

    with_app(use)
    say("Paused.")


@group.command(epilog="Example: `python -m bot subscriptions resume 3`")
def resume(subscription: Number) -> None:
    """Send again, from the next slot on."""

    async def use(app: App) -> None:
        await app.desk.resume(subscription, **await _scope(app, subscription))

    with_app(use)
    say("Resumed.")


@group.command(epilog="Example: `python -m bot subscriptions remove 3`")
def remove(subscription: Number) -> None:
    """End a subscription."""

    async def use(app: App) -> None:
        await app.desk.remove(subscription, **await _scope(app, subscription))

    with_app(use)
    say("Removed.")


@group.command(epilog="Example: `python -m bot subscriptions preview 3 --format markdown`")
def preview(
    subscription: Number,
    format: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,  # noqa: A002
) -> None:
    """Print what a subscription would get now, what it would not, and why; it tells nobody."""

    async def use(app: App) -> tuple[tuple[Digest, ...], tuple[PassedOver, ...], dict[str, Texts]]:
        scope = await _scope(app, subscription)
        made = await app.desk.preview(subscription, **scope)
        return made, await app.desk.passed_over(subscription, **scope), app.texts

    made, passed, texts = with_app(use)
    for digest in made:
        print_digest(digest, texts[digest.language], format)
    if not made:
        say("Its topic is no longer configured: remove the subscription.")
    elif format is Format.TEXT:
        writer = WhyWriter(texts=texts[made[0].language], zone=made[0].zone, now=made[0].until)
        for line in writer.passed_over(passed):
            print(" " * (len(line) - len(line.lstrip())) + safe(line))


def subscription_json(found: Subscription) -> dict[str, Any]:
    """Return a subscription in the shape that scripts read; lists are empty where all is wanted."""
    taste = found.taste
    breaking = taste.breaking
    quiet = breaking.quiet if breaking else None
    return {
        "id": found.id,
        "to": asdict(found.destination),
        "status": found.status,
        "problem": found.problem,
        "topics": list(taste.topics),
        "schedule": describe(taste.schedule),
        "language": taste.language,
        "stories": taste.max_stories,
        "length": taste.length,
        "filters": {
            "issues": list(taste.filters.issues),
            "first": list(taste.filters.prefer),
            "outlets": list(taste.filters.outlets),
            "countries": list(taste.filters.countries),
            "languages": list(taste.filters.languages),
            "include": [_expression(one) for one in taste.filters.include],
            "exclude": [_expression(one) for one in taste.filters.exclude],
            "publishers": taste.filters.min_outlets,
            "level": "peripheral" if taste.filters.peripheral else "core",
        },
        "breaking": breaking
        and {
            "outlets": breaking.outlets,
            "minutes": breaking.minutes,
            "quiet": quiet and [f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}"],
        },
    }


def _expression(one: Any) -> dict[str, Any]:
    return {"text": one.text, "is_pattern": one.is_pattern}


def _held(app: App, found: Subscription) -> tuple[str, ...]:
    texts = app.texts[app.settings.digest.language]
    taste = found.taste
    plain = (texts.say("taste.plain"),)
    lines = say_taste(taste, texts, outlet_name=app.settings.outlet_cards.name_of) or plain
    stories = texts.count("counts.stories", taste.max_stories)
    return (f"{texts.language_name(taste.language.value)}, ≤ {stories}", *lines)


def _tell(what: str, found: Subscription, lines: tuple[str, ...]) -> None:
    say(f"{what}: {found.id}, {_where(found.destination)}, {describe(found.taste.schedule)}")
    for line in lines:
        say(f"- {line}")


async def _scope(app: App, subscription: int) -> dict[str, str]:
    """Return whose it is: who runs the instance looks after everybody's."""
    where = (await find_any(app.database, subscription)).destination
    return {"platform": where.platform, "workspace": where.workspace}


def _where(destination: Destination) -> str:
    return ":".join((destination.platform, destination.workspace, destination.channel))


def _destination(text: str) -> Destination:
    if text == "console":
        text = "console:local:output"
    match text.split(":", 2):
        case [platform, workspace, channel] if platform in PLATFORMS and workspace and channel:
            return Destination(platform=platform, workspace=workspace, channel=channel)
    raise InputError(
        f'"{text}" is no destination: write PLATFORM:WORKSPACE:CHANNEL with one of '
        f"{', '.join(PLATFORMS)}, such as discord:123:456, or console."
    )


# Files and webhooks follow settings.toml, which would undo what is changed here.
PLATFORMS = ("discord", "slack", "console")
