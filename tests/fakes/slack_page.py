"""Block Kit as an HTML page that resembles Slack's light theme, to look at what is posted."""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]

STYLE = """
body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.46668 Lato, "Noto Sans",
  "Noto Sans CJK JP", "Noto Sans CJK KR", "DejaVu Sans", sans-serif; }
main { max-width: 720px; padding: 20px 20px 24px; }
.message { display: flex; gap: 8px; margin-bottom: 20px; }
.face { flex: 0 0 36px; height: 36px; border-radius: 8px; background: #1b3a57; color: #fff;
  font-weight: 900; text-align: center; line-height: 36px; }
.name { font-weight: 900; } .app { background: #ddd; border-radius: 2px; font-size: 10px;
  font-weight: 700; padding: 1px 3px; margin: 0 4px; color: #454447; vertical-align: 2px; }
.time, .context { color: #616061; font-size: 12px; }
.blocks { min-width: 0; max-width: 600px; overflow-wrap: anywhere; }
h3 { font-size: 18px; line-height: 1.33; font-weight: 900; margin: 8px 0 4px; }
.context { line-height: 1.4; margin: 4px 0 8px; font-size: 13px; }
hr { border: 0; border-top: 1px solid #dddddd; margin: 12px 0; }
.rich { margin: 4px 0; } .section { white-space: pre-wrap; }
ul { margin: 4px 0 4px; padding-left: 28px; } li { margin-bottom: 2px; }
a { color: #1264a3; text-decoration: none; } b { font-weight: 700; }
code { font: 12px Monaco, Menlo, monospace; color: #e01e5a; background: #f8f8f8;
  border: 1px solid #ddd; border-radius: 3px; padding: 2px 3px 1px; }
"""


def page(messages: Iterable[Sequence[Block]], *, name: str = "Strait", time: str = "08:00") -> str:
    """Return a page that shows the messages one below the other."""
    shown = "".join(_message(blocks, name, time) for blocks in messages)
    return (
        '<!doctype html><html><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(name)}</title><style>{STYLE}</style><main>{shown}</main></html>"
    )


def _message(blocks: Sequence[Block], name: str, time: str) -> str:
    who = (
        f'<span class="name">{html.escape(name)}</span><span class="app">APP</span>'
        f'<span class="time">{html.escape(time)}</span>'
    )
    body = "".join(BLOCKS[block["type"]](block) for block in blocks)
    face = html.escape(name[:1])
    return (
        f'<div class="message"><div class="face">{face}</div>'
        f'<div class="blocks">{who}{body}</div></div>'
    )


def _header(block: Block) -> str:
    return f"<h3>{html.escape(block['text']['text'])}</h3>"


def _section(block: Block) -> str:
    return f'<div class="rich section">{html.escape(block["text"]["text"])}</div>'


def _context(block: Block) -> str:
    words = " ".join(html.escape(element["text"]) for element in block["elements"])
    return f'<div class="context">{words}</div>'


def _divider(_: Block) -> str:
    return "<hr>"


def _rich_text(block: Block) -> str:
    return f'<div class="rich">{"".join(map(_rich_element, block["elements"]))}</div>'


def _rich_element(element: Block) -> str:
    if element["type"] == "rich_text_list":
        tag = "ol" if element["style"] == "ordered" else "ul"
        lines = "".join(f"<li>{_rich_element(line)}</li>" for line in element["elements"])
        return f"<{tag}>{lines}</{tag}>"
    return f'<div class="section">{"".join(map(_part, element["elements"]))}</div>'


def _part(part: Block) -> str:
    shown = html.escape(part["text"])
    if part["type"] == "link":
        shown = f'<a href="{html.escape(part["url"])}">{shown}</a>'
    style = part.get("style", {})
    for name, tag in (("bold", "b"), ("italic", "i"), ("code", "code")):
        shown = f"<{tag}>{shown}</{tag}>" if style.get(name) else shown
    return shown


BLOCKS: Mapping[str, Callable[[Block], str]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "rich_text": _rich_text,
    "divider": _divider,
}
