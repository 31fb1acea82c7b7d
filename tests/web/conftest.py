"""The real process, for tests of what the web role serves."""

from tests.processes import bot

__all__ = ["bot"]
