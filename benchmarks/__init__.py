"""Benches: each prints a table."""
