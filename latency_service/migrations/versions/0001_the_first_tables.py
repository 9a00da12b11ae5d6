"""The first tables. Constraints are named by the naming convention of latency_service.tables.base."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ACTIVE = sa.text("state IN ('queued', 'leased')")


def upgrade() -> None:
    _create_devices()
    _create_latency_tables()
    _create_measurements()
    _create_leases_and_jobs()
    _create_lease_jobs_and_failed_attempts()
    _create_profiles()


def downgrade() -> None:
    for table in ("profile_workloads", "profiles", "failed_attempts", "lease_jobs", "jobs", "leases"):
        op.drop_table(table)
    for table in ("measurement_bodies", "measurements", "snapshots", "latency_tables"):
        op.drop_table(table)
    for table in ("workloads", "device_states", "devices", "conditions"):
        op.drop_table(table)


def _create_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("description", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.String(16), nullable=False),
        sa.Column("agent_version", sa.String(64), nullable=False),
        sa.Column("protocol_version", sa.Integer, nullable=False),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "device_states",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device_id", sa.String(32), sa.ForeignKey("devices.id"), nullable=False),
        sa.Column("fingerprint", sa.String(16), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.UniqueConstraint("device_id", "fingerprint"),
    )
    op.create_table(
        "conditions",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("runtime", sa.String(32), nullable=False),
        sa.Column("precision", sa.String(8), nullable=False),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.Column("cache_state", sa.String(8), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
    )


def _create_latency_tables() -> None:
    op.create_table(
        "latency_tables",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("state_id", sa.Integer, sa.ForeignKey("device_states.id"), nullable=False),
        sa.Column("conditions_id", sa.String(16), sa.ForeignKey("conditions.id"), nullable=False),
        sa.Column("protocol_version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("latest_snapshot_id", sa.String(32)),
        sa.UniqueConstraint("state_id", "conditions_id", "protocol_version"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("table_id", sa.String(16), sa.ForeignKey("latency_tables.id"), nullable=False, index=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )


def _create_measurements() -> None:
    op.create_table(
        "workloads",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
    )
    op.create_table(
        "measurements",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("table_id", sa.String(16), sa.ForeignKey("latency_tables.id"), nullable=False),
        sa.Column("workload_key", sa.String(200), sa.ForeignKey("workloads.key"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("leased", sa.Boolean, nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Index(None, "table_id", "workload_key", "verdict", "sequence"),
        sa.Index(None, "table_id", "sequence"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "measurement_bodies",
        sa.Column("measurement_id", sa.String(36), sa.ForeignKey("measurements.id"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )


def _create_leases_and_jobs() -> None:
    op.create_table(
        "leases",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("device_id", sa.String(32), sa.ForeignKey("devices.id"), nullable=False),
        sa.Column("state_id", sa.Integer, sa.ForeignKey("device_states.id"), nullable=False),
        sa.Column("conditions_id", sa.String(16), sa.ForeignKey("conditions.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Index(None, "device_id", "ended_at", "expires_at"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("device_id", sa.String(32), sa.ForeignKey("devices.id"), nullable=False),
        sa.Column("conditions_id", sa.String(16), sa.ForeignKey("conditions.id"), nullable=False),
        sa.Column("workload_key", sa.String(200), sa.ForeignKey("workloads.key"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_token", sa.String(32), sa.ForeignKey("leases.token"), index=True),
        sa.Column("error_class", sa.String(16)),
        sa.Column("error_message", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Index("ix_jobs_queue", "device_id", "state", "created_at", "position"),
    )
    op.create_index(
        "uq_jobs_active",
        "jobs",
        ["device_id", "conditions_id", "workload_key"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )


def _create_lease_jobs_and_failed_attempts() -> None:
    op.create_table(
        "lease_jobs",
        sa.Column("lease_token", sa.String(32), sa.ForeignKey("leases.token"), primary_key=True),
        sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
    op.create_table(
        "failed_attempts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("error_class", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
    )


def _create_profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("device_id", sa.String(32), sa.ForeignKey("devices.id"), nullable=False),
        sa.Column("conditions_id", sa.String(16), sa.ForeignKey("conditions.id"), nullable=False),
        sa.Column("max_age_s", sa.Double),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("table_id", sa.String(16), sa.ForeignKey("latency_tables.id")),
        sa.Column("snapshot_id", sa.String(32), sa.ForeignKey("snapshots.id")),
        sa.Index(None, "device_id", "state"),
    )
    op.create_table(
        "profile_workloads",
        sa.Column("profile_id", sa.String(32), sa.ForeignKey("profiles.id"), primary_key=True),
        sa.Column("workload_key", sa.String(200), sa.ForeignKey("workloads.key"), primary_key=True),
        sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), index=True),
    )
