"""``correct story`` and ``correct list``: what was told wrong is withdrawn or corrected."""

import getpass
from typing import Annotated

import typer

from bot.app import App
from bot.cli.output import print_json, print_table, say
from bot.cli.session import with_app
from bot.commands.corrections import Mending, correct, list_corrections
from bot.domain.corrections import Correction, CorrectionKind
from bot.domain.errors import InputError
from bot.domain.model import Language
from bot.domain.people import Operator

EXAMPLE = 'Example: `python -m bot correct story 12 --withdraw --reason "The source took it back."`'


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Withdraw or correct what was told wrong; posted digests are edited.",
        no_args_is_help=True,
    )
    group.command("story", epilog=EXAMPLE)(story)
    group.command("list", epilog="Example: `python -m bot correct list --story 12`")(show)
    app.add_typer(group, name="correct")


def story(  # noqa: PLR0917 - typer passes them by name
    story_id: Annotated[int, typer.Argument(help="A story's id, from `news`.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why: readers see it.")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Never tell it again.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Tell it again after all.")] = False,
    headline: Annotated[str, typer.Option("--headline", help="Another headline.")] = "",
    sentence: Annotated[
        str, typer.Option("--sentence", help="A sentence's number, or the sentence as posted.")
    ] = "",
    text: Annotated[
        str, typer.Option("--text", help="What it says instead; without it, nothing.")
    ] = "",
    remove_entry: Annotated[
        str, typer.Option("--remove-entry", help="A report's address: it is of another story.")
    ] = "",
    lang: Annotated[
        Language | None, typer.Option("--lang", help="Of the headline or the sentence.")
    ] = None,
) -> None:
    """Withdraw a story or correct one thing of it, with a reason that readers see."""
    given = {
        CorrectionKind.WITHDRAW: withdraw,
        CorrectionKind.RESTORE: restore,
        CorrectionKind.HEADLINE: bool(headline),
        CorrectionKind.SENTENCE: bool(sentence),
        CorrectionKind.REMOVE_ENTRY: bool(remove_entry),
    }
    chosen = [kind for kind, is_given in given.items() if is_given]
    if len(chosen) != 1:
        raise InputError(
            "Say what is to be done by one of --withdraw, --restore, --headline, --sentence "
            "or --remove-entry."
        )

    async def use(app: App) -> Correction:
        asked = Mending(
            story_id=story_id,
            kind=chosen[0],
            reason=reason,
            language=lang or app.settings.digest.language,
            sentence=sentence,
            text=headline or text,
            url=remove_entry,
        )
        return await correct(
            app.database, asked, Operator(), admins=(), name=f"cli:{_login()}", now=app.clock()
        )

    made = with_app(use)
    say(
        f"Correction {made.id} of story {made.story_id} is recorded. Look-ups and coming digests "
        "have it at once; `run` brings it to the digests that were posted."
    )


def show(
    story_id: Annotated[
        int | None, typer.Option("--story", help="Only this story's.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """List who corrected what, when and why, the newest first."""
    found = with_app(lambda app: list_corrections(app.database, story_id=story_id))
    if as_json:
        print_json([_json(one) for one in found])
        return
    rows = [
        (
            one.id,
            one.made_at.strftime("%Y-%m-%d %H:%M"),
            one.story_id,
            one.kind.value,
            one.language or "",
            one.made_by,
            one.reason,
        )
        for one in found
    ]
    print_table(("id", "at (UTC)", "story", "what", "language", "by", "reason"), rows)


def _json(one: Correction) -> dict[str, object]:
    return {
        "id": one.id,
        "story": one.story_id,
        "kind": one.kind.value,
        "language": one.language,
        "before": one.before,
        "after": one.after,
        "reason": one.reason,
        "by": one.made_by,
        "at": one.made_at.isoformat(),
    }


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container's user may have no name.
        return "operator"
