"""A digest as Markdown (CommonMark; safe under GitHub's extensions too)."""

import re
from collections.abc import Iterator

from bot.domain.model import Digest
from bot.rendering.extras import Extra
from bot.rendering.safe import defuse
from bot.rendering.texts import Texts
from bot.rendering.view import DigestView, ItemView, SentenceView, SideView, SourceView, view_digest

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
    for extra in view.extras:
        yield from _extra(extra)
    for item in view.items:
        yield from _item(item)
    if view.footer:
        yield "---"
        yield f"*{escape(view.footer)}*"


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
    if item.sentences:
        yield " ".join(_sentence(sentence) for sentence in item.sentences)
    yield from (_side(side) for side in item.told_sides)


def _sentence(sentence: SentenceView) -> str:
    marks = "".join(link(f"[{source.number}]", source.url) for source in sentence.sources)
    return f"{escape(sentence.text)} {marks}".rstrip()


def _side(side: SideView) -> str:
    return "\n".join([f"**{escape(side.name)}**", "", *map(_source, side.sources)])


def _source(source: SourceView) -> str:
    title = link(source.title, source.url)
    foreign = f" ({escape(source.foreign)})" if source.foreign else ""
    number = f"\\[{source.number}\\]"
    return f"- {number} {escape(source.outlet)} — {title}{foreign} · {escape(source.when)}"


def link(text: str, url: str | None) -> str:
    """Return one line of text as a link, or as text where there is no safe address."""
    return f"[{escape(text)}](<{url}>)" if url else escape(text)
