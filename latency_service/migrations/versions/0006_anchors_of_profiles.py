"""Profiles know their anchors, the networks that a correction is fitted to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("profiles", sa.Column("anchors", sa.JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("profiles", "anchors")
