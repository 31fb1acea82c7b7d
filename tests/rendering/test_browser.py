"""The page in a real browser: it fits a phone, and nothing from a feed runs."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import pytest

from bot.domain.model import Digest, Language
from bot.rendering.html import render_html
from bot.rendering.texts import Texts

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"
)

PHONE = 360

# Each trick would set a mark on the window if it ran; the last one as an address.
TRICKS = (
    (
        "<script>top.ran=1</script> </title></style><script>top.ran=1</script> "
        "<img src=x onerror='top.ran=1'> \"><svg onload=top.ran=1> "
        "' autofocus onfocus=top.ran=1 x=' {{ 7 * 7 }}{% raw %}"
    ),
    "javascript:top.ran=1",
)

# A page of frames as wide as a phone; it writes what it measures where the test reads it.
BENCH = """<!doctype html><meta charset="utf-8"><body>{frames}<pre id="seen"></pre><script>
addEventListener("load", () => {{
  const seen = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument;
    page.querySelectorAll("a").forEach(a => a.href.startsWith("http") || a.click());
    return {{
      wide: page.documentElement.scrollWidth,
      right: Math.max(...[...page.querySelectorAll("body *")].map(
        element => element.getBoundingClientRect().right)),
      styled: getComputedStyle(page.body).overflowWrap === "anywhere",
      headline: page.querySelector("h2")?.textContent ?? "",
    }};
  }});
  setTimeout(() => {{
    seen.forEach(one => one.ran = window.ran ?? 0);
    document.getElementById("seen").textContent = JSON.stringify(seen);
  }}, 50);
}});
</script>"""


class Seen(TypedDict):
    """What the browser measured of one page, in CSS pixels."""

    wide: int
    right: float
    styled: bool
    headline: str
    ran: int


@pytest.fixture
def browse(tmp_path: Path) -> Callable[[Sequence[str]], list[Seen]]:
    """Return a function that opens pages in frames of a phone's width."""

    def open_pages(pages: Sequence[str]) -> list[Seen]:
        frames = "".join(
            f'<iframe width="{PHONE}" height="800" style="border:0" srcdoc="{html.escape(page)}">'
            "</iframe>"
            for page in pages
        )
        bench = tmp_path / "bench.html"
        bench.write_text(BENCH.format(frames=frames), encoding="utf-8")
        dom = dump_dom(bench, tmp_path / "profile")
        found = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
        assert found, dom[-2000:]
        seen: list[Seen] = json.loads(html.unescape(found[1]))
        return seen

    return open_pages


def dump_dom(page: Path, profile: Path) -> str:
    assert CHROMIUM is not None
    flags = (
        "--headless --hide-scrollbars --no-sandbox --disable-gpu --disable-quic "
        "--no-first-run --disable-sync --disable-background-networking --disable-component-update "
        "--virtual-time-budget=5000"
    )
    command = [CHROMIUM, *flags.split(), f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def without_policy(page: str) -> str:
    """Return the page with its escaping alone to protect it."""
    bare, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert count == 1
    return bare


def test_the_page_fits_a_phone(
    browse: Callable[[Sequence[str]], list[Seen]],
    texts: dict[str, Texts],
    digest_in: Callable[[Language], Digest],
    with_text: Callable[[str], Digest],
) -> None:
    """In every language, and with words longer than the screen, nothing scrolls sideways."""
    pages = [render_html(digest_in(language), texts[language]) for language in Language]
    pages += [render_html(with_text(word), texts["en"]) for word in ("w" * 300, "漢" * 300)]
    seen = browse([*pages, f"<h1>{'w' * 300}</h1>"])
    assert [page["wide"] for page in seen[:-1]] == [PHONE] * len(pages)
    assert all(page["right"] <= PHONE for page in seen[:-1]), "nor may a part be cut off"
    assert all(page["styled"] for page in seen[:-1]), "the policy must let the style sheet in"
    assert seen[-1]["wide"] > PHONE, "the bench must notice a page that is too wide"


def test_nothing_from_a_feed_runs(
    browse: Callable[[Sequence[str]], list[Seen]],
    texts: dict[str, Texts],
    with_text: Callable[[str], Digest],
) -> None:
    """Neither with the policy nor with the escaping alone; the words are shown as they are."""
    pages = [render_html(with_text(trick), texts["en"]) for trick in TRICKS]
    seen = browse([*pages, *map(without_policy, pages)])
    assert [page["ran"] for page in seen] == [0] * len(seen)
    for page, trick in zip(seen, TRICKS * 2, strict=True):
        assert page["headline"].split(maxsplit=1)[1] == trick


def test_the_bench_notices_a_script_that_runs(
    browse: Callable[[Sequence[str]], list[Seen]],
) -> None:
    """Else the test above could not fail."""
    assert browse([f"<h2>x</h2>{TRICKS[0]}"])[0]["ran"] == 1
