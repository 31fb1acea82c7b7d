"""``preview``."""

from typing import Annotated

import typer

from bot.app import App
from bot.cli.digest import Format, print_digest
from bot.cli.output import print_table, safe, say
from bot.cli.session import with_app
from bot.domain.errors import NotFoundError
from bot.domain.model import Digest, Subscription
from bot.domain.schedule import describe
from bot.domain.why import PassedOver
from bot.rendering.texts import Texts
from bot.rendering.why import WhyWriter


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `python -m bot preview 3`")(preview)


def preview(
    subscription_id: Annotated[
        int | None,
        typer.Argument(
            metavar="[ID]",
            help="A subscription's number; without it they are listed.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TEXT,  # noqa: A002
) -> None:
    """Show what a subscription would get now, and which stories it would not, and why."""
    if subscription_id is None:
        print_subscriptions(with_app(lambda app: app.desk.all_subscriptions()))
        return

    async def use(app: App) -> tuple[tuple[Digest, ...], tuple[PassedOver, ...], dict[str, Texts]]:
        found = [s for s in await app.desk.all_subscriptions() if s.id == subscription_id]
        if not found:
            raise NotFoundError(
                f"There is no subscription {subscription_id}: `preview` without a number lists all."
            )
        where = found[0].destination
        scope = {"platform": where.platform, "workspace": where.workspace}
        made = await app.desk.preview(subscription_id, **scope)
        return made, await app.desk.passed_over(subscription_id, **scope), app.texts

    made, passed, texts = with_app(use)
    for digest in made:
        print_digest(digest, texts[digest.language], format)
    if not made:
        say("Its topic is no longer configured: remove the subscription.")
    elif format is Format.TEXT:
        writer = WhyWriter(texts=texts[made[0].language], zone=made[0].zone, now=made[0].until)
        for line in writer.passed_over(passed):
            print(" " * (len(line) - len(line.lstrip())) + safe(line))


def print_subscriptions(found: list[Subscription]) -> None:
    """Print the subscriptions of every workspace."""
    print_table(
        ("id", "platform", "workspace", "channel", "topics", "schedule", "status"),
        [
            (
                one.id,
                one.destination.platform,
                one.destination.workspace,
                one.destination.channel,
                ", ".join(one.taste.topics),
                describe(one.taste.schedule),
                one.status.value,
            )
            for one in found
        ],
    )
