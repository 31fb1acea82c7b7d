"""``replay`` and ``summarize``: the real pipeline over files."""

from pathlib import Path
from typing import Annotated

import typer

from bot.app import replay as replay_archive
from bot.app import summarize as summarize_clusters
from bot.cli.output import progress, say
from bot.cli.session import settings

Source = Annotated[
    Path, typer.Argument(help="A file of JSON lines.", exists=True, dir_okay=False, readable=True)
]
Out = Annotated[Path, typer.Option("--out", help="Where the JSON lines are written.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Example: `python -m bot replay old.jsonl --topic japan-korea --out read.jsonl`"
    )(replay)
    app.command(epilog="Example: `python -m bot summarize clusters.jsonl --out summaries.jsonl`")(
        summarize
    )


def replay(
    file: Source,
    out: Out,
    topic: Annotated[str, typer.Option("--topic", help="The topic to read for.")] = "japan-korea",
    assume_relevant: Annotated[
        bool, typer.Option("--assume-relevant", help="Skip the relevance filter.")
    ] = False,
) -> None:
    """Run the reading pipeline over archived entries, in order of arrival."""
    with progress() as bar:
        task = bar.add_task("Reading entries", total=None)
        totals = replay_archive(
            settings(),
            file,
            out,
            topic=topic,
            assume_relevant=assume_relevant,
            on_start=lambda total: bar.update(task, total=total),
            on_progress=lambda count: bar.update(task, completed=count),
        )
    say(f"{out}: {totals.entries} entries, {totals.relevant} relevant, {totals.stories} stories.")


def summarize(
    file: Source,
    out: Out,
    max_words: Annotated[
        int, typer.Option("--max-words", min=10, max=500, help="Of one summary.")
    ] = 60,
    llm: Annotated[
        bool,
        typer.Option("--llm", help="By the model that LLM_MODEL names, each sentence checked."),
    ] = False,
) -> None:
    """Summarize given clusters of documents; every sentence names its documents."""
    with progress() as bar:
        task = bar.add_task("Summarizing", total=None)
        count = summarize_clusters(
            file,
            out,
            max_words=max_words,
            model_of=settings() if llm else None,
            on_start=lambda total: bar.update(task, total=total),
            on_progress=lambda done: bar.update(task, completed=done),
        )
    say(f"{out}: {count} summaries.")
