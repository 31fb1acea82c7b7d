"""The page: its structure, its safety, its colours."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import Digest, Language
from bot.rendering.html import render_html
from bot.rendering.texts import Texts

Attributes = dict[str, str | None]

# Everything the page is made of.
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "article", "section",
    "footer", "h1", "h2", "h3", "p", "ul", "li", "div", "span", "strong", "bdi", "a", "time", "svg",
    "rect",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "rel", "datetime",
    "aria-label", "aria-labelledby", "aria-hidden", "role", "viewbox", "preserveaspectratio",
    "x", "width", "height",
}  # fmt: skip

# WCAG 2.2, success criterion 1.4.3 (level AA), for text of normal size.
LEAST_CONTRAST = 4.5


class Page(HTMLParser):
    """The elements of a page, in order, and the text of each kind."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.text: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.text[self.elements[-1][0]][-1] += data

    def all(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.elements if name == tag]


@given(
    st.text(alphabet=st.one_of(st.sampled_from("<>\"'&/=-!` \n\tscriptonload:"), st.characters()))
)
def test_a_hostile_feed_changes_no_structure(
    texts: dict[str, Texts], with_text: Callable[[str], Digest], text: str
) -> None:
    """No element, no attribute and no address scheme comes from a feed."""
    page = Page(render_html(with_text(text), texts["en"]))
    assert {tag for tag, _ in page.elements} <= TAGS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    hrefs = [str(attributes["href"]) for attributes in page.all("a")]
    assert all(re.match(r"https?://|#s\d+-\d+$", href) for href in hrefs)
    assert len(page.all("article")) == 1


def test_links_out_tell_the_outlet_nothing(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """Every link that leaves the page has ``rel``, and the page sends no referrer."""
    page = Page(render_html(digest_in(Language.EN), texts["en"]))
    out = [a for a in page.all("a") if str(a["href"]).startswith("http")]
    assert len(out) == 9
    assert {a["rel"] for a in out} == {"noopener noreferrer nofollow"}
    assert {"name": "referrer", "content": "no-referrer"} in page.all("meta")


def test_the_policy_allows_this_style_and_nothing_else(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """The hash is that of the style sheet as it stands in the page."""
    html = render_html(digest_in(Language.EN), texts["en"])
    policy = next(m["content"] for m in Page(html).all("meta") if "http-equiv" in m)
    style = html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


def test_every_mark_leads_to_a_source_on_the_page(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """A reader who follows [2] of the second story arrives at its second source."""
    page = Page(render_html(digest_in(Language.EN), texts["en"]))
    targets = {str(a["href"]).removeprefix("#") for a in page.all("a") if a.get("class") == "mark"}
    ids = [attributes["id"] for attributes in page.all("li")]
    assert targets == {"s1-1", "s1-2", "s1-3", "s1-5", "s2-1", "s2-2", "s3-1"}
    assert targets <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_mark_without_a_source_is_not_shown(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """There is nothing it could lead to."""
    digest = digest_in(Language.EN)
    item = digest.items[1]
    cut = replace(digest, items=(replace(item, sources=item.sources[:1]),))
    marks = [a["href"] for a in Page(render_html(cut, texts["en"])).all("a") if "class" in a]
    assert marks == ["#s1-1"]


@pytest.mark.parametrize("language", list(Language))
def test_texts_carry_their_language(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest], language: Language
) -> None:
    """Browsers choose fonts and voices by ``lang``: the page's, and each title's own."""
    page = Page(render_html(digest_in(language), texts[language]))
    assert page.all("html") == [{"lang": language.value}]
    out = [a for a in page.all("a") if str(a["href"]).startswith("http")]
    assert all(f"/{a['lang']}/" in str(a["href"]) for a in out)


def test_an_invented_language_is_undetermined(
    texts: dict[str, Texts], with_text: Callable[[str], Digest]
) -> None:
    """``lang`` holds a language or says that there is none."""
    page = Page(render_html(with_text("klingonese"), texts["en"]))
    assert {a["lang"] for a in page.all("bdi") if "lang" in a} == {"und"}


def test_headings_and_landmarks_are_in_order(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """One title, a heading for each story, one for each side below it; nothing skipped."""
    page = Page(render_html(digest_in(Language.EN), texts["en"]))
    headings = [tag for tag, _ in page.elements if tag in {"h1", "h2", "h3"}]
    assert headings == ["h1", "h2", "h3", "h3", "h3", "h2", "h3", "h3", "h2", "h3", "h3"]
    assert [tag for tag, _ in page.elements if tag in {"header", "main", "footer"}] == [
        "header",
        "main",
        "footer",
    ]


def test_the_bar_is_also_words(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """Who cannot see the bar hears the counts; its parts are as wide as they say."""
    page = Page(render_html(digest_in(Language.EN), texts["en"]))
    bar = page.all("svg")[0]
    assert bar["role"] == "img"
    assert bar["aria-label"] == "Coverage: Seoul 3, Tokyo 2, Elsewhere 1"
    parts = [(r["class"], r["x"], r["width"]) for r in page.all("rect")[:3]]
    assert parts == [("side-0", "0", "3"), ("side-2", "3", "1"), ("side-1", "4", "2")]


def test_a_silent_side_is_told(
    texts: dict[str, Texts], digest_in: Callable[[Language], Digest]
) -> None:
    """That one country's outlets have nothing is news too; of others nobody expects it."""
    html = render_html(digest_in(Language.EN), texts["en"])
    assert html.count("No report among those read") == 1


def test_a_quiet_day_has_no_story_and_no_footer(
    texts: dict[str, Texts], quiet_digest: Digest
) -> None:
    """The page says one honest sentence."""
    page = Page(render_html(quiet_digest, texts["en"]))
    assert page.all("article") == []
    assert page.all("footer") == []
    assert "A quiet day: no story to tell in 43 reports of 14 outlets." in page.text["p"][2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_on_paper(
    texts: dict[str, Texts], quiet_digest: Digest, scheme: str
) -> None:
    """Every colour that letters have reaches the contrast of WCAG AA."""
    style = render_html(quiet_digest, texts["en"]).split("<style>")[1]
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in root_blocks(style)]
    colours = schemes[0] if scheme == "light" else schemes[0] | schemes[1]
    for name in ("ink", "quiet", "link", "seoul", "tokyo", "update"):
        for ground in ("paper", "target") if name != "update" else ("paper",):
            assert contrast(colours[name], colours[ground]) >= LEAST_CONTRAST, (name, ground)


def root_blocks(style: str) -> list[str]:
    return re.findall(r":root \{(.*?)\}", style, re.DOTALL)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (https://www.w3.org/TR/WCAG22/)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
