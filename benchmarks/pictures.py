"""Takes the pictures of the README: the demo's digest in each language, as a browser shows it.

    python -m benchmarks.pictures [--out docs/images]

Needs Chromium. Only the bundled samples are shown: their outlets and reports are fictional.
"""

import argparse
import asyncio
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App, open_demo, told_before
from bot.cli.demo import READ_AGO, STORIES, TOPIC
from bot.domain.model import Digest, Language
from bot.rendering.html import render_html

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Shot:
    """A picture: CSS pixels, and which stories it shows (by their place in the digest)."""

    name: str
    language: Language
    width: int
    height: int
    dark: bool
    stories: tuple[int, ...]


SHOTS = (
    Shot("digest-en", Language.EN, 760, 1080, dark=False, stories=(8,)),
    Shot("digest-ja", Language.JA, 390, 1080, dark=True, stories=(2,)),
    Shot("digest-ko", Language.KO, 390, 1080, dark=False, stories=(11, 10)),
)


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--whole", action="store_true", help="every story, light and dark")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("No Chromium was found: install it (Debian: apt-get install chromium).")
    for shot, page in asyncio.run(_pages(whole=options.whole)):
        path = options.out / f"{shot.name}.png"
        _take(browser, shot, page, path)
        print(f"{path} {path.stat().st_size // 1000} kB")


def _shots(*, whole: bool) -> list[Shot]:
    if not whole:
        return list(SHOTS)
    return [
        Shot(f"{language}-{width}-{'dark' if dark else 'light'}", language, width, 9000, dark, ())
        for language in Language
        for width, dark in ((390, True), (1100, False))
    ]


async def _pages(*, whole: bool) -> list[tuple[Shot, str]]:
    async with open_demo() as app:
        await app.polling.refresh(only_due=False)
        await app.read()
        return [(shot, await _page(app, shot)) for shot in _shots(whole=whole)]


async def _page(app: App, shot: Shot) -> str:
    told = await told_before(app, TOPIC, ago=READ_AGO)
    made = await app.digest(
        TOPIC, since=timedelta(hours=24), language=shot.language, limit=STORIES, told=told
    )
    return render_html(_only(made, shot.stories), app.texts[shot.language])


def _only(digest: Digest, places: tuple[int, ...]) -> Digest:
    """Leave out what the picture has no room for; the page counts what is left."""
    if not places:
        return digest
    kept = tuple(item for place, item in enumerate(digest.items, 1) if place in places)
    left_out = digest.stories_left_out + len(digest.items) - len(kept)
    return replace(digest, items=kept, stories_left_out=left_out)


def _take(browser: str, shot: Shot, page: str, path: Path) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder) / "digest.html"
        source.write_text(page, encoding="utf-8")
        dark = ["--blink-settings=preferredColorScheme=0"] if shot.dark else []
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                f"--window-size={shot.width},{shot.height}",
                f"--screenshot={path.resolve()}",
                *dark,
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
