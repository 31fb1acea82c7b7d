"""From an address to entries: guarded HTTP, bounded parsing, canonical URLs."""
