"""Measurements of ops say what the op adds to its feeder's time (docs/adr/0032).

On the way back entries are what the measurements make of them alone, and imported ones lose what they say of placement.
"""

import orjson
import sqlalchemy as sa
from alembic import op

from latency_service.migrations.first_entries import ENTRIES, fill_entries

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FORGET_MEASURED = "DELETE FROM entries WHERE table_id IN (SELECT table_id FROM measurements)"
NEW_MEMBERS = ("placement", "isolated_ms")


def upgrade() -> None:
    op.add_column("measurements", sa.Column("in_context", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("measurements", "in_context")
    op.execute(FORGET_MEASURED)
    fill_entries(op.get_bind())
    _strip_imported()


def _strip_imported() -> None:
    key = (ENTRIES.c.table_id, ENTRIES.c.workload_key)
    connection = op.get_bind()
    for table_id, workload_key, document in connection.execute(sa.select(*key, ENTRIES.c.document)).all():
        members = {name: value for name, value in orjson.loads(document).items() if name not in NEW_MEMBERS}
        stripped = orjson.dumps(members, option=orjson.OPT_SORT_KEYS).decode()
        if stripped != document:
            this = (ENTRIES.c.table_id == table_id) & (ENTRIES.c.workload_key == workload_key)
            connection.execute(ENTRIES.update().where(this).values(document=stripped))
