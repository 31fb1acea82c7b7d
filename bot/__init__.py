"""Strait: a news digest bot for Slack and Discord about Japan–Korea relations."""
