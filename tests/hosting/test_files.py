"""What hosts read: Procfile, app.json, the lock, what is left out, the image, the unit."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.app.roles import Role
from bot.settings.load import ENVIRONMENT, TOLERATED

ROOT = Path(__file__).parents[2]

# Heroku sets these itself.
GIVEN = {"DATABASE_URL", "PORT"}

# What is read by others than Strait: the C library.
FOREIGN = {"MALLOC_ARENA_MAX"}

# What one lock file is, to Heroku's buildpack: two of them fail the build.
LOCKS = ("requirements.txt", "uv.lock", "poetry.lock", "Pipfile.lock", "Pipfile")


@pytest.fixture
def app_json() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
    return read


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return dict(re.fullmatch(r"([a-z]+): (.+)", line).groups() for line in lines)  # type: ignore[union-attr, misc]


def test_every_variable_is_described(app_json: dict[str, Any]) -> None:
    """All that the settings know, and nothing that they do not."""
    described = app_json["env"]
    assert set(ENVIRONMENT) - GIVEN <= set(described)
    assert set(described) <= set(ENVIRONMENT) | TOLERATED | FOREIGN
    assert all(len(variable["description"]) > 20 for variable in described.values())


def test_a_deploy_asks_for_nothing(app_json: dict[str, Any]) -> None:
    """Each variable is optional or made by Heroku; secrets have no value in a public file."""
    for name, variable in app_json["env"].items():
        assert variable.get("required") is False or variable.get("generator") == "secret", name
        assert not ("value" in variable and re.search("TOKEN|SECRET|KEY", name)), name
    assert app_json["env"]["STRAIT_SECRET_KEY"]["generator"] == "secret"


def test_a_deploy_runs_one_worker_with_a_database(app_json: dict[str, Any]) -> None:
    """No web dyno by default: one that sleeps would take its worker with it."""
    assert app_json["formation"]["worker"]["quantity"] == 1
    assert app_json["formation"]["web"]["quantity"] == 0
    assert set(app_json["formation"]) | {"release"} == set(procfile())
    assert app_json["addons"][0]["plan"].startswith("heroku-postgresql:")
    assert "repository" not in app_json


@pytest.mark.parametrize("name", sorted(procfile()))
def test_the_processes_are_commands_of_ours(name: str) -> None:
    """Each line of the Procfile names a command that there is, and roles that there are."""
    words = procfile()[name].split()
    assert words[:3] == ["python", "-m", "bot"]
    assert words[3] in {"migrate", "run"}
    if "--roles" in words:
        assert set(words[words.index("--roles") + 1].split(",")) <= set(Role)


def test_the_buildpack_finds_one_lock() -> None:
    """And the version of Python, without its last number, so that it gets its patches."""
    assert [name for name in LOCKS if (ROOT / name).exists()] == ["requirements.txt"]
    version = (ROOT / ".python-version").read_text(encoding="utf-8")
    assert re.fullmatch(r"3\.1[1-4]\n", version)
    assert "--hash=sha256:" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_slug_leaves_out_what_the_bot_does_not_need() -> None:
    """Each pattern means something that there is, and nothing that runs."""
    lines = (ROOT / ".slugignore").read_text(encoding="utf-8").split()
    assert all((ROOT / line.removeprefix("/")).exists() for line in lines)
    needed = {"bot", "config", "requirements.txt", ".python-version", "Procfile", "app.json"}
    assert needed.isdisjoint(line.removeprefix("/") for line in lines)


def dockerfile() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text))
    words = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(word[0], word[1]) for word in words]


def test_the_image_is_small_and_harmless() -> None:
    """Not root, hashes checked, the lock before the code, a check of health, no latest."""
    said = dockerfile()
    last = said[max(n for n, (word, _) in enumerate(said) if word == "FROM") :]
    words = dict(last)
    assert words["USER"] == "10001:10001"
    assert "/healthz" in words["HEALTHCHECK"]
    assert words["VOLUME"] == "/data"
    assert json.loads(words["ENTRYPOINT"]) == ["python", "-m", "bot"]
    assert all(re.search(r":3\.1[1-4]-slim", where) for word, where in said if word == "FROM")
    [install] = [what for word, what in said if word == "RUN" and "pip install" in what]
    assert "--require-hashes" in install
    copied = [what.split()[0] for word, what in said if word == "COPY"]
    assert copied.index("requirements.txt") < copied.index("bot")
    assert not re.search("TOKEN|SECRET|PASSWORD", str(said))


def test_the_image_takes_nothing_along_by_accident() -> None:
    """Only what is named is sent to the builder: no database, no .env, no history."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!requirements.txt",
        "!bot",
        "!config",
    }


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_the_image_passes_its_linter() -> None:
    """`hadolint` finds nothing."""
    linted = subprocess.run(
        ["hadolint", "Dockerfile"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "deploy" / "strait.service", encoding="utf-8")
    return parser


def test_the_unit_restarts_and_gives_up_rights() -> None:
    """It comes back, has time to end, keeps its data, and may do little else."""
    service = unit()["Service"]
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "2"
    assert int(service["TimeoutStopSec"].removesuffix("s")) > 25
    assert service["StateDirectory"] == "strait"
    assert service["ExecStart"].split()[1:] == ["-m", "bot", "run"]
    for right in ("NoNewPrivileges", "DynamicUser", "PrivateTmp", "ProtectHome"):
        assert service[right] == "yes"
    assert service["ProtectSystem"] == "strict"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_the_unit_passes_systemds_own_check(tmp_path: Path) -> None:
    """With a program that there is: the check looks for it."""
    text = (ROOT / "deploy" / "strait.service").read_text(encoding="utf-8")
    tried = tmp_path / "strait.service"
    tried.write_text(text.replace("/opt/strait/.venv/bin/python", shutil.which("env") or ""))
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(tried)], check=False, capture_output=True, text=True
    )
    ours = [line for line in checked.stderr.splitlines() if "strait.service" in line]
    assert ours == []
    assert checked.returncode == 0, checked.stderr
