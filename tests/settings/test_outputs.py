"""Files and webhooks in settings.toml: every mistake told, secrets kept in the environment."""

from pathlib import Path

import pytest

from bot.domain.errors import ConfigError
from bot.domain.model import Destination
from bot.settings import Settings, load_settings

FILE = '[[output]]\nname = "archive"\nkind = "file"\n'
HOOK = '[[output]]\nname = "desk"\nkind = "webhook"\n'


def load(tmp_path: Path, text: str, **environ: str) -> Settings:
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    return load_settings({"STRAIT_CONFIG_DIR": str(tmp_path), **environ})


def mistakes(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, **environ)
    return str(caught.value)


def test_outputs_take_what_they_do_not_say_from_the_digest(tmp_path: Path) -> None:
    """The zone, the language and the measure of the instance."""
    text = f'[digest]\nlanguage = "ko"\n{FILE}path = "{tmp_path}/d.jsonl"\n'
    [output] = load(tmp_path, text).outputs
    assert output.destination == Destination(platform="file", workspace="local", channel="archive")
    assert output.path == tmp_path / "d.jsonl"
    assert (output.taste.language, output.taste.max_stories) == ("ko", 10)
    assert output.taste.schedule.zone == "Asia/Seoul"


def test_a_webhooks_secrets_come_from_the_environment(tmp_path: Path) -> None:
    """The file may be in a repository; no repr shows them."""
    secrets = {"DESK_URL": "https://h.example/t0ken", "DESK_SECRET": "s3cret"}
    text = f'{HOOK}url_env = "DESK_URL"\nsecret_env = "DESK_SECRET"\nhonours_key = true\n'
    loaded = load(tmp_path, text, **secrets)
    [output] = loaded.outputs
    assert (output.url, output.secret) == ("https://h.example/t0ken", "s3cret")
    assert output.honours_key
    assert "t0ken" not in repr(output)
    assert "s3cret" not in repr(output)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FILE, "output 1: path: is missing"),
        (f'{FILE}path = "/nowhere/at/all"\n', "does not exist: make it first"),
        (f'{FILE}path = "/tmp/x"\nurl = "https://h.example"\n', "does not belong"),
        (HOOK, "output 1: url: is required"),
        (f'{HOOK}url = "ftp://h.example/t0ken"\n', "is no address"),
        (f'{HOOK}url_env = "DESK_URL"\n', "has no DESK_URL: set it"),
        (f'{HOOK}url = "https://h.example"\nlookup_url = "x"\n', "lookup_url: is no address"),
        (f'{HOOK}url = "https://h.example"\ntopics = ["moon"]\n', "japan-korea"),
        (f'{HOOK}url = "https://h.example"\nschedule = "often"\n', "output 1: schedule"),
        (f'{HOOK}url = "https://h.example"\n' * 2, "each name once"),
        ('[[output]]\nname = "A b"\nkind = "file"\n', "name"),
        ('[[output]]\nname = "a"\nkind = "pigeon"\n', "kind"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, words: str) -> None:
    """With the key and what is allowed; an address that may be a secret is not repeated."""
    told = mistakes(tmp_path, text)
    assert words in told
    assert "t0ken" not in told
