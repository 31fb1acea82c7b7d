"""Finds entries by their addresses, which `why URL` asks for."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # On Postgres a hash: its B-trees take no values as long as an address may be.
    op.create_index("ix_entries_url", "entries", ["url"], unique=False, postgresql_using="hash")
