"""One file a change of schema, in order of their numbers."""
