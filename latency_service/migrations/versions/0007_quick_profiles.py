"""Profiles know what a quick one predicts, and snapshots how many of their entries are predicted.

On the way back such snapshots are forgotten: an older service would give out what is predicted as if it were measured.
Profiles that ended with them count as cancelled; what they had measured stays in the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_QUICK = "SELECT id FROM snapshots WHERE predicted > 0"
_FORMER = (
    "SELECT id FROM snapshots WHERE table_id = latency_tables.id AND predicted = 0 "
    "ORDER BY created_at DESC, id DESC LIMIT 1"
)


def upgrade() -> None:
    op.add_column("profiles", sa.Column("quick_plan", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("snapshots", sa.Column("predicted", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    cancelled = "state = 'cancelled', snapshot_id = NULL, refresh_at = NULL"
    op.execute(f"UPDATE profiles SET {cancelled} WHERE snapshot_id IN ({_QUICK})")
    op.execute(f"UPDATE latency_tables SET latest_snapshot_id = ({_FORMER}) WHERE latest_snapshot_id IN ({_QUICK})")
    op.execute("DELETE FROM snapshots WHERE predicted > 0")
    op.drop_column("snapshots", "predicted")
    op.drop_column("profiles", "quick_plan")
