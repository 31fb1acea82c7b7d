"""A digest as Markdown (CommonMark; safe under GitHub's extensions too)."""

import re
from collections.abc import Iterator

from bot.domain.model import Digest
from bot.rendering.arc import ArcView
from bot.rendering.extras import Extra
from bot.rendering.safe import defuse
from bot.rendering.texts import Texts
from bot.rendering.view import (
    DigestView,
    ItemView,
    PerspectiveView,
    SentenceView,
    SideView,
    SourceView,
    view_digest,
)

# What CommonMark, GitHub's extensions and chat dialects read as markup anywhere in a line:
# emphasis, code, links, images, HTML, entities, tables, mathematics, references, highlights.
ANYWHERE = re.compile(r"[\\`*_{}\[\]<>#!|~&$=^]")

# What makes a bare web address a link: "https://" and "www.".
ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)

# What makes a list item or a rule at the start of a line.
LEADING = re.compile(r"^(\d*)([-+.)])")


def escape(text: str) -> str:
    """Return one line of plain text as Markdown that shows exactly it and mentions nobody."""
    escaped = ADDRESS.sub(r"\\\g<0>", ANYWHERE.sub(r"\\\g<0>", defuse(text)))
    return LEADING.sub(r"\1\\\2", escaped)


def render_markdown(digest: Digest, texts: Texts) -> str:
    """Return the digest as Markdown: a heading, a section for each story, a closing line."""
    view = view_digest(digest, texts)
    return "\n\n".join(_blocks(view)) + "\n"


def _blocks(view: DigestView) -> Iterator[str]:
    yield f"# {escape(view.heading)}"
    yield f"*{escape(view.edition)} · {escape(view.as_of)}*"
    if view.late:
        yield f"**{escape(view.late)}**"
    yield escape(view.summary)
    if view.arc:
        yield from _arc(view.arc)
    for extra in view.extras:
        yield from _extra(extra)
    for item in view.items:
        yield from _item(item)
    if view.footer:
        yield "---"
        yield f"*{escape(view.footer)}*"


def _arc(arc: ArcView) -> Iterator[str]:
    yield f"## {escape(arc.title)}"
    yield "\n".join(f"- {escape(w.line)}\\\n  {link(w.headline, w.url)}" for w in arc.issues)
    yield f"*{escape(arc.note)}*"


def _extra(extra: Extra) -> Iterator[str]:
    yield "\n".join([f"> **{escape(extra.heading)}**", *(f"> {escape(x)}" for x in extra.lines)])
    if extra.links:
        links = (f"- {link(one.text, one.url)}" for one in extra.links)
        yield "\n".join([f"*{escape(extra.label)}*", "", *links])


def _item(item: ItemView) -> Iterator[str]:
    yield f"## {item.number}\\. {escape(item.headline)}"
    yield " · ".join([f"**{escape(item.mark)}**", *map(escape, item.labels[1:])])
    for note in filter(None, (item.foreign, item.correction, item.made)):
        yield f"*{escape(note)}*"
    if item.since:
        told = f" — {_sentence(item.news)}" if item.news else ""
        yield f"**{escape(item.since)}**{told}"
    if item.sentences:
        yield " ".join(_sentence(sentence) for sentence in item.sentences)
    if item.perspectives:
        yield "\n".join(map(_perspective, item.perspectives))
    yield from (_side(side) for side in item.told_sides)
    if item.notes:
        yield "\n".join(f"- *{escape(note)}*" for note in item.notes)


def _perspective(view: PerspectiveView) -> str:
    return f"- **{escape(view.name)}**: {_sentence(view.sentence)}"


def _sentence(sentence: SentenceView) -> str:
    marks = "".join(link(f"[{source.number}]", source.url) for source in sentence.sources)
    return f"{escape(sentence.text)} {marks}".rstrip()


def _side(side: SideView) -> str:
    line = f" · {escape(side.line)}" if side.line else ""
    return "\n".join([f"**{escape(side.name)}**{line}", "", *map(_source, side.sources)])


def _source(source: SourceView) -> str:
    title = link(source.title, source.url)
    foreign = f" ({escape(source.translation or source.foreign)})" if source.foreign else ""
    number = f"\\[{source.number}\\]"
    return f"- {number} {escape(source.outlet)} — {title}{foreign} · {escape(source.when)}"


def link(text: str, url: str | None) -> str:
    """Return one line of text as a link, or as text where there is no safe address."""
    return f"[{escape(text)}](<{url}>)" if url else escape(text)
