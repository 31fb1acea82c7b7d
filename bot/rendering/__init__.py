"""The neutral digest as text, Markdown, HTML and JSON."""
