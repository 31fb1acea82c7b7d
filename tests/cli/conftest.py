"""The real process, shared with the platforms' end-to-end tests."""

from tests.processes import bot, sampled

__all__ = ["bot", "sampled"]
