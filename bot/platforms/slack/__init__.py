"""Slack: one slash command, Block Kit digests, Socket Mode or signed HTTP."""
