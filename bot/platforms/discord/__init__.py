"""Strait on Discord: slash commands, digests as Components V2, the outbox's messenger."""
