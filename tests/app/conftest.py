"""The real process, for tests of the app as a whole."""

from tests.processes import bot, sampled

__all__ = ["bot", "sampled"]
