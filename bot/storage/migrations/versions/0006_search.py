"""The search index. Entries that are stored already are indexed by a job, newest first."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO facts (name, value) "
        "SELECT 'search-waiting', CAST(COALESCE(MAX(id), 0) AS VARCHAR(20)) FROM entries"
    )
    op.execute("INSERT INTO facts (name, value) VALUES ('search-version', '1')")
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE search_words ("
            "entry_id BIGINT PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE, "
            "words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")
        return
    # No content: the entries hold the text, and FTS5 keeps only where each word stands.
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5("
        "words, content = '', tokenize = \"ascii tokenchars '_'\")"
    )
