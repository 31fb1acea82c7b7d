"""Where each file of the configuration is: in one's own folder, else in the bundled one."""

from pathlib import Path

CHECKOUT_CONFIG = Path(__file__).parents[2] / "config"
WHEEL_CONFIG = Path(__file__).parents[1] / "_config"


def bundled_config() -> Path:
    """Return the configuration that comes with Strait, in a checkout or an installed wheel."""
    return CHECKOUT_CONFIG if CHECKOUT_CONFIG.is_dir() else WHEEL_CONFIG


def find(folders: tuple[Path, ...], name: str) -> Path:
    """Return the file in the first folder that has it; in the last one where none has."""
    paths = [folder / name for folder in folders]
    return next((path for path in paths if path.exists()), paths[-1])


def topic_paths(folders: tuple[Path, ...]) -> dict[str, Path]:
    """Return the topics' files in order: topic id, which is the file's name → path."""
    # The first folder is the user's: its files stand before those of the same name.
    paths = {p.stem: p for folder in reversed(folders) for p in folder.glob("topics/*.toml")}
    return dict(sorted(paths.items()))
