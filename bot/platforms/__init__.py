"""Where digests go: one folder per platform behind one Messenger protocol."""
