"""The bot over HTTP: whether it is well, and what the chat platforms mount."""
