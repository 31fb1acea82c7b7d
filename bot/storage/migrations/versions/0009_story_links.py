"""Stories name the earlier story that they follow."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("stories") as table:
        table.add_column(sa.Column("follows", Id, nullable=True))
        table.create_foreign_key(op.f("fk_stories_follows"), "stories", ["follows"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("stories") as table:
        table.drop_constraint(op.f("fk_stories_follows"), type_="foreignkey")
        table.drop_column("follows")
