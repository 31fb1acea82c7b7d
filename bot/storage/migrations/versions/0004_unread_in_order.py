"""The index of unread entries in the order in which they are read, and of use on SQLite too."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_entries_unread", "entries")
    op.create_index(
        "ix_entries_unread",
        "entries",
        ["seen_at", "published_at", "id"],
        unique=False,
        # SQLite uses a partial index only where the query says the very same.
        sqlite_where=sa.text("unread = 1"),
        postgresql_where=sa.text("unread"),
    )
