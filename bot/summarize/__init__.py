"""Summaries whose every sentence names the entries it comes from."""
