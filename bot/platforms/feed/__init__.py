"""Feeds as a platform: an entry for each digest, in a file that is replaced whole."""
