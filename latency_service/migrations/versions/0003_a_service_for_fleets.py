"""API keys, current entries, imports; priorities, fairness, refreshes; agents' lives; compressed snapshots."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Column = tuple[str, sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]], str | None]

MOMENT = sa.DateTime(timezone=True)
QUEUED = sa.text("state = 'queued'")
COLUMNS: dict[str, tuple[Column, ...]] = {
    "devices": (("deregistered_at", MOMENT, None), ("owner_key_id", sa.String(16), None)),
    "latency_tables": (("provenance", sa.String(8), "measured"), ("source", sa.String(200), None)),
    "snapshots": (("encoding", sa.String(8), "identity"),),
    "profiles": (("priority", sa.Integer, "0"), ("refresh", sa.JSON, None), ("refresh_at", MOMENT, None)),
    "jobs": (("precedence", sa.Integer, "0"), ("returns", sa.Integer, "0")),
    "leases": (("agent_id", sa.String(64), ""),),
    "failed_attempts": (("agent_id", sa.String(64), ""),),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_profiles_refresh_at", "profiles", ["refresh_at"])
    op.drop_index("ix_jobs_queue", "jobs")
    queue = ["device_id", "precedence", "position", "created_at", "id"]
    op.create_index("ix_jobs_queue", "jobs", queue, sqlite_where=QUEUED, postgresql_where=QUEUED)
    _create_api_keys()
    _create_entries_and_imports()


def downgrade() -> None:
    for table in ("imports", "entries", "api_keys"):
        op.drop_table(table)
    op.drop_index("ix_jobs_queue", "jobs")
    op.create_index("ix_jobs_queue", "jobs", ["device_id", "state", "created_at", "position"])
    op.drop_index("ix_profiles_refresh_at", "profiles")
    for table, columns in COLUMNS.items():
        for name, _, _ in columns:
            op.drop_column(table, name)


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("devices", sa.JSON, nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
    )


def _create_entries_and_imports() -> None:
    op.create_table(
        "entries",
        sa.Column("table_id", sa.String(16), sa.ForeignKey("latency_tables.id"), primary_key=True),
        sa.Column("workload_key", sa.String(200), sa.ForeignKey("workloads.key"), primary_key=True),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("measured_at", MOMENT),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("sessions", sa.JSON, nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("table_id", sa.String(16), sa.ForeignKey("latency_tables.id"), nullable=False, index=True),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
    )
