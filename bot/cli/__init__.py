"""The command line: one module per command group; parses and prints, decides nothing."""
