"""The chat-neutral use cases behind every command. Look-ups read the database only."""
