"""API keys, current entries, imports; priorities, fairness, refreshes; agents' lives; compressed snapshots.

Entries are filled from the measurements that are there.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import zstandard
from alembic import op

from latency_service.migrations.first_entries import count_entries, fill_entries

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Column = tuple[str, sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]], str | None]

MOMENT = sa.DateTime(timezone=True)
QUEUED = sa.text("state = 'queued'")
NOT_ENDED = sa.text("ended_at IS NULL")
SNAPSHOTS = sa.table("snapshots", *(sa.column(name) for name in ("id", "content", "encoding", "entries")))
REMOVE_IMPORTED = (
    "DELETE FROM entries WHERE table_id = :table_id",
    "DELETE FROM imports WHERE table_id = :table_id",
    "DELETE FROM snapshots WHERE table_id = :table_id",
    "DELETE FROM latency_tables WHERE id = :table_id",
    "DELETE FROM device_states WHERE id = :state_id AND id NOT IN (SELECT state_id FROM latency_tables)",
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "devices": (("deregistered_at", MOMENT, None), ("owner_key_id", sa.String(16), None)),
    "device_states": (("returns", sa.Integer, "0"),),
    "latency_tables": (("provenance", sa.String(8), "measured"), ("source", sa.String(200), None)),
    "snapshots": (("encoding", sa.String(8), "identity"), ("entries", sa.Integer, "0")),
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
    op.create_index("ix_profile_workloads_profile_id_job_id", "profile_workloads", ["profile_id", "job_id"])
    op.drop_index("ix_jobs_queue", "jobs")
    queue = ["device_id", "precedence", "position", "created_at", "id"]
    op.create_index("ix_jobs_queue", "jobs", queue, sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.drop_index("ix_leases_device_id_ended_at_expires_at", "leases")
    alive = ["device_id", "expires_at"]
    op.create_index("ix_leases_alive", "leases", alive, sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED)
    op.drop_index("ix_measurements_table_id_workload_key_verdict_sequence", "measurements")
    history = ["table_id", "workload_key", "sequence"]
    op.create_index("ix_measurements_table_id_workload_key_sequence", "measurements", history)
    _create_api_keys()
    _create_entries_and_imports()
    fill_entries(op.get_bind())
    _count_entries_of_snapshots()
    _store_snapshots("EXTERNAL")


def downgrade() -> None:
    _remove_imported()
    _store_snapshots("EXTENDED")
    _decompress_snapshots()
    for table in ("imports", "entries", "api_keys"):
        op.drop_table(table)
    op.drop_index("ix_measurements_table_id_workload_key_sequence", "measurements")
    present = ["table_id", "workload_key", "verdict", "sequence"]
    op.create_index("ix_measurements_table_id_workload_key_verdict_sequence", "measurements", present)
    op.drop_index("ix_leases_alive", "leases")
    op.create_index("ix_leases_device_id_ended_at_expires_at", "leases", ["device_id", "ended_at", "expires_at"])
    op.drop_index("ix_jobs_queue", "jobs")
    op.create_index("ix_jobs_queue", "jobs", ["device_id", "state", "created_at", "position"])
    op.drop_index("ix_profiles_refresh_at", "profiles")
    op.drop_index("ix_profile_workloads_profile_id_job_id", "profile_workloads")
    op.execute("UPDATE profiles SET state = 'done' WHERE state = 'cancelled'")  # a state that 0002 did not know
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
        sa.Index(None, "workload_key"),
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


def _count_entries_of_snapshots() -> None:
    for row, content in _snapshots("identity"):
        op.execute(SNAPSHOTS.update().where(row).values(entries=count_entries(content)))


def _decompress_snapshots() -> None:
    for row, content in _snapshots("zstd"):
        op.execute(SNAPSHOTS.update().where(row).values(content=zstandard.decompress(content)))


def _store_snapshots(storage: str) -> None:
    """Tell PostgreSQL to compress snapshots (EXTENDED) or not: what is compressed already costs it 10 ms in vain."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE snapshots ALTER COLUMN content SET STORAGE {storage}")


def _snapshots(encoding: str) -> Iterator[tuple[sa.ColumnElement[bool], bytes]]:
    """Yield the snapshots in such an encoding, one in memory at a time: the condition that finds it, its content."""
    connection = op.get_bind()
    for snapshot_id in connection.scalars(sa.select(SNAPSHOTS.c.id).where(SNAPSHOTS.c.encoding == encoding)).all():
        row = SNAPSHOTS.c.id == snapshot_id
        yield row, connection.execute(sa.select(SNAPSHOTS.c.content).where(row)).scalar_one()


def _remove_imported() -> None:
    """Remove what was imported: the older schema takes every table for a measured one."""
    connection = op.get_bind()
    imported = connection.execute(sa.text("SELECT id, state_id FROM latency_tables WHERE provenance = 'imported'"))
    for table_id, state_id in imported.all():
        for statement in REMOVE_IMPORTED:
            connection.execute(sa.text(statement), {"table_id": table_id, "state_id": state_id})
    connection.execute(sa.text("DELETE FROM devices WHERE protocol_version = 0"))
