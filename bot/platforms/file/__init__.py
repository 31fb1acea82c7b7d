"""A file as a platform: a line of JSON for each delivery."""
