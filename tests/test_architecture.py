"""The arrows between the parts point one way. Imports are read, not run."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bot"

# part → the parts it may import; only app sees everything.
ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "feeds": {"domain"},
    "understanding": {"domain"},
    "summarize": {"domain"},
    "storage": {"domain"},
    "rendering": {"domain"},
    "demo": {"domain"},
    "settings": {"domain"},
    "scheduling": {"domain"},
    "web": {"domain"},
    "commands": {"domain", "storage"},
    "platforms": {"commands", "domain", "rendering"},
    "jobs": {
        "domain",
        "feeds",
        "understanding",
        "summarize",
        "storage",
        # What a messenger must do, not how one does it.
        "platforms.messenger",
        "platforms.claims",
    },
    "diagnosis": {"domain", "settings", "storage", "understanding"},
    "cli": {"app", "commands", "diagnosis", "domain", "rendering", "settings"},
    "__main__": {"cli"},
}


def part_of(module: str) -> str:
    return module.split(".")[1]


def module_name(path: Path) -> str:
    relative = path.relative_to(ROOT).with_suffix("")
    return ".".join(part for part in relative.parts if part != "__init__")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name, not relatively"
            yield node.module or ""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def within(target: str, allowed: set[str]) -> bool:
    inside = target.removeprefix("bot.")
    return any(inside == part or inside.startswith(part + ".") for part in allowed)


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_imports_follow_the_arrows(path: Path) -> None:
    """A module imports only its own part and the parts that its arrow points to."""
    name = module_name(path)
    if name == "bot" or part_of(name) == "app":
        return
    part = part_of(name)
    for target in imports_of(path):
        assert target != "bot", f"{name}: `import bot` hides what is used"
        if target.startswith("bot."):
            assert part_of(target) == part or within(target, ALLOWED[part]), f"{name} → {target}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=module_name)
def test_the_domain_needs_only_the_standard_library(path: Path) -> None:
    """No framework, no driver, no I/O library reaches the rules."""
    outside = {
        target.split(".")[0]
        for target in imports_of(path)
        if not target.startswith("bot.") and target.split(".")[0] not in sys.stdlib_module_names
    }
    assert outside == set()


def test_the_domain_reads_no_clock() -> None:
    """``now`` is passed in, so that every rule can be tried at any moment."""
    for path in (PACKAGE / "domain").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert ".now(" not in text, path
        assert "utcnow(" not in text, path
        assert "time.time(" not in text, path


def test_tests_are_no_packages() -> None:
    """A ``tests/discord`` package would shadow the library of that name."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
