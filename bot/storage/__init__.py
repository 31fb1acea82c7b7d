"""All SQL lives here: one module per noun, the same code on SQLite and Postgres."""
