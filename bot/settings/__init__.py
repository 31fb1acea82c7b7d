"""Environment and config/ → frozen Settings."""

from bot.settings.folders import bundled_config
from bot.settings.load import Settings, load_names, load_settings, load_topics

__all__ = ["Settings", "bundled_config", "load_names", "load_settings", "load_topics"]
