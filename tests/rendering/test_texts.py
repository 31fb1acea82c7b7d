"""The catalogues agree with each other, and say counts, names and times as readers do."""

import shutil
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.errors import ConfigError
from bot.domain.model import Issue, Language
from bot.rendering.texts import Texts, load_texts, placeholders

LOCALES = Path(__file__).parents[2] / "config" / "locales"
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LOCALES, tmp_path / "locales"))


def change(folder: Path, language: str, old: str, new: str) -> None:
    path = folder / f"{language}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def mistakes_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_texts(folder)
    return caught.value.mistakes


def test_all_languages_have_the_same_keys_and_placeholders(texts: dict[str, Texts]) -> None:
    """A text that exists in English exists in Japanese and Korean, with the same gaps to fill."""
    assert set(texts) == {language.value for language in Language}
    wanted = {
        key: {name for form in forms.values() for name in placeholders(form)}
        for key, forms in texts["en"].messages.items()
    }
    for catalogue in texts.values():
        found = {
            key: {name for form in forms.values() for name in placeholders(form)}
            for key, forms in catalogue.messages.items()
        }
        assert found == wanted


def test_every_issue_has_a_name_of_its_own(texts: dict[str, Texts]) -> None:
    """No two issues look the same to a reader, and none shows its code."""
    for catalogue in texts.values():
        names = [catalogue.issue(issue) for issue in Issue]
        assert len(set(names)) == len(Issue)
        assert not set(names) & {issue.value for issue in Issue}


def test_no_text_was_left_untranslated(texts: dict[str, Texts]) -> None:
    """A Japanese or Korean text with words in it is not the English one."""
    for language in ("ja", "ko"):
        for key, forms in texts[language].messages.items():
            words = forms["other"]
            for name in placeholders(words):
                words = words.replace(f"{{{name}}}", "")
            if any(letter.isalpha() for letter in words):
                assert forms["other"] != texts["en"].messages[key]["other"], key


@pytest.mark.parametrize(
    ("count", "english", "korean"),
    [(0, "0 stories", "0건"), (1, "1 story", "1건"), (1200, "1,200 stories", "1,200건")],
)
def test_counts_take_the_plural_of_the_language(
    texts: dict[str, Texts], count: int, english: str, korean: str
) -> None:
    """English tells one from many; Korean does not; both group thousands."""
    assert texts["en"].count("counts.stories", count) == english
    assert texts["ko"].count("counts.stories", count) == korean


def test_a_value_with_braces_is_not_a_template(texts: dict[str, Texts]) -> None:
    """What comes from feeds is filled in as it stands."""
    said = texts["en"].say("digest.heading", topic="{date.__class__}", date="today")
    assert said == "{date.__class__} · today"


def test_times_are_those_of_the_readers_zone(texts: dict[str, Texts]) -> None:
    """The same instant is another hour, and another day, elsewhere."""
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert texts["en"].time(late, "Asia/Seoul") == "08:30"
    assert texts["en"].date(late, "Asia/Seoul") == "Tuesday, November 24, 2026"
    assert texts["ja"].date(late, "Europe/London") == "2026年11月23日月曜日"
    assert texts["ko"].zone_name(late, "Asia/Seoul") == "대한민국 표준시"


def test_a_moment_names_the_day_only_where_it_differs(texts: dict[str, Texts]) -> None:
    """Today's reports show the hour, yesterday's the day too, last year's also the year."""
    english = texts["en"]
    assert english.moment(NOON, seen_from=NOON, zone="Asia/Seoul") == "12:00"
    day_before = NOON - timedelta(days=1)
    assert english.moment(day_before, seen_from=NOON, zone="Asia/Seoul") == "Nov 22, 12:00"
    year_before = NOON.replace(year=2025)
    assert english.moment(year_before, seen_from=NOON, zone="Asia/Seoul") == "Nov 23, 2025, 12:00"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(seconds=20), "just now"),
        (timedelta(hours=-2), "just now"),
    ],
)
def test_relative_times_never_point_to_the_future(
    texts: dict[str, Texts], ago: timedelta, said: str
) -> None:
    """A feed whose clock is ahead does not make news "in 2 hours"."""
    assert texts["en"].relative(NOON - ago, seen_from=NOON) == said


def test_an_unknown_language_stands_for_itself(texts: dict[str, Texts]) -> None:
    """Entries may be in any language, or claim one that does not exist."""
    assert texts["ja"].language_name("ko") == "韓国語"
    assert texts["ja"].language_name("xx-nonsense") == "xx-nonsense"


def test_all_mistakes_are_told_at_once(copied: Path) -> None:
    """A missing key, an unknown one and a wrong placeholder are found in one go."""
    change(copied, "ja", 'update = "続報"\n', 'updaet = "続報"\n')
    change(copied, "ko", "{topic} ·", "{tpic} ·")
    mistakes = mistakes_of(copied)
    assert len(mistakes) == 3
    assert "story.update is missing" in mistakes[0]
    assert "story.updaet is not in en.toml" in mistakes[1]
    assert "digest.heading must have these placeholders" in mistakes[2]
    assert "date, topic" in mistakes[2]


def test_a_missing_plural_form_is_a_mistake(copied: Path) -> None:
    """English needs "one" and "other"; a form that the language does not have is refused."""
    change(
        copied, "ja", '{ other = "{count}媒体" }', '{ one = "{count}媒体", other = "{count}媒体" }'
    )
    assert [m for m in mistakes_of(copied) if "counts.outlets" in m and "plural forms: other" in m]


@pytest.mark.parametrize(
    "broken", ["not toml", 'key = "{unclosed"', "key = 3", 'key = "\\ud800"'], ids=repr
)
def test_a_broken_file_is_named(copied: Path, broken: str) -> None:
    """The message has the file's path, and no other file is blamed."""
    (copied / "ko.toml").write_text(broken, encoding="utf-8")
    (mistake,) = mistakes_of(copied)
    assert str(copied / "ko.toml") in mistake


def test_a_missing_file_is_named(copied: Path) -> None:
    """Even the English one, with which the others are compared."""
    (copied / "en.toml").unlink()
    (mistake,) = mistakes_of(copied)
    assert "en.toml" in mistake


def test_files_of_several_folders_are_read_together(copied: Path) -> None:
    """Each language comes from the path given for it, and mistakes name that path."""
    change(copied, "ja", 'update = "続報"', 'update = "その後"')
    paths = [LOCALES / "en.toml", copied / "ja.toml", LOCALES / "ko.toml"]
    assert load_texts(paths)["ja"].say("story.update") == "その後"
    change(copied, "ja", "その後", "{gap}")
    with pytest.raises(ConfigError) as caught:
        load_texts(paths)
    (mistake,) = caught.value.mistakes
    assert mistake.startswith(f"{copied / 'ja.toml'}: story.update")


def test_every_catalogue_is_plain_toml() -> None:
    """Translators need no tool but an editor."""
    for path in LOCALES.glob("*.toml"):
        assert set(tomllib.loads(path.read_text(encoding="utf-8"))) >= {"digest", "issues", "sides"}
