"""Conditions know what a runtime runs on, the layout of its feature maps, and where batch normalisation is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (("backend", 32, "cpu"), ("layout", 16, "native"), ("batch_norm", 8, "folded"))


def upgrade() -> None:
    with op.batch_alter_table("conditions") as table:
        for name, length, default in COLUMNS:
            table.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=default))


def downgrade() -> None:
    with op.batch_alter_table("conditions") as table:
        for name, _, _ in COLUMNS:
            table.drop_column(name)
