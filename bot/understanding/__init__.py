"""What an entry is about, whether it matters, and which story it belongs to."""
