"""What stands beside a summary, in every format and language."""

import html
import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from bot.domain.model import Digest, Language
from bot.platforms.discord.render import digest_pages, story_pages
from bot.platforms.slack.render import render_digest
from bot.rendering.html import render_html
from bot.rendering.markdown import render_markdown
from bot.rendering.text import render_console, render_text
from bot.rendering.texts import Texts
from tests.rendering.conftest import a_digest, with_evidence

NEWEST = "Officials named a date."

EXPECTED = {
    Language.EN: (
        "Update 2", "Since you last read: 3 more reports, now also in Tokyo", NEWEST,
        "Not seen in outlets in Japan so far", "Terms: ", "Toto: 竹島 (Takeshima)",
        "Numbers differ – attendance: police 500[1] / organisers 2,000[1][2]", "(Nov 14)",
    ),
    Language.JA: (
        "続報2", "前回以降の新しい記事3本、東京でも報道", NEWEST,
        "日本の媒体ではまだ報道を確認できません", "呼び方：", "Toto「竹島（Takeshima）」",
        "数字の食い違い（参加者）：警察発表500人[1] / 主催者発表2,000人[1][2]", "（11月14日）",
    ),
    Language.KO: (
        "후속 2", "지난번 이후 새 기사 3건, 도쿄에서도 보도", NEWEST,
        "일본 매체에서는 아직 보도가 확인되지 않음", "표기: ", "Toto “竹島(Takeshima)”",
        "숫자가 엇갈림(참가자): 경찰 추산 500명[1] / 주최 측 추산 2,000명[1][2]", "(11월 14일)",
    ),
}  # fmt: skip


def evident(language: Language) -> Digest:
    """Return a digest of one update with everything beside its summary."""
    digest = a_digest(language)
    item = with_evidence(digest.items[1], NEWEST)
    elsewhere = tuple(
        replace(s, country=s.country if s.country == "KR" else None) for s in item.sources
    )
    return replace(digest, items=(replace(item, sources=elsewhere),))


def as_text(digest: Digest, texts: Texts) -> str:
    return render_text(digest, texts, width=400)


def as_console(digest: Digest, texts: Texts) -> str:
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(render_console(digest, texts))
    return console.export_text()


def as_markdown(digest: Digest, texts: Texts) -> str:
    return render_markdown(digest, texts).replace("\\", "")


def as_page(digest: Digest, texts: Texts) -> str:
    words = html.unescape(re.sub(r"<[^>]+>", "", render_html(digest, texts)))
    return " ".join(words.split())


def as_discord(digest: Digest, texts: Texts) -> str:
    (page,) = digest_pages(digest, texts)
    return "\n".join(text for story in page.stories for text in story).replace("\\", "")


def as_slack(digest: Digest, texts: Texts) -> str:
    (message,) = render_digest(digest, texts)
    return str(message.blocks)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "render", [as_text, as_console, as_markdown, as_page, as_discord, as_slack]
)
def test_every_format_tells_all_of_it(
    texts: dict[str, Texts], render: Callable[[Digest, Texts], str], language: Language
) -> None:
    """What is new, who is silent, whose words and numbers, and what came before."""
    shown = render(evident(language), texts[language])
    missing = [part for part in EXPECTED[language] if part not in shown]
    assert missing == []


def test_a_story_tells_its_status_and_what_each_side_stresses(texts: dict[str, Texts]) -> None:
    """In the digest there is no room for them on chat platforms."""
    digest = evident(Language.EN)
    (page,) = story_pages(digest, texts["en"])
    (message,) = render_digest(digest, texts["en"], titles=True)
    for shown in ("\n".join(page.stories[0]), str(message.blocks)):
        assert "Developing" in shown
        assert "Seoul" in shown
    assert f"**Seoul**: {NEWEST}" in "\n".join(page.stories[0])


def test_a_digest_of_ordinary_stories_has_no_such_lines(texts: dict[str, Texts]) -> None:
    """Nothing is said where there is nothing to say."""
    shown = render_text(a_digest(Language.EN), texts["en"])
    for part in ("Terms:", "Numbers differ", "Not seen", "Earlier:", "Since you"):
        assert part not in shown
