"""The real process, and the Procfile's processes as a host runs them."""

from tests.processes import bot, sampled

__all__ = ["bot", "sampled"]
