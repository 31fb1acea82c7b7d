import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.domain.errors import ConfigError
from bot.domain.people import Admin
from bot.settings import Settings, bundled_config, load_settings

Write = Callable[[str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole configuration of one's own."""
    shutil.copytree(bundled_config(), tmp_path / "config")
    return tmp_path / "config"


def load(folder: Path, **environ: str) -> Settings:
    return load_settings({"STRAIT_CONFIG_DIR": str(folder), **environ})


def mistakes(folder: Path, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        load(folder, **environ)
    assert all(mistake in str(raised.value) for mistake in raised.value.mistakes)
    return raised.value.mistakes


def append(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_the_configuration_that_comes_along_has_no_mistakes() -> None:
    """It polls real outlets of both sides in three languages."""
    settings = load_settings({})
    assert {feed.language for feed in settings.feeds} == {"en", "ja", "ko"}
    countries = {settings.countries[feed.outlet or ""] for feed in settings.feeds}
    assert {"JP", "KR"} < countries
    assert "japan-korea" in settings.topics
    assert settings.names


def test_the_defaults_are_those_of_the_file(folder: Path) -> None:
    """settings.toml shows the defaults: without it nothing changes."""
    with_file = load(folder)
    (folder / "settings.toml").write_text("")
    assert load(folder) == with_file


def test_a_file_that_is_missing_is_taken_from_what_comes_along(tmp_path: Path) -> None:
    """One's own folder holds only what differs."""
    (tmp_path / "settings.toml").write_text("[digest]\nmax_stories = 3\n")
    settings = load(tmp_path)
    assert settings.digest.max_stories == 3
    assert settings.feeds == load_settings({}).feeds


def test_a_topic_of_ones_own_stands_beside_those_that_come_along(
    folder: Path, tmp_path: Path
) -> None:
    """A new topic is one new file."""
    own = tmp_path / "own"
    (own / "topics").mkdir(parents=True)
    text = (folder / "topics" / "japan-korea.toml").read_text(encoding="utf-8")
    other = text.replace('id = "japan-korea"', 'id = "korea-japan"')
    (own / "topics" / "korea-japan.toml").write_text(other, encoding="utf-8")
    assert set(load(own).topics) >= {"japan-korea", "korea-japan"}


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    """Each with its file, its key, what was found and what is allowed."""
    append(folder, "settings.toml", "\n[colours]\nred = 1\n")
    append(folder, "feeds.toml", '\n[[feed]]\nurl = "ftp://x"\nname = "X"\noutlet = "yonhab"\n')
    (folder / "outlets.toml").write_text("[[outlet]\n")
    found = mistakes(folder, LOG_LEVEL="LOUD", DATABASE_URL="mysql://user:secret@host/db")
    told = "\n".join(found)
    for part in (
        "settings.toml: colours: is no key here; allowed is one of polling",
        'url: found "ftp://x"; allowed is an address with http:// or https://',
        "outlets.toml: is not valid TOML",
        'LOG_LEVEL: found "LOUD"; allowed is',
        'DATABASE_URL: found "mysql://…"; allowed is sqlite:///PATH/TO/FILE or postgres://',
    ):
        assert part in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("settings.toml", "[poling]\n", 'did you mean "polling"?'),
        ("settings.toml", "[polling]\ninterval_minute = 5\n", 'did you mean "interval_minutes"?'),
        ("settings.toml", "[polling]\nconcurrency = 0\n", "polling.concurrency: found"),
        ("settings.toml", '[console]\nschedule = "daily 25:00"\n', "from 00:00 to 23:59"),
        ("settings.toml", '[digest]\nzone = "Asia/Soul"\n', 'did you mean "Asia/Seoul"?'),
        (
            "settings.toml",
            '[console]\ntopics = ["japan"]\n',
            "allowed is one of japan-korea",
        ),
        ("settings.toml", '[digest]\nlanguage = "fr"\n', "'en', 'ja' or 'ko'"),
        ("feeds.toml", '[[feed]]\nurl = "https://x.example"\n', "feed 1: name: is missing"),
        (
            "feeds.toml",
            '[[feed]]\nurl = "https://x.example"\nname = "X"\nlanguag = "ko"\n',
            'did you mean "language"?',
        ),
        (
            "feeds.toml",
            '[[feed]]\nurl = "https://x.example"\nname = "X"\noutlet = "yonhab"\n',
            'did you mean "yonhap"?',
        ),
        (
            "feeds.toml",
            '[[feed]]\nurl = "https://x.example"\nname = "X"\nzone = "KST"\n',
            "is no IANA time zone",
        ),
        (
            "feeds.toml",
            '[[feed]]\nurl = "https://x.example"\nname = "X"\nlanguage = "jp"\n',
            'feed 1: language: found "jp"; allowed is a language',
        ),
        ("settings.toml", "[console]\ntopics = []\n", "at least one of japan-korea"),
        (
            "settings.toml",
            '[console]\ntopics = ["japan-korea", "japan-korea"]\n',
            'console.topics: found "japan-korea"; allowed is each topic once',
        ),
    ],
)
def test_a_mistake_names_its_mend(folder: Path, name: str, text: str, told: str) -> None:
    """The nearest known key or value is suggested."""
    (folder / name).write_text(text, encoding="utf-8")
    found = mistakes(folder)
    assert len(found) == 1
    assert found[0].startswith(str(folder / name))
    assert told in found[0]


OUTLET = (
    '\n[[outlet]]\nid = "{id}"\nname = "X"\ncountry = "{country}"\nlanguages = ["{language}"]\n'
)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"id": "yonhap"}, 'id: found "yonhap"; allowed is each id once.'),
        ({"country": "JPN"}, 'country: found "JPN"; allowed is a country'),
        ({"country": "ZZ"}, 'country: found "ZZ"; allowed is a country'),
        ({"country": "jp"}, 'country: found "jp"; allowed is a country'),
        ({"language": "jp"}, 'languages: found "jp"; allowed is a language'),
        ({"language": "KO"}, 'languages: found "KO"; allowed is a language'),
    ],
)
def test_a_card_that_would_mislead_is_a_mistake(
    folder: Path, values: dict[str, str], told: str
) -> None:
    """Two cards of one id, and codes that stand for nothing."""
    usual = {"id": "x", "country": "JP", "language": "ja"}
    append(folder, "outlets.toml", OUTLET.format(**usual | values))
    [mistake] = mistakes(folder)
    assert mistake.startswith(f"{folder / 'outlets.toml'}: outlet ")
    assert told in mistake


def test_names_are_checked_too(folder: Path) -> None:
    """Each id once, and each of the countries a name belongs to."""
    row = '\n[[name]]\nid = "japan"\nkind = "term"\ncountry = "JP-QQ"\nen = ["X"]\n'
    append(folder, "names.toml", row)
    twice, nowhere = mistakes(folder)
    assert 'id: found "japan"; allowed is each id once' in twice
    assert 'country: found "QQ"; allowed is' in nowhere


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("threshold = 0.55", "threshold = 1.5", "threshold: "),
        ('sides = ["KR", "JP"]', 'sides = ["KR", "JPN"]', 'sides: found "JPN"; allowed is'),
        ('id = "japan-korea"', 'id = "japan"', 'the name of its file, "japan-korea"'),
    ],
)
def test_a_mistake_in_a_topic_names_file_and_key(
    folder: Path, old: str, new: str, told: str
) -> None:
    """Also where the topic itself refuses its values."""
    path = folder / "topics" / "japan-korea.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = [mistake for mistake in mistakes(folder) if mistake.startswith(str(path))]
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(
    "row",
    [
        '[[feed]]\nurl = "https://bob:pa55@x.example?t=pa55"\nname = "X"\n' * 2,
        '[[feed]]\nurl = "ftp://bob:pa55@x.example?t=pa55"\nname = "X"\n',
        '[[feed]]\nurl = "https://bob:pa/55@x.example"\nname = "X"\noutlet = "x"\n',
        '[[feed]]\nurl = ["https://bob:pa55@x.example"]\nname = "X"\n',
        '[feed]\nurl = "https://bob:pa55@x.example"\n',
        'feed = ["https://bob:pa55@x.example"]\n',
    ],
)
def test_a_mistake_shows_no_secrets_of_an_address(folder: Path, row: str) -> None:
    """Reports of mistakes are pasted into logs and questions."""
    (folder / "feeds.toml").write_text(row, encoding="utf-8")
    told = "\n".join(mistakes(folder))
    assert not any(part in told for part in ("bob:", "pa55", "pa/55", "?t="))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("STRAIT_ALLOW_NETWORK", "did you mean STRAIT_ALLOW_NETWORKS?"),
        ("STRAIT_CONFIG_DR", "did you mean STRAIT_CONFIG_DIR?"),
        ("STRAIT_QQQQ", "there is STRAIT_CONFIG_DIR, STRAIT_ALLOW_NETWORKS"),
    ],
)
def test_a_mistyped_variable_is_a_mistake(folder: Path, name: str, told: str) -> None:
    """Else it would silently not count; its value, perhaps a secret, is not shown."""
    [mistake] = mistakes(folder, **{name: "s3cret"})
    assert mistake.startswith(f"environment: {name}: ")
    assert told in mistake
    assert "s3cret" not in mistake


@pytest.mark.parametrize("name", ["STRAIT_EVAL_DATA", "X"])
def test_other_variables_are_let_be(name: str) -> None:
    """Those that are kept for other uses, and those of others."""
    load_settings({name: "value"})


@pytest.mark.parametrize(
    "url", ["sqlite:///", "sqlite:////", "sqlite:///?mode=ro", "sqlite", "a:b@h"]
)
def test_a_database_without_a_path_is_a_mistake(folder: Path, url: str) -> None:
    """It would be a database in memory, or none; what may be a password is not repeated."""
    [mistake] = mistakes(folder, DATABASE_URL=url)
    assert "DATABASE_URL: found" in mistake
    assert "allowed is sqlite:///PATH/TO/FILE" in mistake
    assert "a:b@h" not in mistake


def test_each_locale_file_is_taken_on_its_own(tmp_path: Path) -> None:
    """One language of one's own does not take away the others."""
    own = tmp_path / "locales" / "ja.toml"
    own.parent.mkdir()
    shutil.copy(bundled_config() / "locales" / "ja.toml", own)
    bundled = bundled_config() / "locales"
    assert load(tmp_path).locales == (bundled / "en.toml", own, bundled / "ko.toml")


def test_mistakes_in_locales_are_told_with_the_others(folder: Path) -> None:
    """Whoever reads them says what is wrong."""

    def read(paths: Sequence[Path]) -> None:
        raise ConfigError([f"{path}: wrong" for path in paths])

    append(folder, "settings.toml", "\n[colours]\n")
    environ = {"STRAIT_CONFIG_DIR": str(folder)}
    with pytest.raises(ConfigError) as raised:
        load_settings(environ, read_locales=read)
    assert len(raised.value.mistakes) == 4
    assert f"{folder / 'locales' / 'ko.toml'}: wrong" in raised.value.mistakes


def test_a_folder_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    """Else the user's settings would silently not count."""
    assert "STRAIT_CONFIG_DIR" in mistakes(tmp_path / "nowhere")[0]


def test_networks_are_read_from_a_list() -> None:
    """Spaces and empty parts don't matter."""
    networks = load_settings({"STRAIT_ALLOW_NETWORKS": "127.0.0.0/8, ::1/128,"}).allow_networks
    assert [str(network) for network in networks] == ["127.0.0.0/8", "::1/128"]


def test_a_wrong_network_is_a_mistake(folder: Path) -> None:
    """A guard that silently allowed nothing or all would be worse."""
    assert "STRAIT_ALLOW_NETWORKS" in mistakes(folder, STRAIT_ALLOW_NETWORKS="localhost")[0]


def test_empty_variables_count_as_unset() -> None:
    """Hosting panels leave them behind."""
    assert load_settings({"LOG_LEVEL": "", "DATABASE_URL": ""}).log_level == "INFO"


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "needs SLACK_APP_TOKEN (Socket Mode), or"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "PORT": "5000"},
            "or SLACK_SIGNING_SECRET",
        ),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "needs SLACK_BOT_TOKEN beside it"),
        (
            {"SLACK_BOT_TOKEN": "xapp-secret", "SLACK_APP_TOKEN": "xapp-1"},
            "is another kind of token: this one begins xoxb-",
        ),
        ({"PORT": "99999"}, 'PORT: found "99999"'),
    ],
)
def test_tokens_that_cannot_work_are_mistakes(
    folder: Path, environ: dict[str, str], told: str
) -> None:
    """Said before anything is tried with them, and never repeated."""
    [mistake] = mistakes(folder, **environ)
    assert told in mistake
    assert "secret" not in mistake


def test_tokens_do_not_show() -> None:
    """Settings end up in logs and error reports."""
    settings = load_settings({"DISCORD_TOKEN": "very-secret", "PORT": "8080"})
    assert "very-secret" not in repr(settings)
    assert settings.environment.port == 8080


def test_admins_are_named_by_platform_and_id(folder: Path) -> None:
    """Slack's ids may be told apart by their workspaces."""
    loaded = load(folder, STRAIT_ADMINS="discord:80351110224678912, slack:T1/U2 ,slack:U3")
    assert loaded.environment.strait_admins == (
        Admin(platform="discord", user="80351110224678912"),
        Admin(platform="slack", workspace="T1", user="U2"),
        Admin(platform="slack", user="U3"),
    )


@pytest.mark.parametrize("admin", ["minseo", "telegram:1", "discord:", "slack:T1/U2/U3", "*:*"])
def test_an_admin_that_nobody_can_be_is_a_mistake(folder: Path, admin: str) -> None:
    """Else the owner would be locked out, or everyone let in."""
    [mistake] = mistakes(folder, STRAIT_ADMINS=f"discord:1,{admin}")
    assert "STRAIT_ADMINS" in mistake
    assert "allowed is platform:user" in mistake


@pytest.mark.parametrize("key", ["short", f"{'k' * 40},short", "k" * 31])
def test_a_key_that_can_be_guessed_is_a_mistake(folder: Path, key: str) -> None:
    """How to make one is said; the key itself is not repeated."""
    [mistake] = mistakes(folder, STRAIT_SECRET_KEY=key)
    assert "STRAIT_SECRET_KEY: has a key of fewer than 32 characters" in mistake
    assert "secrets.token_urlsafe(32)" in mistake
    assert key not in mistake


def test_keys_that_a_hosting_service_makes_are_taken(folder: Path) -> None:
    """Heroku's generator gives 64 hexadecimal digits; a former key may follow."""
    loaded = load(folder, STRAIT_SECRET_KEY=f"{'0123456789abcdef' * 4}, {'k' * 32}")
    assert "0123" not in repr(loaded.environment)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[retention]\ntext_days = 3\n", "text_days is 3; allowed are 14"),
        ("[retention]\nforever = 1\n", "retention.forever: is no key here"),
        ('[backup]\nfolder = "here"\n', "absolute path"),
        ('[backup]\nkeep = "all"\n', "backup.keep: found"),
        ("[budgets]\npreviews_per_hour = 0\n", "budgets.previews_per_hour: found"),
    ],
)
def test_mistakes_of_care_are_told(tmp_path: Path, table: str, said: str) -> None:
    """With the file, the key and what is allowed."""
    (tmp_path / "settings.toml").write_text(table)
    [mistake] = mistakes(tmp_path)
    assert said in mistake


@pytest.mark.parametrize("token", ["short-123456789", "spaces in a token", "토큰-0123456789abcdef"])
def test_a_metrics_token_that_cannot_be_sent_or_is_guessed_is_a_mistake(
    folder: Path, token: str
) -> None:
    """Whoever guesses it reads the numbers; one that no header carries would open to nobody."""
    [mistake] = mistakes(folder, STRAIT_METRICS_TOKEN=token)
    assert "STRAIT_METRICS_TOKEN: is no bearer token: give 16 or more" in mistake
    assert token not in mistake


def test_a_metrics_token_is_kept_out_of_sight(folder: Path) -> None:
    """Settings are printed when something goes wrong."""
    given = "0123456789abcdef"
    assert given not in repr(load(folder, STRAIT_METRICS_TOKEN=given))
    assert load(folder).environment.strait_metrics_token is None
