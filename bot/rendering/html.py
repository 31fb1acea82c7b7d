"""A digest as one self-contained HTML page: no script, nothing loaded from elsewhere."""

import base64
import functools
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.domain.model import Digest
from bot.rendering.texts import Texts
from bot.rendering.view import view_digest


def render_html(digest: Digest, texts: Texts) -> str:
    """Return the page. Everything is escaped; only http and https addresses become links."""
    style = _style()
    template = environment().get_template("digest.html.j2")
    view = view_digest(digest, texts)
    trusted = Markup(style)  # noqa: S704 - our own file, and a style sheet must not be escaped
    return template.render(view=view, say=texts.say, style=trusted, policy=_policy(style))


@functools.cache
def environment() -> Environment:
    """Return the templates, which escape everything that is put into them."""
    return Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _loader() -> PackageLoader:
    return PackageLoader("bot.rendering", "templates")


@functools.cache
def _style() -> str:
    return _loader().get_source(environment(), "digest.css")[0]


def _policy(style: str) -> str:
    """Allow this very style sheet and nothing else (https://www.w3.org/TR/CSP3/)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
